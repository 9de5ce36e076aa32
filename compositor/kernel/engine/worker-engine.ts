import { Worker } from 'node:worker_threads';
import type { Machine } from '../../machine/machine.ts';
import { builtUrl } from './built.ts';
import type { Engine, EngineJob, JobResult } from './engine.ts';

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
 * commands, whatever its `duration` says. The thread keeps the process alive only while it has work.
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

  constructor(machine: Machine, memory: WebAssembly.Memory, name: string) {
    this.name = name;
    this.#machine = machine;
    this.#memory = memory;
  }

  run(job: EngineJob): void {
    if (this.#state.kind === 'disposed') throw new Error(`the engine ${this.name} has been disposed of`);
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
