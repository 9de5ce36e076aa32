import { type Reservation, Usage } from '../../dma-buf/reservation.ts';
import type { DrmDevice } from '../../drm/device.ts';
import type { GemObject } from '../../drm/gem.ts';
import type { Kernel } from '../../kernel.ts';
import { createBufferDevice, movableOf } from './device.ts';
import { MovableBacking } from './movable-backing.ts';
import { MovableBuffer } from './movable-buffer.ts';
import { systemPlace } from './place.ts';

export interface ShmemOptions {
  /** Default /dev/dri/card9. */
  path?: string;
}

/**
 * A device whose buffers are pages of the computer, taken away when memory is short and their maker has said that it can
 * do without them (`drivers/gpu/drm/drm_gem_shmem_helper.c`). Buffers that are shared go as well: their mappings and
 * importers are what a purge must not miss.
 */
export class Shmem {
  readonly device: DrmDevice;
  readonly #kernel: Kernel;
  /** Those that nobody needs, in the order in which that was said. */
  readonly #unneeded = new Set<MovableBuffer>();

  constructor(kernel: Kernel, { path = '/dev/dri/card9' }: ShmemOptions) {
    this.#kernel = kernel;
    this.device = createBufferDevice(kernel, 'shmem', path, (bytes, reservation) =>
      this.#create(bytes, reservation),
    );
  }

  /** `drm_gem_shmem_madvise`: whether the buffer is needed. False when it was purged already. */
  madvise(object: GemObject, needed: boolean): boolean {
    const buffer = movableOf(object);
    if (needed || buffer.domain === null) this.#unneeded.delete(buffer);
    else this.#unneeded.add(buffer);
    return buffer.domain !== null;
  }

  /**
   * The shrinker (`drm_gem_lru_scan`): purges what is not needed, locked, pinned or in use. It never waits: it may run
   * for an allocation of somebody who holds locks. Returns the bytes that are free.
   */
  shrink(): number {
    let bytes = 0;
    for (const buffer of [...this.#unneeded]) if (this.#purge(buffer)) bytes += buffer.size;
    return bytes;
  }

  #create(bytes: number, reservation: Reservation): MovableBacking {
    this.#kernel.mayAllocate('backing');
    const forget = (gone: MovableBuffer) => void this.#unneeded.delete(gone);
    return new MovableBacking(
      new MovableBuffer(this.#kernel, bytes, reservation, systemPlace(this.#kernel, bytes), forget),
    );
  }

  #purge(buffer: MovableBuffer): boolean {
    const { reservation } = buffer;
    if (buffer.pins > 0 || !reservation.lock.tryLock()) return false;
    try {
      if (!reservation.testSignalled(Usage.BOOKKEEP)) return false;
      buffer.purge();
      this.#unneeded.delete(buffer);
      return true;
    } finally {
      reservation.lock.unlock();
    }
  }
}

/** Adds a device whose buffers can be purged. */
export const createShmem = (kernel: Kernel, options: ShmemOptions = {}): Shmem => new Shmem(kernel, options);
