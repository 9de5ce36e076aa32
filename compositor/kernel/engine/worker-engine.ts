import { Worker } from 'node:worker_threads';
import type { Machine } from '../../machine/machine.ts';
import { builtUrl } from './built.ts';
import type { Engine, EngineJob, JobResult } from './engine.ts';
import { CMD_BYTES, CMD_OPCODE, OP_SPIN } from './layout.ts';
import { PixelKernels } from './pixel-kernels.ts';

/**
 * Device time of a job that costs less than handing it to another thread and hearing back, in nanoseconds: about three
 * megabytes moved.
 */
const SMALL = 250_000n;

/** What travels to the worker; the answer is the id alone. */
export type WorkerJob = { id: number; address: number; count: number };

/**
 * `off`: no thread. `running`: the queued jobs have been sent to `worker`. `stopping`: a reset was asked for; until the
 * thread is really gone it may still write, so `dropped` are not told and new jobs wait.
 */
type State =
  | { kind: 'off' }
  | { kind: 'running'; worker: Worker }
  | { kind: 'stopping'; dropped: EngineJob[]; reason: string }
  | { kind: 'disposed' };

/**
 * An engine in real time: a thread of its own, started with the first job or by `warm`. A job is done when the thread has run its
 * commands, whatever its `duration` says. The thread keeps the process alive only while it has work. A small job that
 * finds the engine idle is run where it is asked for.
 *
 * A command that faults, which no validated one does, resets the engine; the reason says what happened.
 */
export class WorkerEngine implements Engine {
  readonly name: string;
  readonly #machine: Machine;
  readonly #memory: WebAssembly.Memory;
  #jobs: EngineJob[] = [];
  #firstId = 0;
  #state: State = { kind: 'off' };
  #kernels: PixelKernels | null = null;
  #words: Int32Array | null = null;

  constructor(machine: Machine, memory: WebAssembly.Memory, name: string) {
    this.name = name;
    this.#machine = machine;
    this.#memory = memory;
  }

  run(job: EngineJob): void {
    if (this.#state.kind === 'disposed') throw new Error(`the engine ${this.name} has been disposed of`);
    if (this.#mayRunHere(job)) {
      this.#runHere(job);
      return;
    }
    this.#jobs.push(job);
    if (this.#state.kind === 'off') this.#start();
    else if (this.#state.kind === 'running') {
      if (this.#jobs.length === 1) this.#state.worker.ref();
      this.#send(this.#state.worker, this.#jobs.length - 1);
    }
  }

  /** Starts the thread, so that the first job need not wait for that. */
  warm(): void {
    if (this.#state.kind === 'off') this.#start();
  }

  reset(reason: string): void {
    if (this.#state.kind === 'running') {
      const { worker } = this.#state;
      this.#drop(reason);
      void worker.terminate();
    } else if (this.#state.kind === 'stopping') this.#state.dropped.push(...this.#takeJobs());
  }

  [Symbol.dispose](): void {
    if (this.#state.kind === 'running') void this.#state.worker.terminate();
    this.#state = { kind: 'disposed' };
    this.#jobs = [];
  }

  #mayRunHere(job: EngineJob): boolean {
    const idle = this.#jobs.length === 0 && this.#state.kind !== 'stopping';
    return idle && job.duration <= SMALL && !this.#spins(job);
  }

  /** A job that waits for somebody must not make everybody wait. */
  #spins({ address, count }: EngineJob): boolean {
    this.#words ??= new Int32Array(this.#memory.buffer);
    for (let index = 0; index < count; index++)
      if (this.#words[(address + index * CMD_BYTES) / 4 + CMD_OPCODE] === OP_SPIN) return true;
    return false;
  }

  #runHere(job: EngineJob): void {
    this.#kernels ??= new PixelKernels(this.#memory);
    try {
      this.#kernels.execute(job.address, job.count);
    } catch (error) {
      this.#finish(job, { kind: 'reset', reason: `fault in '${job.label}': ${String(error)}` });
      return;
    }
    this.#finish(job, { kind: 'complete' });
  }

  #takeJobs(): EngineJob[] {
    const jobs = this.#jobs;
    this.#firstId += jobs.length;
    this.#jobs = [];
    return jobs;
  }

  #start(): void {
    const worker = new Worker(builtUrl('worker.js'), {
      workerData: { memory: this.#memory },
      name: this.name,
      execArgv: [],
    });
    this.#state = { kind: 'running', worker };
    worker.on('message', (id: number) => this.#completed(worker, id));
    worker.on('error', error => this.#failed(worker, error));
    worker.on('exit', () => this.#exited());
    if (this.#jobs.length === 0) worker.unref();
    this.#jobs.forEach((_, index) => this.#send(worker, index));
  }

  #send(worker: Worker, index: number): void {
    const { address, count } = this.#jobs[index]!;
    worker.postMessage({ id: this.#firstId + index, address, count } satisfies WorkerJob);
  }

  #completed(worker: Worker, id: number): void {
    // An answer that was under way when its thread was stopped: the job has been dropped.
    if (this.#state.kind !== 'running' || this.#state.worker !== worker || id !== this.#firstId) return;
    const job = this.#jobs.shift()!;
    this.#firstId += 1;
    if (this.#jobs.length === 0) worker.unref();
    this.#finish(job, { kind: 'complete' });
  }

  /** An uncaught error ends the thread by itself; `exit` follows. */
  #failed(worker: Worker, error: unknown): void {
    if (this.#state.kind !== 'running' || this.#state.worker !== worker) return;
    this.#drop(`fault in '${this.#jobs[0]?.label ?? 'start-up'}': ${String(error)}`);
  }

  #drop(reason: string): void {
    this.#state = { kind: 'stopping', dropped: this.#takeJobs(), reason };
  }

  #exited(): void {
    if (this.#state.kind === 'running') this.#drop('the worker ended');
    if (this.#state.kind !== 'stopping') return;
    const { dropped, reason } = this.#state;
    this.#state = { kind: 'off' };
    for (const job of dropped) this.#finish(job, { kind: 'reset', reason });
    if (this.#jobs.length > 0) this.#start();
  }

  #finish(job: EngineJob, result: JobResult): void {
    this.#machine.post(`${this.name}: ${job.label} ${result.kind}`, () => job.done(result));
  }
}
