import { SIMGPU_PRIORITY_HIGH, SIMGPU_PRIORITY_LOW } from '../../../../protocol/uapi/simgpu.ts';
import type { Kernel } from '../../kernel.ts';
import { Fence } from '../../sync/fence.ts';
import type { Task } from '../../task/task.ts';
import { WaitQueue } from '../../task/wait-queue.ts';
import type { Job } from './job.ts';

export type Priority = 0 | 1 | 2;
export const PRIORITIES: readonly Priority[] = [SIMGPU_PRIORITY_HIGH, 1, SIMGPU_PRIORITY_LOW];

/** `guilty`: one of its jobs hung the device. `closed`: nobody can submit to it any more. */
export type ContextState =
  | { readonly kind: 'open' }
  | { readonly kind: 'guilty' }
  | { readonly kind: 'closed' };

/** A timeline of jobs that run one after the other (`struct drm_sched_entity`). */
export class RenderContext {
  readonly priority: Priority;
  /** Jobs that have not been given to the engine, oldest first. */
  readonly queue: Job[] = [];
  /** Woken when the last job has left. */
  readonly idle = new WaitQueue();
  state: ContextState = { kind: 'open' };
  /** Jobs that the engine has. */
  inFlight = 0;
  /** The device was reset under it, and it has not asked since. */
  sawReset = false;
  /** The process that made it. */
  readonly creator: Task;
  readonly #kernel: Kernel;
  readonly #fenceContext: bigint;
  #seqno = 0n;

  constructor(kernel: Kernel, creator: Task, priority: Priority) {
    this.#kernel = kernel;
    this.creator = creator;
    this.priority = priority;
    this.#fenceContext = kernel.allocateFenceContexts();
  }

  /** For people, and the timeline of its fences. */
  get label(): string {
    return this.creator.name;
  }

  get empty(): boolean {
    return this.queue.length === 0 && this.inFlight === 0;
  }

  /** The fence of the next job. */
  nextFence(): Fence {
    return new Fence(this.#kernel.machine, {
      driver: 'simgpu',
      timeline: this.label,
      context: this.#fenceContext,
      seqno: ++this.#seqno,
    });
  }

  /** Whether waiting for the fence is pointless: it is of an earlier job of this context. */
  isOwn(fence: Fence): boolean {
    return fence.context === this.#fenceContext;
  }
}
