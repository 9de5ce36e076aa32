import type { Nanoseconds } from '../../machine/machine.ts';
import { KernelError } from '../task/kernel-error.ts';
import type { Sleeping } from '../task/kernel-thread.ts';
import type { Fence } from './fence.ts';

export interface FenceWaitOptions {
  /** Whether a signal ends the wait with EINTR; default true. */
  interruptible?: boolean;
  /** Absolute time at which the wait gives up; without it, never. */
  until?: Nanoseconds | undefined;
}

/** `dma_fence_wait_timeout`: sleeps until the fence signals; false when the time is up first. EINTR. */
export function* waitForFence(fence: Fence, options: FenceWaitOptions = {}): Sleeping<boolean> {
  while (!fence.signalled) {
    const wake = yield {
      what: fence.describe(),
      interruptible: options.interruptible ?? true,
      until: options.until,
      arm: resume => {
        const remove = fence.addCallback(resume);
        if (remove) return remove;
        resume();
        return () => {};
      },
    };
    if (wake === 'interrupted')
      throw new KernelError('EINTR', `interrupted while waiting for ${fence.describe()}`);
    if (wake === 'timeout') return fence.signalled;
  }
  return true;
}
