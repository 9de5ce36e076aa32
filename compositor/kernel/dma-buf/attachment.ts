import type { Pin, PinAccess } from '../memory/backing.ts';
import type { DmaBuf } from './dma-buf.ts';

/** The device that uses somebody else's memory. */
export interface Importer {
  /** The device's name, for people. */
  readonly name: string;
  /** The exporter moved the memory: mappings made before are stale (`move_notify`). */
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

  /** `dma_buf_map_attachment`: where the device finds a range of it, until the pin is disposed. ENOMEM, EINVAL. */
  map(offset = 0, length = this.buffer.size - offset, access: PinAccess = 'write'): Pin {
    if (!this.#attached) throw new Error(`${this.importer.name} has detached`);
    const { operations } = this.buffer;
    const pin = operations.map
      ? operations.map(this, offset, length, access)
      : operations.backing.pin(offset, length, access);
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

  describe(): string {
    return `attachment of ${this.importer.name}${this.#maps > 0 ? ` (mapped ${this.#maps} times)` : ''}`;
  }

  /** `dma_buf_detach`. */
  [Symbol.dispose](): void {
    if (!this.#attached) return;
    this.#attached = false;
    this.#forget();
    this.buffer.operations.detach?.(this);
    this.buffer.file.put();
  }
}
