import type { MovableMemory, MoveListener } from '../../dma-buf/move.ts';
import { ObjectMappings } from '../../dma-buf/move-mapping.ts';
import type { Reservation } from '../../dma-buf/reservation.ts';
import type { Kernel } from '../../kernel.ts';
import type { Pin } from '../../memory/backing.ts';
import { BusError } from '../../task/address-space.ts';
import { KernelError } from '../../task/kernel-error.ts';
import type { Domain, OwnedPlace } from './place.ts';

type State =
  | { readonly kind: 'placed'; readonly place: OwnedPlace }
  /** Its maker said that it is not needed, and the memory was. */
  | { readonly kind: 'purged' }
  | { readonly kind: 'freed' };

/** A buffer whose exporter moves it or takes its memory away (`struct ttm_buffer_object`, `drm_gem_shmem_object`). */
export class MovableBuffer implements MovableMemory {
  /** Bytes, whole pages. */
  readonly size: number;
  readonly reservation: Reservation;
  readonly mappings: ObjectMappings;
  readonly listeners = new Set<MoveListener>();
  /** Maps for the kernel that had to be made: one for each place, however often it is mapped. */
  mapsMade = 0;
  readonly #kernel: Kernel;
  readonly #onFree: (buffer: MovableBuffer) => void;
  #state: State;
  #pins = 0;
  #map: Pin | null = null;
  /** Where it was when it was freed with pins. */
  #last: OwnedPlace | null = null;

  constructor(
    kernel: Kernel,
    size: number,
    reservation: Reservation,
    place: OwnedPlace,
    onFree: (buffer: MovableBuffer) => void = () => {},
  ) {
    this.#kernel = kernel;
    this.size = size;
    this.reservation = reservation;
    this.mappings = new ObjectMappings(reservation.lock.what, kernel.warnings);
    this.#state = { kind: 'placed', place };
    this.#onFree = onFree;
  }

  get bytes(): Uint8Array {
    return this.#kernel.memory.bytes;
  }

  /** Where it is; null when it is nowhere. */
  get domain(): Domain | null {
    return this.#state.kind === 'placed' ? this.#state.place.domain : null;
  }

  get pins(): number {
    return this.#pins;
  }

  place(): OwnedPlace {
    if (this.#state.kind !== 'placed') throw new BusError(`${this.mappings.label} was ${this.#state.kind}`);
    return this.#state.place;
  }

  pin(): void {
    if (this.#state.kind !== 'placed')
      throw new KernelError('EFAULT', `${this.mappings.label} was ${this.#state.kind}`);
    this.#pins++;
  }

  unpin(): void {
    if (this.#pins === 0) throw new Error(`${this.mappings.label} is not pinned`);
    this.#pins--;
    if (this.#pins === 0 && this.#state.kind === 'freed') this.#last?.[Symbol.dispose]();
  }

  /** `ttm_bo_vmap`: made once for each place, and kept for the next. EFAULT. */
  vmap(): Pin {
    const { lock } = this.reservation;
    if (this.#pins === 0 && !lock.held)
      this.#kernel.locks.broken('vmap needs a pin or the lock', `vmap of ${this.mappings.label}`);
    if (this.#state.kind !== 'placed')
      throw new KernelError('EFAULT', `${this.mappings.label} was ${this.#state.kind}`);
    this.#map ??= this.#makeMap(this.#state.place.address);
    return this.#map;
  }

  /**
   * `ttm_bo_move_memcpy`: with the lock held, nothing pinned and nobody using it. Every mapping of a process is
   * invalidated and everybody told before the bytes go. Returns the pages that it had, for the caller to free.
   */
  moveTo(place: OwnedPlace): OwnedPlace {
    const from = this.#leave();
    this.bytes.copyWithin(place.address, from.address, from.address + this.size);
    this.#state = { kind: 'placed', place };
    return from;
  }

  /** `drm_gem_shmem_purge`: the same, and the bytes are lost. */
  purge(): void {
    this.#leave()[Symbol.dispose]();
    this.#state = { kind: 'purged' };
  }

  /** The object is gone; the pages go with the last pin. */
  free(): void {
    if (this.#state.kind === 'freed') return;
    if (this.#state.kind === 'placed') this.#last = this.#state.place;
    this.#state = { kind: 'freed' };
    this.mappings.invalidate();
    this.#onFree(this);
    if (this.#pins === 0) this.#last?.[Symbol.dispose]();
  }

  #makeMap(address: number): Pin {
    this.mapsMade++;
    return { address, length: this.size, [Symbol.dispose]: () => {} };
  }

  #leave(): OwnedPlace {
    this.reservation.lock.assertHeld('a move');
    if (this.#pins > 0)
      throw new KernelError('EBUSY', `${this.mappings.label} is pinned ${this.#pins} times`);
    const place = this.place();
    this.mappings.invalidate();
    for (const listener of this.listeners) listener.moveNotify();
    this.#map = null;
    place.leave();
    return place;
  }
}
