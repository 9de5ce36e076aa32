import type { Machine, Timer } from '../../machine/machine.ts';
import type { Engine, EngineJob } from './engine.ts';
import { CMD_BYTES, CMD_OPCODE, CMD_TABLE_ADDRESS, OP_SPIN } from './layout.ts';
import { PixelKernels } from './pixel-kernels.ts';

/**
 * `running`: the next command of the first queued job runs when `timer` is due, or after the last one the job ends.
 * `hung`: the job is in an `OP_SPIN` and only a reset ends it.
 */
type State = { kind: 'idle' } | { kind: 'running'; timer: Timer } | { kind: 'hung' } | { kind: 'disposed' };

/**
 * An engine in virtual time. A job starts when the one before has ended and takes its `duration`. The duration is cut into
 * as many equal parts as the job has commands, and each command touches its pixels at one instant of its part, drawn with
 * `machine.random()`: whoever reuses memory before the job's end may see, or leave, a torn image.
 *
 * An `OP_SPIN` whose word is 0 at that instant never ends, even if the word changes later.
 */
export class VirtualEngine implements Engine {
  readonly name: string;
  readonly #machine: Machine;
  readonly #kernels: PixelKernels;
  readonly #words: Int32Array;
  #jobs: EngineJob[] = [];
  #state: State = { kind: 'idle' };

  constructor(machine: Machine, memory: WebAssembly.Memory, name: string) {
    this.name = name;
    this.#machine = machine;
    this.#kernels = new PixelKernels(memory);
    this.#words = new Int32Array(memory.buffer);
  }

  run(job: EngineJob): void {
    if (this.#state.kind === 'disposed') throw new Error(`the engine ${this.name} has been disposed of`);
    this.#jobs.push(job);
    if (this.#state.kind === 'idle') this.#wait(job, this.#machine.now(), 0);
  }

  reset(reason: string): void {
    if (this.#state.kind === 'disposed') return;
    const dropped = this.#stop({ kind: 'idle' });
    for (const job of dropped)
      this.#machine.post(`${this.name}: ${job.label} reset`, () => job.done({ kind: 'reset', reason }));
  }

  [Symbol.dispose](): void {
    this.#stop({ kind: 'disposed' });
  }

  #stop(state: State): EngineJob[] {
    if (this.#state.kind === 'running') this.#state.timer.cancel();
    this.#state = state;
    const dropped = this.#jobs;
    this.#jobs = [];
    return dropped;
  }

  /** Sets the timer for command `next` of the job, or for its end. */
  #wait(job: EngineJob, start: bigint, next: number): void {
    const ended = next === job.count;
    const instant = ended ? job.duration : instantOf(job, next, this.#machine.random());
    const label = `${this.name}: ${job.label} ${ended ? 'end' : `command ${next}`}`;
    const timer = this.#machine.at(start + instant, label, () => {
      // A timer that is due already may run although it was cancelled.
      if (this.#state.kind !== 'running' || this.#state.timer !== timer) return;
      if (ended) this.#end(job, start);
      else this.#execute(job, start, next);
    });
    this.#state = { kind: 'running', timer };
  }

  #execute(job: EngineJob, start: bigint, index: number): void {
    const address = job.address + index * CMD_BYTES;
    if (this.#spins(address)) {
      this.#state = { kind: 'hung' };
      return;
    }
    try {
      this.#kernels.execute(address, 1);
    } catch (error) {
      this.reset(`fault in '${job.label}': ${String(error)}`);
      return;
    }
    this.#wait(job, start, index + 1);
  }

  #spins(address: number): boolean {
    const at = address / 4;
    if (this.#words[at + CMD_OPCODE] !== OP_SPIN) return false;
    const table = this.#words[at + CMD_TABLE_ADDRESS]! >>> 0;
    return table === 0 || this.#words[table / 4] === 0;
  }

  #end(job: EngineJob, start: bigint): void {
    this.#jobs.shift();
    const following = this.#jobs[0];
    if (following) this.#wait(following, start + job.duration, 0);
    else this.#state = { kind: 'idle' };
    job.done({ kind: 'complete' });
  }
}

/** An instant within the part of the duration that belongs to command `index`, after the job's start and before its end. */
function instantOf(job: EngineJob, index: number, random: number): bigint {
  const from = (job.duration * BigInt(index)) / BigInt(job.count);
  const until = (job.duration * BigInt(index + 1)) / BigInt(job.count);
  return from + BigInt(Math.floor(Number(until - from) * random));
}
