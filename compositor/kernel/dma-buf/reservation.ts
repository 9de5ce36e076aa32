import type { Kernel } from '../kernel.ts';
import type { Fence } from '../sync/fence.ts';
import { FenceArray } from '../sync/fence-array.ts';
import { createStub } from '../sync/stub-fence.ts';
import { type FenceWaitOptions, waitForFence } from '../sync/wait.ts';
import { WwMutex } from '../sync/ww-mutex.ts';
import type { Sleeping } from '../task/kernel-thread.ts';

/**
 * What a fence in a reservation stands for, strongest first (`enum dma_resv_usage`). Asking for a usage gives the
 * fences of that usage *and of every stronger one*.
 */
export const Usage = {
  /** The kernel moves or clears the memory: everybody waits for it. */
  KERNEL: 0,
  /** Somebody writes: implicit synchronisation. */
  WRITE: 1,
  /** Somebody reads: implicit synchronisation. */
  READ: 2,
  /** No implicit synchronisation: only so that the memory does not go away. */
  BOOKKEEP: 3,
} as const;
export type Usage = (typeof Usage)[keyof typeof Usage];

/**
 * `dma_resv_usage_rw`: which fences an access has to *wait* for. Before writing everybody must be done, so the question
 * is READ; before reading only the writers, so it is WRITE. Adding a fence goes the other way round: a writer's fence
 * is added as WRITE.
 */
export function usageToWaitFor(write: boolean): Usage {
  return write ? Usage.READ : Usage.WRITE;
}

interface Slot {
  fence: Fence;
  usage: Usage;
}

/** The fences of a buffer (`drivers/dma-buf/dma-resv.c`), and the lock that guards adding to them. */
export class Reservation {
  readonly lock: WwMutex;
  readonly #kernel: Kernel;
  #slots: Slot[] = [];
  #reserved = 0;

  constructor(kernel: Kernel, what = 'a reservation') {
    this.#kernel = kernel;
    this.lock = new WwMutex(what, kernel.locks);
  }

  /**
   * `dma_resv_reserve_fences`: makes room for `count` fences, the step that can fail. Signalled ones are dropped first.
   */
  reserveFences(count: number): void {
    if (count <= 0) throw new Error(`${count} fences cannot be reserved: at least one is expected`);
    this.#slots = this.#slots.filter(slot => !slot.fence.signalled);
    this.#reserved = this.#slots.length + count;
  }

  /**
   * `dma_resv_add_fence`: takes the place of a signalled fence, of itself, or of an older one of the same context
   * whose usage is not stronger; otherwise a reserved one. Containers must be unwrapped first: they could wait for this
   * very reservation.
   */
  addFence(fence: Fence, usage: Usage): void {
    if (fence.isContainer) throw new Error(`${fence.describe()} is a container: unwrap it first`);
    const old = this.#slots.find(slot => supersedes(fence, usage, slot));
    if (old) {
      old.fence = fence;
      old.usage = usage;
      return;
    }
    if (this.#slots.length >= this.#reserved)
      throw new Error(`${fence.describe()} was added without a reserved slot`);
    this.#slots.push({ fence, usage });
  }

  /** Reserves and adds in one step, for callers between whose steps nobody can come. */
  publish(fence: Fence, usage: Usage): void {
    this.reserveFences(1);
    this.addFence(fence, usage);
  }

  /**
   * `dma_resv_replace_fences`: puts `fence` in place of every fence of `context`. Only for operations that no longer
   * touch the buffer (preempted, unmapped).
   */
  replaceFences(context: bigint, fence: Fence, usage: Usage): void {
    for (const slot of this.#slots) {
      if (slot.fence.context !== context) continue;
      slot.fence = fence;
      slot.usage = usage;
    }
  }

  /** Pending fences of this usage and of every stronger one. */
  fences(usage: Usage): Fence[] {
    return this.#slots.filter(slot => slot.usage <= usage && !slot.fence.signalled).map(slot => slot.fence);
  }

  /** Pending fences with their usage, for people. */
  *entries(): Generator<{ readonly fence: Fence; readonly usage: Usage }> {
    for (const slot of this.#slots) if (!slot.fence.signalled) yield { ...slot };
  }

  /**
   * `dma_resv_get_singleton`: all of them as one; null when nothing is pending. An array of several is a fence of its
   * own and must not be added back.
   */
  singleton(usage: Usage): Fence | null {
    const fences = this.fences(usage);
    if (fences.length <= 1) return fences[0] ?? null;
    return new FenceArray(this.#kernel.machine, this.#kernel.allocateFenceContexts(), fences);
  }

  /** `singleton`, with a signalled stub for nothing. */
  snapshot(usage: Usage): Fence {
    return this.singleton(usage) ?? createStub(this.#kernel);
  }

  /** `dma_resv_test_signaled`. */
  testSignalled(usage: Usage): boolean {
    return !this.#slots.some(slot => slot.usage <= usage && !slot.fence.signalled);
  }

  /** `dma_resv_wait_timeout`: sleeps until all of them have signalled; false when the time is up first. EINTR. */
  *wait(usage: Usage, options: FenceWaitOptions = {}): Sleeping<boolean> {
    this.#kernel.locks.mayWaitForFence();
    for (let fence = this.fences(usage)[0]; fence; fence = this.fences(usage)[0])
      if (!(yield* waitForFence(fence, options))) return false;
    return true;
  }
}

function supersedes(fence: Fence, usage: Usage, { fence: old, usage: oldUsage }: Slot): boolean {
  if (old.signalled) return true;
  return old.context === fence.context && oldUsage >= usage && (fence === old || fence.isLaterThan(old));
}
