import type { Machine, Nanoseconds, Timer } from './machine.ts';
import { seededRandom } from './random.ts';
import { TimerHeap } from './timer-heap.ts';

interface Entry {
  readonly label: string;
  readonly run: () => void;
  readonly cancelled?: boolean;
}

export interface VirtualMachineOptions {
  seed?: number;
  /** 'fifo' runs entries in the order of their posting; 'random' picks any ready one, from the seed. */
  order?: 'fifo' | 'random';
  /** Where time starts, in nanoseconds. */
  start?: Nanoseconds;
  /** Is told each entry before it runs: with the seed, the whole history of a run. */
  trace?: (now: Nanoseconds, label: string) => void;
}

/**
 * The run queue driven by a test. Time stands still while entries are ready and jumps to the next timer when none
 * is, so a run is a pure function of its inputs and its seed.
 */
export class VirtualMachine implements Machine {
  readonly random: () => number;
  readonly #order: 'fifo' | 'random';
  readonly #trace: ((now: Nanoseconds, label: string) => void) | undefined;
  readonly #timers = new TimerHeap();
  readonly #ready: Entry[] = [];
  #now: Nanoseconds;

  constructor(options: VirtualMachineOptions = {}) {
    this.random = seededRandom(options.seed ?? 1);
    this.#order = options.order ?? 'fifo';
    this.#now = options.start ?? 1_000_000_000n;
    this.#trace = options.trace;
  }

  now(): Nanoseconds {
    return this.#now;
  }

  post(label: string, run: () => void): void {
    this.#ready.push({ label, run });
  }

  at(when: Nanoseconds, label: string, run: () => void): Timer {
    return this.#timers.add(when, label, run);
  }

  /** Entries ready now; timers that are not due do not count. */
  get ready(): number {
    return this.#ready.length;
  }

  /** When the next timer is due, or null when there is none. */
  get nextTimer(): Nanoseconds | null {
    return this.#timers.next;
  }

  /** Runs one entry, moving time to the next timer if none is ready. Returns false when nothing is left to run. */
  step(limit?: Nanoseconds): boolean {
    this.#takeDue();
    if (this.#ready.length === 0) {
      const next = this.#timers.next;
      if (next === null || (limit !== undefined && next > limit)) return false;
      this.#now = next;
      this.#takeDue();
    }
    const entry = this.#choose();
    // A timer that became due together with the entry that cancels it.
    if (entry.cancelled) return true;
    this.#trace?.(this.#now, entry.label);
    entry.run();
    return true;
  }

  /** Runs everything that is ready, and what that makes ready, without letting time pass. */
  settle(): void {
    while (this.step(this.#now));
  }

  /** Runs everything due up to `when`; time is `when` afterwards. */
  advanceTo(when: Nanoseconds): void {
    while (this.step(when));
    if (when > this.#now) this.#now = when;
  }

  /** Runs everything due in the next `duration` nanoseconds. */
  advance(duration: Nanoseconds): void {
    this.advanceTo(this.#now + duration);
  }

  /** Runs entries until `condition` holds; throws when `within` nanoseconds pass or nothing is left to run. */
  runUntil(condition: () => boolean, within: Nanoseconds, what = 'the condition'): void {
    const limit = this.#now + within;
    while (!condition()) {
      if (!this.step(limit)) throw new Error(`${what} did not come true within ${within} ns of virtual time`);
    }
  }

  #takeDue(): void {
    for (let due = this.#timers.takeDue(this.#now); due; due = this.#timers.takeDue(this.#now))
      this.#ready.push(due);
  }

  #choose(): Entry {
    if (this.#order === 'fifo') return this.#ready.shift()!;
    return this.#ready.splice(Math.floor(this.random() * this.#ready.length), 1)[0]!;
  }
}
