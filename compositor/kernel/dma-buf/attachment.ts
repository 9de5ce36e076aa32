import type { Pin, PinAccess } from '../memory/backing.ts';
import type { DmaBuf } from './dma-buf.ts';

/** The device that uses somebody else's memory. */
export interface Importer {
  /** The device's name, for people. */
  readonly name: string;
  /**
   * The exporter moves the memory: maps made before are stale (`move_notify`). Who has it is a dynamic importer and maps
   * with the reservation locked; for others the memory is pinned while they have it mapped.
   */
  moveNotify?(): void;
}

/** A device's use of a dma-buf (`struct dma_buf_attachment`); keeps the dma-buf until it is disposed. */
export class Attachment implements Disposable {
  readonly buffer: DmaBuf;
  readonly importer: Importer;
  readonly #forget: () => void;
  #maps = 0;
  #attached = true;

  /** Made by `DmaBuf.attach`. */
  constructor(buffer: DmaBuf, importer: Importer, forget: () => void) {
    this.buffer = buffer;
    this.importer = importer;
    this.#forget = forget;
  }

  /** Maps that are held now. */
  get maps(): number {
    return this.#maps;
  }

  /** Whether it learns of moves rather than having the memory pinned (`dma_buf_attachment_is_dynamic`). */
  get dynamic(): boolean {
    return this.importer.moveNotify !== undefined;
  }

  /** `dma_buf_pin`: a dynamic importer needs it to stay, to scan it out. With the lock held. EFAULT. */
  pin(): void {
    this.#requireLock('a pin');
    this.buffer.pin();
  }

  /** `dma_buf_unpin`. */
  unpin(): void {
    this.#requireLock('an unpin');
    this.buffer.unpin();
  }

  /**
   * `dma_buf_map_attachment`: where the device finds a range of it, until the pin is disposed; for a dynamic importer
   * only until it moves. ENOMEM, EINVAL, EFAULT.
   */
  map(offset = 0, length = this.buffer.size - offset, access: PinAccess = 'write'): Pin {
    if (!this.#attached) throw new Error(`${this.importer.name} has detached`);
    if (this.dynamic && this.buffer.pinCount === 0) this.#requireLock('a map of a dynamic importer');
    const pin = this.#mapped(offset, length, access);
    this.#maps++;
    let mapped = true;
    return {
      address: pin.address,
      length: pin.length,
      [Symbol.dispose]: () => {
        if (!mapped) return;
        mapped = false;
        this.#maps--;
        pin[Symbol.dispose]();
      },
    };
  }

  #mapped(offset: number, length: number, access: PinAccess): Pin {
    const { operations } = this.buffer;
    const { movable } = operations.backing;
    if (operations.map) return operations.map(this, offset, length, access);
    if (!movable || !this.dynamic) return this.#pinned(() => operations.backing.pin(offset, length, access));
    const { address } = movable.vmap();
    return { address: address + offset, length, [Symbol.dispose]: () => {} };
  }

  /** Who is not told of moves gets it where it stays (`dma_buf_pin_on_map`). */
  #pinned(map: () => Pin): Pin {
    const { buffer } = this;
    buffer.pin();
    try {
      const pin = map();
      const unpin = (): void => {
        pin[Symbol.dispose]();
        buffer.unpin();
      };
      return { address: pin.address, length: pin.length, [Symbol.dispose]: unpin };
    } catch (error) {
      buffer.unpin();
      throw error;
    }
  }

  #requireLock(why: string): void {
    this.buffer.reservation.lock.assertHeld(`${why} of ${this.importer.name}`);
  }

  describe(): string {
    return `attachment of ${this.importer.name}${this.#maps > 0 ? ` (mapped ${this.#maps} times)` : ''}`;
  }

  /** `dma_buf_detach`; takes the lock. */
  [Symbol.dispose](): void {
    if (!this.#attached) return;
    this.buffer.kernel.locks.mightLock(this.buffer.reservation.lock);
    this.#attached = false;
    this.#forget();
    this.buffer.operations.detach?.(this);
    this.buffer.file.put();
  }
}
