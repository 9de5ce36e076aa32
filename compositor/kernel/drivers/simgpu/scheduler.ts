import { SIMGPU_SUBMIT_MAX_COMMANDS } from '../../../../protocol/uapi/simgpu.ts';
import type { Nanoseconds, Timer } from '../../../machine/machine.ts';
import type { DeviceSpeed } from '../../engine/cost.ts';
import type { Engine, JobResult } from '../../engine/engine.ts';
import type { Kernel } from '../../kernel.ts';
import type { Fence } from '../../sync/fence.ts';
import { type ErrnoName, KernelError } from '../../task/kernel-error.ts';
import { PRIORITIES, type RenderContext } from './context.ts';
import type { Job } from './job.ts';
import { Ring } from './ring.ts';

/** Jobs that the engine is given at a time, so that it goes on to the next without asking. */
const DEPTH = 2;

export interface SchedulerOptions {
  readonly speed: DeviceSpeed;
  /** Device time after which a job counts as hung. */
  readonly timeout: Nanoseconds;
}

/** A job that the engine has. The first of them is the one that runs. */
interface InFlight {
  readonly job: Job;
  readonly slot: number;
  /** When it became the first; null before. */
  started: Nanoseconds | null;
  outcome: JobResult | null;
}

type State =
  | { readonly kind: 'running' }
  | { readonly kind: 'resetting'; readonly guilty: InFlight | undefined }
  | { readonly kind: 'stopped' };

/**
 * Gives jobs to the engine (`drivers/gpu/drm/scheduler`): of the contexts of the highest priority that have a job
 * whose dependencies have signalled, each in turn. The first job is watched; when its time is up the engine is reset,
 * its context is guilty, and jobs of other contexts that the engine had are run again.
 */
export class Scheduler implements Disposable {
  readonly #kernel: Kernel;
  readonly #engine: Engine;
  readonly #options: SchedulerOptions;
  readonly #ring: Ring;
  readonly #contexts = new Set<RenderContext>();
  /** Those that may have jobs waiting, by priority, in the order of their turns. */
  readonly #waiting: Set<RenderContext>[] = PRIORITIES.map(() => new Set());
  #inFlight: InFlight[] = [];
  #state: State = { kind: 'running' };
  #timeout: Timer | null = null;
  /** Ends the spin of the first job. */
  #hold: Timer | null = null;
  #kicked = false;
  /** Their fences have signalled; what they used is let go of outside of the signalling section. */
  readonly #finished: Job[] = [];

  constructor(kernel: Kernel, engine: Engine, options: SchedulerOptions) {
    this.#kernel = kernel;
    this.#engine = engine;
    this.#options = options;
    this.#ring = new Ring(kernel, DEPTH, SIMGPU_SUBMIT_MAX_COMMANDS);
  }

  add(context: RenderContext): void {
    this.#contexts.add(context);
  }

  /** Only of a context without jobs. */
  remove(context: RenderContext): void {
    this.#contexts.delete(context);
    this.#waitingLike(context).delete(context);
  }

  /** Queues a job behind those of its context, to run when `dependencies` have signalled. */
  push(job: Job, dependencies: Iterable<Fence>): void {
    job.context.queue.push(job);
    this.#waitingLike(job.context).add(job.context);
    job.waitFor(dependencies, () => this.#kick());
    if (job.ready) this.#kick();
  }

  /** Jobs that wait end in error instead of running, each when its turn comes: fences of a context stay in order. */
  cancel(context: RenderContext, error: ErrnoName): void {
    for (const job of context.queue) job.cancelled ??= error;
    this.#kick();
  }

  /** The power is gone: jobs that wait stay so. */
  [Symbol.dispose](): void {
    this.#state = { kind: 'stopped' };
    this.#timeout?.cancel();
    this.#hold?.cancel();
    this.#ring[Symbol.dispose]();
  }

  /** Fences depend on everything that is done here: no locks, no memory. */
  #signalling(body: () => void): void {
    const { locks } = this.#kernel;
    locks.signalling('simgpu scheduler', body);
    if (locks.inSection) return;
    for (const job of this.#finished.splice(0)) job.release();
  }

  #kick(): void {
    if (this.#kicked) return;
    this.#kicked = true;
    this.#kernel.machine.post('simgpu scheduler', () => {
      this.#kicked = false;
      this.#signalling(() => this.#schedule());
    });
  }

  #schedule(): void {
    if (this.#state.kind !== 'running') return;
    for (let job = this.#next(); job; job = this.#next()) if (!this.#start(job)) return;
  }

  /** The job whose turn it is; its context goes to the end of the line. */
  #next(): Job | null {
    for (const contexts of this.#waiting)
      for (const context of contexts) {
        const job = context.queue[0];
        if (!job) contexts.delete(context);
        if (!job?.ready || !this.#hasRoom(job)) continue;
        contexts.delete(context);
        contexts.add(context);
        return job;
      }
    return null;
  }

  #waitingLike({ priority }: RenderContext): Set<RenderContext> {
    return this.#waiting[PRIORITIES.indexOf(priority)]!;
  }

  #hasRoom(job: Job): boolean {
    return job.cancelled ? job.context.inFlight === 0 : !this.#ring.full;
  }

  /** False when it has to wait until a job in flight gives memory back. */
  #start(job: Job): boolean {
    if (job.cancelled) {
      this.#retire(job, job.cancelled);
      return true;
    }
    try {
      job.pin();
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      if (this.#inFlight.length > 0) return false;
      this.#retire(job, error.code);
      return true;
    }
    this.#run(job);
    return true;
  }

  #run(job: Job): void {
    const { spinEnd } = this.#ring;
    // Spins that are too long only together hang the engine too, and not just the job.
    const commands = job.place(job.spin > this.#options.timeout ? 0 : spinEnd);
    const { slot, address } = this.#ring.write(commands);
    const entry: InFlight = { job, slot, started: null, outcome: null };
    job.context.queue.shift();
    job.context.inFlight++;
    this.#inFlight.push(entry);
    this.#engine.run({
      label: job.label,
      address,
      count: commands.length,
      duration: job.duration(commands, this.#options.speed),
      done: result => this.#signalling(() => this.#done(entry, result)),
    });
    this.#advance();
  }

  #done(entry: InFlight, result: JobResult): void {
    entry.outcome = result;
    if (result.kind === 'reset' && this.#state.kind === 'running') {
      this.#timeout?.cancel();
      const guilty = this.#inFlight.find(({ outcome }) => outcome?.kind !== 'complete');
      this.#state = { kind: 'resetting', guilty };
    }
    this.#advance();
    if (this.#state.kind === 'resetting' && this.#inFlight.every(({ outcome }) => outcome !== null))
      this.#recover(this.#state.guilty);
  }

  /** Lets go of what is complete at the front, and watches what is there then. */
  #advance(): void {
    for (let first = this.#inFlight[0]; first; first = this.#inFlight[0]) {
      if (first.started === null) this.#watch(first);
      if (first.outcome?.kind !== 'complete' || this.#isHeld(first)) return;
      this.#timeout?.cancel();
      this.#inFlight.shift();
      this.#giveBack(first);
      this.#retire(first.job, null);
    }
  }

  #watch(entry: InFlight): void {
    const { machine } = this.#kernel;
    entry.started = machine.now();
    this.#timeout = machine.at(
      entry.started + this.#options.timeout,
      `time-out of ${entry.job.label}`,
      () => {
        if (this.#inFlight[0] === entry && entry.outcome === null && this.#state.kind === 'running')
          this.#engine.reset(`${entry.job.label} did not end within ${this.#options.timeout} ns`);
      },
    );
  }

  /** An engine in real time ends a spin at once; the time that it should have taken passes here. */
  #isHeld({ job, started }: InFlight): boolean {
    const end = started! + job.spin;
    if (job.spin === 0n || this.#kernel.machine.now() >= end) return false;
    this.#hold?.cancel();
    this.#hold = this.#kernel.machine.at(end, `spin of ${job.label}`, () =>
      this.#signalling(() => this.#advance()),
    );
    return true;
  }

  /** The reset is over. Fences of the guilty context end in error, jobs of the others run again. */
  #recover(guilty: InFlight | undefined): void {
    const dropped = this.#inFlight.filter(({ outcome }) => outcome?.kind === 'reset');
    this.#inFlight = this.#inFlight.filter(({ outcome }) => outcome?.kind === 'complete');
    for (const entry of [...dropped].reverse()) {
      this.#giveBack(entry);
      entry.job.unpin();
      entry.job.context.queue.unshift(entry.job);
      this.#waitingLike(entry.job.context).add(entry.job.context);
    }
    if (guilty) this.#blame(guilty.job);
    this.#state = { kind: 'running' };
    this.#advance();
    this.#kick();
  }

  /** As amdgpu has it: ETIME for the job that hung, ECANCELED for those behind it. */
  #blame(job: Job): void {
    const { context } = job;
    job.cancelled = 'ETIME';
    if (context.state.kind === 'open') context.state = { kind: 'guilty' };
    this.cancel(context, 'ECANCELED');
    for (const other of this.#contexts) if (other !== context) other.sawReset = true;
  }

  #giveBack(entry: InFlight): void {
    this.#ring.giveBack(entry.slot);
    entry.job.context.inFlight--;
  }

  #retire(job: Job, error: ErrnoName | null): void {
    const { context } = job;
    if (context.queue[0] === job) context.queue.shift();
    job.finish(error);
    this.#finished.push(job);
    if (context.empty) context.idle.wakeAll();
    this.#kick();
  }
}
