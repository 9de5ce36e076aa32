import type { Nanoseconds } from '../../machine/machine.ts';
import { MILLISECOND } from '../../machine/machine.ts';
import type { Kernel } from '../kernel.ts';
import { KernelError } from '../task/kernel-error.ts';
import type { Sleeping, Wake } from '../task/kernel-thread.ts';
import type { Fence } from './fence.ts';
import { FenceChain } from './fence-chain.ts';
import { mergeFences } from './fence-unwrap.ts';
import type { Syncobj } from './syncobj.ts';

/** How long TRANSFER waits for a source that is not there yet. */
const SUBMIT_LIMIT: Nanoseconds = 5000n * MILLISECOND;

export interface SyncobjPoint {
  readonly syncobj: Syncobj;
  /** 0: the fence itself. */
  readonly point: bigint;
}

export interface SyncobjWaitOptions {
  /** WAIT_ALL: all of them rather than any. */
  all?: boolean;
  /** WAIT_FOR_SUBMIT: points that are missing are waited for rather than EINVAL. */
  forSubmit?: boolean;
  /** WAIT_AVAILABLE: done when a fence is there, signalled or not; waits for missing ones, too. */
  available?: boolean;
  /** When to give up with ETIME; null looks once. See `waitLimit`. */
  until: Nanoseconds | null;
  /** WAIT_DEADLINE: a hint to the fences that are there when the wait begins. */
  deadline?: Nanoseconds | undefined;
}

interface Entry extends SyncobjPoint {
  /** Found when the wait began, or when it appeared; what the sync object gets afterwards does not matter. */
  fence: Fence | null;
}

/**
 * `drm_syncobj_array_wait_timeout`: sleeps until the points are signalled; returns the index of the first that was
 * found so. EINVAL for a missing point that is not waited for, ETIME, EINTR.
 */
export function* waitForSyncobjs(
  points: readonly SyncobjPoint[],
  options: SyncobjWaitOptions,
): Sleeping<number> {
  const wait = new SyncobjWait(points, options);
  if (points.length === 0) return 0;
  for (let first = wait.look(); ; first = wait.look()) {
    if (first !== null) return first;
    if (options.until === null) throw wait.timedOut();
    const wake: Wake = yield {
      // Made when somebody asks: there may be thousands of points.
      get what() {
        return wait.describe();
      },
      interruptible: true,
      until: options.until,
      arm: resume => wait.arm(resume),
    };
    if (wake === 'interrupted')
      throw new KernelError('EINTR', `interrupted while waiting for ${wait.describe()}`);
    if (wake === 'timeout') {
      const last = wait.look();
      if (last !== null) return last;
      throw wait.timedOut();
    }
  }
}

class SyncobjWait {
  readonly #entries: readonly Entry[];
  readonly #options: SyncobjWaitOptions;
  /** All entries before this one are done. */
  #done = 0;

  constructor(points: readonly SyncobjPoint[], options: SyncobjWaitOptions) {
    this.#options = options;
    this.#entries = points.map(point => ({ ...point, fence: point.syncobj.fenceAt(point.point) }));
    const missing = this.#entries.findIndex(entry => !entry.fence);
    if (missing >= 0 && !options.forSubmit && !options.available)
      throw new KernelError(
        'EINVAL',
        `sync object ${missing} has no point ${points[missing]!.point} yet; WAIT_FOR_SUBMIT would wait for it`,
      );
    if (options.deadline !== undefined)
      for (const entry of this.#entries) entry.fence?.setDeadline(options.deadline);
  }

  /** The first that is done, if that is enough. */
  look(): number | null {
    if (this.#options.all) return this.#allDone() ? 0 : null;
    const first = this.#entries.findIndex(entry => this.#isDone(entry));
    return first < 0 ? null : first;
  }

  /** What is done stays so, and is not looked at again. */
  #allDone(): boolean {
    while (this.#done < this.#entries.length && this.#isDone(this.#entries[this.#done]!)) this.#done++;
    return this.#done === this.#entries.length;
  }

  #isDone(entry: Entry): boolean {
    entry.fence ??= entry.syncobj.fenceAt(entry.point);
    return entry.fence !== null && (this.#options.available || entry.fence.signalled);
  }

  /**
   * Wakes when enough is done, not before: what has signalled already must not wake it again and again. A point that
   * appears is taken at that moment: the object may be reset before the thread runs.
   */
  arm(resume: () => void): () => void {
    const undo: (() => void)[] = [];
    const check = (): void => {
      if (this.look() !== null) resume();
    };
    const listen = (fence: Fence): void => {
      const remove = this.#options.available ? null : fence.addCallback(check);
      if (remove) undo.push(remove);
    };
    for (const entry of this.#entries) {
      if (entry.fence) listen(entry.fence);
      else
        undo.push(
          entry.syncobj.changed.add(() => {
            if (entry.fence) return;
            entry.fence = entry.syncobj.fenceAt(entry.point);
            if (entry.fence) listen(entry.fence);
            check();
          }),
        );
    }
    check();
    return () => {
      for (const remove of undo) remove();
    };
  }

  timedOut(): KernelError {
    return new KernelError('ETIME', `the time was up while waiting for ${this.describe()}`);
  }

  describe(): string {
    const open = this.#entries.filter(entry => !entry.fence?.signalled);
    const list = open.map(entry => entry.fence?.describe() ?? `point ${entry.point}, not submitted`);
    return `${this.#options.all ? 'all' : 'any'} of ${list.join(', ')}`;
  }
}

/**
 * `drm_syncobj_find_fence`: the fence of a point. EINVAL while it is missing; with `forSubmit` it is waited for, at most
 * 5 s (ETIME, EINTR).
 */
function* findFence(
  kernel: Kernel,
  source: SyncobjPoint,
  options: { forSubmit?: boolean } = {},
): Sleeping<Fence> {
  let found: Fence | null = source.syncobj.fenceAt(source.point);
  if (found) return found;
  if (!options.forSubmit) throw new KernelError('EINVAL', `the sync object has no point ${source.point} yet`);
  const until = kernel.machine.now() + SUBMIT_LIMIT;
  while (!found) {
    const wake: Wake = yield {
      what: `point ${source.point} to be submitted`,
      interruptible: true,
      until,
      arm: resume =>
        source.syncobj.changed.add(() => {
          found ??= source.syncobj.fenceAt(source.point);
          if (found) resume();
        }),
    };
    if (found) break;
    if (wake === 'interrupted')
      throw new KernelError('EINTR', `interrupted while waiting for point ${source.point}`);
    if (wake === 'timeout') throw new KernelError('ETIME', `point ${source.point} was not submitted in time`);
  }
  return found;
}

/**
 * `drm_syncobj_transfer_to_timeline` and `_to_binary`: puts the fence of one point at another, point 0 meaning the
 * binary fence. On the way into a timeline chains are flattened. EINVAL, ENOMEM, ETIME, EINTR.
 */
export function* transfer(
  kernel: Kernel,
  source: SyncobjPoint,
  destination: SyncobjPoint,
  options: { forSubmit?: boolean } = {},
): Sleeping<void> {
  const fence = yield* findFence(kernel, source, options);
  if (destination.point === 0n) destination.syncobj.replaceFence(fence);
  else {
    const flat = flatten(kernel, fence);
    kernel.mayAllocate('fence chain');
    destination.syncobj.addPoint(flat, destination.point);
  }
}

/** What may be put into a timeline: not a chain, which nobody looks for inside another one. ENOMEM. */
export function flatten(kernel: Kernel, fence: Fence): Fence {
  return fence instanceof FenceChain ? mergeFences(kernel, fence) : fence;
}
