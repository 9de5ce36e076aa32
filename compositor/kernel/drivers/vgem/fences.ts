import { VGEM_FENCE_WRITE } from '../../../../protocol/uapi/vgem.ts';
import { Usage, usageToWaitFor } from '../../dma-buf/reservation.ts';
import type { DrmFile } from '../../drm/file.ts';
import type { GemObject } from '../../drm/gem.ts';
import type { DrmCall } from '../../drm/ioctl.ts';
import type { Kernel } from '../../kernel.ts';
import { ExpiringFence } from '../../sync/promised-fence.ts';
import { KernelError, require } from '../../task/kernel-error.ts';
import type { Sleeping } from '../../task/kernel-thread.ts';

export interface AttachArgument {
  readonly handle: number;
  readonly flags: number;
  readonly pad: number;
  out_fence: number;
}

/** The fences of one open file. Numbers are not used twice: a late SIGNAL must not hit a newer fence. */
class FileFences {
  readonly #fences = new Map<number, ExpiringFence>();
  #last = 0;

  add(fence: ExpiringFence): number {
    this.#fences.set(++this.#last, fence);
    return this.#last;
  }

  /** Each number counts once. */
  take(id: number): ExpiringFence | undefined {
    const fence = this.#fences.get(id);
    this.#fences.delete(id);
    return fence;
  }

  signalAll(): void {
    for (const fence of this.#fences.values()) fence.signal();
    this.#fences.clear();
  }
}

/** Fences that processes attach to buffers and signal themselves (`drivers/gpu/drm/vgem/vgem_fence.c`). */
export class VgemFences {
  readonly #kernel: Kernel;
  readonly #files = new Map<DrmFile, FileFences>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /**
   * FENCE_ATTACH: a fence of a reader, or with WRITE of a writer, in the buffer's reservation. EINVAL; ENOENT; EBUSY
   * while a fence is pending that such an access would have to wait for: a reader for writers, a writer for everybody.
   */
  attach(call: DrmCall, argument: AttachArgument): void | Sleeping<void> {
    const { flags, pad } = argument;
    require((flags & ~VGEM_FENCE_WRITE) === 0 &&
      pad ===
        0, 'EINVAL', `flags are VGEM_FENCE_WRITE or 0 and pad is 0, got 0x${flags.toString(16)} and ${pad}`);
    const object = call.file.objects.lookup(argument.handle);
    this.#kernel.mayAllocate('vgem fence');
    const write = flags !== 0;
    require(object.reservation.testSignalled(
      usageToWaitFor(write),
    ), 'EBUSY', `${object.describe()} has a pending fence that a ${write ? 'writer' : 'reader'} has to wait for`);
    if (!object.reservation.lock.lockAtOnce()) return this.#attachWhenUnlocked(call.file, object, argument);
    this.#publish(call.file, object, argument);
  }

  /** FENCE_SIGNAL. EINVAL; ENOENT for what is none, or was signalled before; ETIMEDOUT when its time was up first. */
  signal({ file }: DrmCall, id: number, flags: number): void {
    require(flags === 0, 'EINVAL', `flags have to be 0, not 0x${flags.toString(16)}`);
    const fence = this.#files.get(file)?.take(id);
    require(fence, 'ENOENT', `${file.describe()} has no fence ${id}, or it was signalled already`);
    if (!fence.signal())
      throw new KernelError('ETIMEDOUT', `fence ${id} was pending for too long and has been signalled`);
  }

  /** What a closed file has promised is kept for it. */
  close(file: DrmFile): void {
    this.#files.get(file)?.signalAll();
    this.#files.delete(file);
  }

  *#attachWhenUnlocked(file: DrmFile, object: GemObject, argument: AttachArgument): Sleeping<void> {
    object.get();
    try {
      yield* object.reservation.lock.lock(undefined, false);
      this.#publish(file, object, argument);
    } finally {
      object.put();
    }
  }

  /** With the reservation locked, which it unlocks. */
  #publish(file: DrmFile, { reservation }: GemObject, argument: AttachArgument): void {
    const fence = new ExpiringFence(
      this.#kernel.machine,
      { driver: 'vgem', timeline: 'unbound', context: this.#kernel.allocateFenceContexts(), seqno: 1n },
      // The driver ends it without an error; only who signals too late is told.
      { error: null },
    );
    reservation.publish(fence, argument.flags === 0 ? Usage.READ : Usage.WRITE);
    reservation.lock.unlock();
    argument.out_fence = this.#of(file).add(fence);
  }

  #of(file: DrmFile): FileFences {
    let fences = this.#files.get(file);
    if (!fences) {
      fences = new FileFences();
      this.#files.set(file, fences);
    }
    return fences;
  }
}
