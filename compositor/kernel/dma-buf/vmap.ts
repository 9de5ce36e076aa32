import type { Pin, PinAccess } from '../memory/backing.ts';
import { require } from '../task/kernel-error.ts';
import type { Sleeping } from '../task/kernel-thread.ts';
import type { DmaBuf } from './dma-buf.ts';

/** What maps of one kind share (`vmapping_counter`, `vmap_ptr`). */
interface Shared {
  readonly pin: Pin;
  count: number;
  stale: boolean;
}

/** Which of the two variants a map is, and what it may count on. */
type Hold =
  | { readonly kind: 'pinned' }
  | { readonly kind: 'locked'; readonly moved: (() => void) | null }
  | { readonly kind: 'ended' };

/** A buffer as the kernel itself reads and writes it. */
export class Vmap {
  readonly #maps: Vmaps;
  readonly #shared: Shared;
  #hold: Hold;

  /** Made by `DmaBuf.vmap` and `DmaBuf.vmapLocked`. */
  constructor(maps: Vmaps, shared: Shared, hold: Hold) {
    this.#maps = maps;
    this.#shared = shared;
    this.#hold = hold;
  }

  /** Byte address in physical memory. Only while it is valid. */
  get address(): number {
    this.#check();
    return this.#shared.pin.address;
  }

  /** The live bytes. Only while it is valid: not to be kept. */
  get bytes(): Uint8Array {
    const { buffer } = this.#maps;
    return buffer.kernel.memory.bytes.subarray(this.address, this.address + buffer.size);
  }

  /** `dma_buf_vunmap_unlocked`, of a map that is pinned: takes the lock. */
  *vunmap(): Sleeping<void> {
    const { lock } = this.#maps.buffer.reservation;
    if (this.#hold.kind !== 'pinned') this.#unpaired('vunmap');
    yield* lock.lock(undefined, false);
    this.#end();
    this.#maps.buffer.unpin();
    lock.unlock();
  }

  /** `dma_buf_vunmap`, of a map that is not pinned: with the lock held. */
  vunmapLocked(): void {
    if (this.#hold.kind !== 'locked') this.#unpaired('vunmapLocked');
    this.#maps.buffer.reservation.lock.assertHeld('vunmap');
    this.#end();
  }

  /** The buffer has moved: told to who said how. */
  moved(): void {
    if (this.#hold.kind === 'locked') this.#hold.moved?.();
  }

  #end(): void {
    this.#hold = { kind: 'ended' };
    this.#maps.remove(this, this.#shared);
  }

  #unpaired(call: string): never {
    const { locks } = this.#maps.buffer.kernel;
    return locks.broken(
      'vmap and vunmap are paired',
      `${call} of a map of ${this.#maps.buffer.describe()} that is ${this.#hold.kind}`,
    );
  }

  #check(): void {
    const { buffer } = this.#maps;
    const { locks } = buffer.kernel;
    if (this.#hold.kind === 'ended') this.#unpaired('use');
    if (this.#shared.stale)
      locks.broken('a mapping is not used after a move', `${buffer.describe()} is elsewhere now`);
    if (this.#hold.kind === 'locked' && !this.#hold.moved) this.#maps.requireInPlace('a use of the map');
  }
}

/** The maps of one dma-buf. */
export class Vmaps {
  readonly buffer: DmaBuf;
  readonly #maps = new Set<Vmap>();
  readonly #shared = new Map<PinAccess, Shared>();

  constructor(buffer: DmaBuf) {
    this.buffer = buffer;
  }

  /**
   * `dma_buf_vmap_unlocked`: takes the lock and pins; the map is good until its `vunmap`. No attachment is needed. EINVAL
   * where the exporter has none, EINTR, ENOMEM.
   */
  *pinned(access: PinAccess): Sleeping<Vmap> {
    const { buffer } = this;
    this.#requireNoSection();
    yield* buffer.reservation.lock.lock();
    try {
      buffer.pin();
      try {
        return this.#add(access, { kind: 'pinned' });
      } catch (error) {
        buffer.unpin();
        throw error;
      }
    } finally {
      buffer.reservation.lock.unlock();
    }
  }

  /**
   * `dma_buf_vmap`: with the lock held, and no pin. Good for as long as the caller keeps the lock; with `moved`, which
   * is called when it has become stale, until then. ENOMEM.
   */
  locked(access: PinAccess, moved: (() => void) | null): Vmap {
    this.#requireNoSection();
    this.requireInPlace('vmap');
    return this.#add(access, { kind: 'locked', moved });
  }

  /** Pinned, or locked by the caller. */
  requireInPlace(what: string): void {
    const { buffer } = this;
    if (buffer.pinCount === 0 && !buffer.reservation.lock.held)
      buffer.kernel.locks.broken(
        'vmap needs a pin or the lock',
        `${what} of ${buffer.describe()}, which may be moved meanwhile`,
      );
  }

  /** All maps that are left are stale; with the lock held. */
  moveNotify(): void {
    for (const shared of this.#shared.values()) {
      shared.stale = true;
      shared.pin[Symbol.dispose]();
    }
    this.#shared.clear();
    for (const map of [...this.#maps]) map.moved();
  }

  remove(map: Vmap, shared: Shared): void {
    this.#maps.delete(map);
    if (--shared.count > 0 || shared.stale) return;
    for (const [access, other] of this.#shared) if (other === shared) this.#shared.delete(access);
    shared.pin[Symbol.dispose]();
  }

  /** The dma-buf is gone (`dma_buf_release`): warned of where somebody still has it mapped. */
  release(): void {
    if (this.#maps.size === 0) return;
    const left = `${this.buffer.describe()} is released with ${this.#maps.size} maps`;
    this.buffer.kernel.warnings.add('vmap and vunmap are paired', left);
  }

  #add(access: PinAccess, hold: Hold): Vmap {
    let shared = this.#shared.get(access);
    if (!shared) {
      shared = { pin: this.#mapped(access), count: 0, stale: false };
      this.#shared.set(access, shared);
    }
    shared.count++;
    const map = new Vmap(this, shared, hold);
    this.#maps.add(map);
    return map;
  }

  #mapped(access: PinAccess): Pin {
    const { backing, noVmap, exporter } = this.buffer.operations;
    require(!noVmap, 'EINVAL', `${exporter} does not map its memory for the kernel`);
    return backing.movable?.vmap() ?? backing.pin(0, this.buffer.size, access);
  }

  #requireNoSection(): void {
    const { locks } = this.buffer.kernel;
    if (locks.inSection)
      locks.broken(
        'no vmap in a fence-signalling section',
        `of ${this.buffer.describe()}: it takes its lock`,
      );
  }
}
