import {
  SIMGPU_PRIORITY_HIGH,
  SIMGPU_RESET_GUILTY,
  SIMGPU_RESET_INNOCENT,
  SIMGPU_RESET_NONE,
} from '../../../../protocol/uapi/simgpu.ts';
import { type Nanoseconds, SECOND } from '../../../machine/machine.ts';
import type { DrmFile } from '../../drm/file.ts';
import { HandleTable } from '../../drm/handle-table.ts';
import type { DrmCall } from '../../drm/ioctl.ts';
import type { Kernel } from '../../kernel.ts';
import { require } from '../../task/kernel-error.ts';
import { type Sleeping, waitUntil } from '../../task/kernel-thread.ts';
import { Budget } from './budget.ts';
import { type Priority, RenderContext } from './context.ts';
import type { Scheduler } from './scheduler.ts';

const CONTEXTS_PER_FILE = 256;
const CONTEXTS_PER_PROCESS = 1024;
/** How long the jobs of a context that nobody has any more may go on (`MAX_WAIT_SCHED_ENTITY_Q_EMPTY`). */
const DRAIN: Nanoseconds = SECOND;

/** The contexts of all open files. */
export class Contexts {
  readonly #kernel: Kernel;
  readonly #scheduler: Scheduler;
  readonly #budget = new Budget('contexts', CONTEXTS_PER_PROCESS, 'ENOSPC');
  readonly #byFile = new Map<DrmFile, HandleTable<RenderContext>>();

  constructor(kernel: Kernel, scheduler: Scheduler) {
    this.#kernel = kernel;
    this.#scheduler = scheduler;
  }

  /** EINVAL, EACCES for the high priority without the right to it, ENOSPC, ENOMEM. */
  create({ file, task }: DrmCall, flags: number, priority: number): number {
    require(flags === 0 &&
      priority <=
        SIMGPU_PRIORITY_HIGH, 'EINVAL', `flags have to be 0 and the priority 0 to ${SIMGPU_PRIORITY_HIGH}, got ${flags} and ${priority}`);
    // The seat's own process stands for one with CAP_SYS_NICE.
    const mayHurry = task.credentials.uid === 0 || task.credentials.seat || file.isCurrentMaster;
    require(priority < SIMGPU_PRIORITY_HIGH ||
      mayHurry, 'EACCES', 'the high priority is for the master, the seat and root');
    const table = this.#byFile.get(file) ?? new HandleTable<RenderContext>();
    require(table.size < CONTEXTS_PER_FILE, 'ENOSPC', `a file has at most ${CONTEXTS_PER_FILE} contexts`);
    this.#budget.check(task, 1);
    this.#kernel.mayAllocate('simgpu context');
    this.#budget.take(task, 1);
    this.#byFile.set(file, table);
    const context = new RenderContext(this.#kernel, task, priority as Priority);
    this.#scheduler.add(context);
    return table.insert(context);
  }

  /** ENOENT. */
  lookup(file: DrmFile, id: number): RenderContext {
    const context = this.#byFile.get(file)?.get(id);
    require(context, 'ENOENT', `${file.describe()} has no context ${id}`);
    return context;
  }

  /** The context is gone at once; its jobs have a while to finish, and then are cancelled. */
  destroy(file: DrmFile, id: number): void {
    const context = this.lookup(file, id);
    this.#byFile.get(file)!.remove(id);
    void this.#kernel.thread(
      `end of context ${id} of ${file.owner}`,
      this.#drain([context], this.#kernel.machine.now() + DRAIN),
    );
  }

  /** Innocence is told once for each reset, guilt for ever. */
  query(file: DrmFile, id: number): number {
    const context = this.lookup(file, id);
    if (context.state.kind === 'guilty') return SIMGPU_RESET_GUILTY;
    const { sawReset } = context;
    context.sawReset = false;
    return sawReset ? SIMGPU_RESET_INNOCENT : SIMGPU_RESET_NONE;
  }

  /** The file is closed, or its process is dead: `drm_sched_entity_flush` and `drm_sched_entity_fini` of each. */
  *close(file: DrmFile): Sleeping<void> {
    const contexts = (this.#byFile.get(file)?.takeAll() ?? []).map(([, context]) => context);
    this.#byFile.delete(file);
    yield* this.#drain(contexts, this.#kernel.machine.now() + DRAIN);
  }

  *#drain(contexts: readonly RenderContext[], until: Nanoseconds): Sleeping<void> {
    for (const context of contexts) {
      if (context.state.kind === 'open') context.state = { kind: 'closed' };
      const empty = () => context.empty;
      const what = `jobs of ${context.label}`;
      const drained = yield* waitUntil(context.idle, empty, { what, interruptible: false, until });
      if (!drained) {
        this.#scheduler.cancel(context, 'ESRCH');
        yield* waitUntil(context.idle, empty, { what, interruptible: false });
      }
      this.#scheduler.remove(context);
      this.#budget.giveBack(context.creator, 1);
    }
  }
}
