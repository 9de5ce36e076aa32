import type { Nanoseconds } from '../../../machine/machine.ts';
import { lockAll } from '../../dma-buf/lock-all.ts';
import { type Reservation, Usage } from '../../dma-buf/reservation.ts';
import type { DrmDevice } from '../../drm/device.ts';
import type { GemObject } from '../../drm/gem.ts';
import type { Kernel } from '../../kernel.ts';
import { Fence } from '../../sync/fence.ts';
import { KernelError } from '../../task/kernel-error.ts';
import type { Sleeping } from '../../task/kernel-thread.ts';
import { createBufferDevice, movableOf } from './device.ts';
import { MovableBacking } from './movable-backing.ts';
import { MovableBuffer } from './movable-buffer.ts';
import { type Domain, type OwnedPlace, systemPlace, Vram } from './place.ts';

export interface TtmOptions {
  /** Default /dev/dri/card8. */
  path?: string;
  /** Bytes of the card's memory; default 1 MiB. */
  vramBytes?: number;
  /** Device time of a move; default 100 us. */
  moveTime?: Nanoseconds;
}

/**
 * A card with memory of its own, which is too small (`drivers/gpu/drm/ttm/ttm_bo.c`): buffers that are needed there
 * drive out those that were not used for the longest time, and come back when they are needed again.
 */
export class Ttm {
  readonly device: DrmDevice;
  readonly vram: Vram;
  /** Moves to the computer's memory, and to the card's. */
  evictions = 0;
  returns = 0;
  readonly #kernel: Kernel;
  readonly #moveTime: Nanoseconds;
  readonly #context: bigint;
  /** Buffers in VRAM, in the order of their last use. */
  readonly #used = new Set<MovableBuffer>();
  #moves = 0n;

  /** ENOMEM. */
  constructor(kernel: Kernel, options: TtmOptions) {
    const { path = '/dev/dri/card8', vramBytes = 1 << 20, moveTime = 100_000n } = options;
    this.#kernel = kernel;
    this.#moveTime = moveTime;
    this.#context = kernel.allocateFenceContexts();
    this.vram = kernel.own(new Vram(kernel, vramBytes));
    this.device = createBufferDevice(kernel, 'ttm', path, (bytes, reservation) =>
      this.#create(bytes, reservation),
    );
  }

  /** `ttm_bo_validate`: the buffer is in the card's memory afterwards, unless it is moved again. EINTR, ENOMEM. */
  *validate(object: GemObject): Sleeping<void> {
    const buffer = movableOf(object);
    object.get();
    try {
      let fits = yield* this.#tryValidate(buffer, null);
      while (!fits) fits = yield* this.#tryValidate(buffer, this.#victim(buffer));
    } finally {
      object.put();
    }
  }

  /** `ttm_bo_evict`: the buffer leaves the card's memory. EBUSY while it is pinned; EINTR, ENOMEM. */
  *evict(object: GemObject): Sleeping<void> {
    const buffer = movableOf(object);
    object.get();
    try {
      const locks = yield* lockAll(this.#kernel, [buffer.reservation]);
      try {
        yield* this.#move(buffer, 'system');
      } finally {
        locks.releaseAll();
      }
    } finally {
      object.put();
    }
  }

  /** A new buffer is in the card's memory if there is room. */
  #create(bytes: number, reservation: Reservation): MovableBacking {
    this.#kernel.mayAllocate('backing');
    const place = this.vram.place(bytes) ?? systemPlace(this.#kernel, bytes);
    const forget = (gone: MovableBuffer) => void this.#used.delete(gone);
    const buffer = new MovableBuffer(this.#kernel, bytes, reservation, place, forget);
    if (place.domain === 'vram') this.#used.add(buffer);
    return new MovableBacking(buffer);
  }

  /** False when there is no room, though `victim` has left. */
  *#tryValidate(buffer: MovableBuffer, victim: MovableBuffer | null): Sleeping<boolean> {
    const reservations = victim ? [victim.reservation, buffer.reservation] : [buffer.reservation];
    const locks = yield* lockAll(this.#kernel, reservations);
    try {
      if (victim) yield* this.#driveOut(victim);
      return yield* this.#move(buffer, 'vram');
    } finally {
      locks.releaseAll();
    }
  }

  /** With the lock held. Who has pinned it while its users were waited for keeps it where it is. */
  *#driveOut(victim: MovableBuffer): Sleeping<void> {
    yield* victim.reservation.wait(Usage.BOOKKEEP);
    if (victim.domain === 'vram' && victim.pins === 0) yield* this.#move(victim, 'system');
  }

  /** The one that was not used for the longest time. ENOMEM when all that are left are pinned. */
  #victim(buffer: MovableBuffer): MovableBuffer {
    for (const other of this.#used) if (other !== buffer && other.pins === 0) return other;
    throw new KernelError(
      'ENOMEM',
      `${buffer.size} bytes do not fit into the ${this.vram.bytes} of the card beside what is pinned there`,
    );
  }

  /**
   * With the lock held: waits for everybody who uses the buffer, moves it, and leaves a fence of the KERNEL class for
   * the device's copy, which everybody waits for. False when there is no room. EBUSY, EFAULT, EINTR, ENOMEM.
   */
  *#move(buffer: MovableBuffer, domain: Domain): Sleeping<boolean> {
    yield* buffer.reservation.wait(Usage.BOOKKEEP);
    if (buffer.domain === null) throw new KernelError('EFAULT', 'the buffer was freed meanwhile');
    this.#used.delete(buffer);
    if (buffer.domain === 'vram') this.#used.add(buffer);
    if (buffer.domain === domain) return true;
    const place = domain === 'vram' ? this.vram.place(buffer.size) : systemPlace(this.#kernel, buffer.size);
    if (!place) return false;
    this.#settle(buffer, place);
    return true;
  }

  #settle(buffer: MovableBuffer, place: OwnedPlace): void {
    try {
      buffer.moveTo(place)[Symbol.dispose]();
    } catch (error) {
      place[Symbol.dispose]();
      throw error;
    }
    if (place.domain === 'vram') {
      this.#used.add(buffer);
      this.returns++;
    } else {
      this.#used.delete(buffer);
      this.evictions++;
    }
    buffer.reservation.publish(this.#copyFence(), Usage.KERNEL);
  }

  /** The bytes are in place at once, as the CPU sees it; a device has to wait until the copy engine is done. */
  #copyFence(): Fence {
    const { machine } = this.#kernel;
    const seqno = ++this.#moves;
    const fence = new Fence(machine, { driver: 'ttm', timeline: 'move', context: this.#context, seqno });
    machine.at(machine.now() + this.#moveTime, 'a move of ttm', () => void fence.signal());
    return fence;
  }
}

/** Adds a card that moves its buffers. ENOMEM. */
export const createTtm = (kernel: Kernel, options: TtmOptions = {}): Ttm => new Ttm(kernel, options);
