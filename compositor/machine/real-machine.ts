import type { Machine, Nanoseconds, Timer } from './machine.ts';
import { MILLISECOND } from './machine.ts';
import { seededRandom } from './random.ts';
import { TimerHeap } from './timer-heap.ts';

interface Entry {
  label: string;
  run: () => void;
}

export interface RealMachineOptions {
  seed?: number;
  /** How long entries may run before the event loop gets a turn for its sockets, in nanoseconds. */
  slice?: Nanoseconds;
  /** Receives what an entry threw; without it the error ends the process, as an uncaught one should. */
  onFault?: (label: string, error: unknown) => void;
}

/**
 * The run queue driven by the event loop. `now` is the host's CLOCK_MONOTONIC, so that time stamps mean the same in
 * every process of the machine.
 */
export class RealMachine implements Machine, Disposable {
  readonly random: () => number;
  readonly #slice: Nanoseconds;
  readonly #onFault: ((label: string, error: unknown) => void) | undefined;
  readonly #timers = new TimerHeap();
  #queue: Entry[] = [];
  #head = 0;
  #immediate: NodeJS.Immediate | null = null;
  #alarm: { when: Nanoseconds; handle: NodeJS.Timeout } | null = null;
  #stopped = false;
  /** Entries are being run: the alarm is set when they are through. */
  #turning = false;

  constructor(options: RealMachineOptions = {}) {
    this.random = seededRandom(options.seed ?? 1);
    this.#slice = options.slice ?? 2n * MILLISECOND;
    this.#onFault = options.onFault;
  }

  now(): Nanoseconds {
    return process.hrtime.bigint();
  }

  post(label: string, run: () => void): void {
    if (this.#stopped) return;
    this.#queue.push({ label, run });
    this.#schedule();
  }

  at(when: Nanoseconds, label: string, run: () => void): Timer {
    const timer = this.#timers.add(when, label, run);
    if (!this.#turning) this.#setAlarm();
    return timer;
  }

  /** Stops the machine: nothing that is queued or due runs any more. */
  [Symbol.dispose](): void {
    this.#stopped = true;
    this.#queue = [];
    this.#head = 0;
    if (this.#immediate) clearImmediate(this.#immediate);
    if (this.#alarm) clearTimeout(this.#alarm.handle);
    this.#immediate = null;
    this.#alarm = null;
  }

  #schedule(): void {
    if (!this.#immediate && !this.#stopped) this.#immediate = setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#immediate = null;
    this.#turning = true;
    try {
      this.#runSome();
    } finally {
      this.#turning = false;
      if (this.#head < this.#queue.length) this.#schedule();
      this.#setAlarm();
    }
  }

  /** Runs what is due and what is queued until its slice of time is over. */
  #runSome(): void {
    const end = this.now() + this.#slice;
    do {
      this.#takeDueTimers(end);
      const entry = this.#take();
      if (!entry) return;
      this.#run(entry);
    } while (!this.#stopped && this.now() < end);
  }

  #take(): Entry | undefined {
    const entry = this.#queue[this.#head];
    if (!entry) return undefined;
    this.#head++;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    } else if (this.#head > 1024) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
    return entry;
  }

  #run(entry: Entry): void {
    if (!this.#onFault) {
      entry.run();
      return;
    }
    try {
      entry.run();
    } catch (error) {
      this.#onFault(entry.label, error);
    }
  }

  /** Due timers go ahead of what was posted: their time stamps are older. Those that are left at `end` have their own turn. */
  #takeDueTimers(end: Nanoseconds): void {
    while (!this.#stopped) {
      const now = this.now();
      const due = this.#timers.takeDue(now);
      if (!due) return;
      this.#run(due);
      if (now >= end) return;
    }
  }

  #setAlarm(): void {
    const when = this.#timers.next;
    if (when === null || this.#stopped) return;
    if (this.#alarm && this.#alarm.when <= when) return;
    if (this.#alarm) clearTimeout(this.#alarm.handle);
    const wait = when - this.now();
    // Rounded up: the event loop counts in milliseconds from one that has begun, so rounding down wakes early nearly every
    // time, and a second wait for the rest is no more exact than one that is long enough.
    const milliseconds = wait <= 0n ? 0 : Number((wait + MILLISECOND - 1n) / MILLISECOND);
    const handle = setTimeout(
      () => {
        this.#alarm = null;
        this.#turn();
      },
      Math.min(milliseconds, 0x7fff_ffff),
    );
    this.#alarm = { when, handle };
  }
}
