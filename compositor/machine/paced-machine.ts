// Virtual time that passes at a pace of the host's: for people who look at a session, stop it, and go on vblank by vblank.
import { type ClockControl, FASTEST, SLOWEST } from './clock-control.ts';
import { type Machine, MILLISECOND, type Nanoseconds, SECOND, type Timer } from './machine.ts';
import { VirtualMachine } from './virtual-machine.ts';

/** The host's time, and how to wait for it. */
export interface Pace {
  now(): Nanoseconds;
  /** Calls once, after at least `milliseconds`, unless disposed. */
  wait(milliseconds: number, run: () => void): Disposable;
  /** Calls once in a later turn of the event loop, after what has arrived for others, unless disposed. */
  soon(run: () => void): Disposable;
}

export interface PacedMachineOptions {
  readonly seed?: number;
  /** Receives what an entry threw; without it the error ends the process. */
  readonly onFault?: (label: string, error: unknown) => void;
  readonly pace?: Pace;
}

const LONGEST_WAIT = 0x7fff_ffff;
/** How long entries may run before the event loop gets a turn for its sockets. */
const SLICE: Nanoseconds = 2n * MILLISECOND;
/**
 * Further behind than this the clock slips: hurrying after a suspended laptop would only make it worse. A hiccup is made up
 * for, or time stamps would not be those of the host any more.
 */
const MOST_LAG: Nanoseconds = SECOND;
const REAL_PACE = 1000;
const END_OF_STEP = 'end of a step';

interface Step {
  readonly when: Nanoseconds;
  readonly done: () => void;
}

/**
 * A `VirtualMachine` whose time follows the host's. Entries run at their exact virtual times, in order, however late the host
 * is. What comes from outside (sockets) enters the run queue at the time that it is then. It sleeps until the next entry is
 * due, and for as long as it is frozen.
 *
 * Time starts as the host's CLOCK_MONOTONIC, so that programs which compare time stamps with their own clock are right for
 * as long as nobody freezes it or changes its speed.
 */
export class PacedMachine implements Machine, ClockControl, Disposable {
  readonly #virtual: VirtualMachine;
  readonly #pace: Pace;
  readonly #onFault: ((label: string, error: unknown) => void) | undefined;
  readonly #listeners = new Set<() => void>();
  /** Posted from outside of an entry. */
  #arrivals: { readonly label: string; readonly run: () => void }[] = [];
  #steps: Step[] = [];
  /** Virtual time was `virtual` when the host's was `host`. */
  #anchor: { virtual: Nanoseconds; host: Nanoseconds };
  #speed = REAL_PACE;
  /** Where the clock stands; null: it goes. */
  #stands: Nanoseconds | null = null;
  #running = '';
  #turning = false;
  #stopped = false;
  #soon: Disposable | null = null;
  #alarm: { readonly when: Nanoseconds; readonly wait: Disposable } | null = null;

  constructor({ seed, onFault, pace = HOST }: PacedMachineOptions = {}) {
    this.#pace = pace;
    this.#onFault = onFault;
    const start = pace.now();
    this.#anchor = { virtual: start, host: start };
    this.#virtual = new VirtualMachine({
      start,
      ...(seed === undefined ? {} : { seed }),
      trace: (_, label) => {
        this.#running = label;
      },
    });
  }

  /** Virtual time. Outside of an entry: that of the last one. */
  now(): Nanoseconds {
    return this.#virtual.now();
  }

  random(): number {
    return this.#virtual.random();
  }

  post(label: string, run: () => void): void {
    if (this.#stopped) return;
    if (this.#turning) {
      this.#virtual.post(label, run);
      return;
    }
    this.#arrivals.push({ label, run });
    this.#schedule();
  }

  at(when: Nanoseconds, label: string, run: () => void): Timer {
    const timer = this.#virtual.at(when, label, run);
    if (!this.#turning) this.#sleep();
    return timer;
  }

  get frozen(): boolean {
    return this.#stands !== null;
  }

  get speed(): number {
    return this.#speed;
  }

  freeze(): void {
    if (this.#stands !== null) return;
    this.#stands = this.#current();
    this.#changed();
  }

  resume(): void {
    if (this.#stands === null) return;
    this.#setAnchor(this.#stands);
    this.#stands = null;
    for (const { done } of this.#steps.splice(0)) this.post(END_OF_STEP, done);
    this.#changed();
  }

  setSpeed(thousandths: number): void {
    if (!(thousandths >= SLOWEST && thousandths <= FASTEST && Number.isInteger(thousandths)))
      throw new RangeError(`a speed is a whole number of ${SLOWEST} to ${FASTEST}, not ${thousandths}`);
    if (this.#speed === thousandths) return;
    this.#setAnchor(this.#current());
    this.#speed = thousandths;
    this.#changed();
  }

  stepTo(when: Nanoseconds, done: () => void): void {
    this.freeze();
    this.#steps.push({ when, done });
    if (!this.#turning) this.#schedule();
  }

  observe(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Stops the machine: nothing that is queued or due runs any more. */
  [Symbol.dispose](): void {
    this.#stopped = true;
    this.#arrivals = [];
    this.#steps = [];
    this.#soon?.[Symbol.dispose]();
    this.#soon = null;
    this.#cancelAlarm();
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
    // It was set for another pace.
    this.#cancelAlarm();
    if (!this.#turning) this.#schedule();
  }

  /** An entry stays at its time; outside of one it is as late as the pace says. */
  #current(): Nanoseconds {
    if (this.#turning) return this.#virtual.now();
    return this.#stands ?? this.#paced(this.#pace.now());
  }

  #setAnchor(virtual: Nanoseconds): void {
    this.#anchor = { virtual, host: this.#pace.now() };
  }

  #schedule(): void {
    if (!this.#soon && !this.#stopped) this.#soon = this.#pace.soon(() => this.#turn());
  }

  #turn(): void {
    this.#soon?.[Symbol.dispose]();
    this.#soon = null;
    this.#turning = true;
    try {
      const behind = this.#runSome();
      this.#admit();
      if (behind) this.#slip();
    } finally {
      this.#turning = false;
      if (this.#virtual.ready > 0) this.#schedule();
      this.#sleep();
    }
  }

  /** Runs what is due until its slice of time is over; returns whether there is more. */
  #runSome(): boolean {
    let now = this.#pace.now();
    const end = now + SLICE;
    while (!this.#stopped) {
      const limit = this.#limit(now);
      if (!this.#run(limit)) {
        this.#virtual.advanceTo(limit);
        if (!this.#endStep() && !this.#admit()) return false;
      }
      now = this.#pace.now();
      if (now >= end) return true;
    }
    return false;
  }

  /** Up to when time may pass by now. */
  #limit(host: Nanoseconds): Nanoseconds {
    if (this.#stands === null) return this.#paced(host);
    const step = this.#steps[0];
    if (step && step.when > this.#stands) this.#stands = step.when;
    return this.#stands;
  }

  #paced(host: Nanoseconds): Nanoseconds {
    const { virtual, host: since } = this.#anchor;
    return virtual + ((host - since) * BigInt(this.#speed)) / BigInt(REAL_PACE);
  }

  /** One entry, if one is due by `limit`. */
  #run(limit: Nanoseconds): boolean {
    if (!this.#onFault) return this.#virtual.step(limit);
    try {
      return this.#virtual.step(limit);
    } catch (error) {
      this.#onFault(this.#running, error);
      return true;
    }
  }

  /** Everything of the first step is done. */
  #endStep(): boolean {
    const step = this.#steps.shift();
    if (step) this.#virtual.post(END_OF_STEP, step.done);
    return step !== undefined;
  }

  /** What came from outside comes now. */
  #admit(): boolean {
    const arrivals = this.#arrivals;
    if (arrivals.length === 0) return false;
    this.#arrivals = [];
    for (const { label, run } of arrivals) this.#virtual.post(label, run);
    return true;
  }

  /** Too much is due to keep pace. */
  #slip(): void {
    if (this.#stands !== null) return;
    const reached = this.#virtual.now();
    if (this.#paced(this.#pace.now()) - reached > MOST_LAG) this.#setAnchor(reached);
  }

  /** Until the next entry is due. */
  #sleep(): void {
    const when = this.#virtual.nextTimer;
    if (this.#stopped || this.#soon) return;
    if (this.#stands !== null || when === null) {
      this.#cancelAlarm();
      const due = this.#stands !== null && when !== null && when <= this.#stands;
      if (due || this.#steps.length > 0) this.#schedule();
      return;
    }
    if (this.#alarm?.when === when) return;
    this.#cancelAlarm();
    const wait = this.#pace.wait(this.#millisecondsUntil(when), () => {
      this.#alarm = null;
      this.#turn();
    });
    this.#alarm = { when, wait };
  }

  /** Rounded up, so that the entry is due when the host wakes. */
  #millisecondsUntil(when: Nanoseconds): number {
    const nanoseconds = ((when - this.#paced(this.#pace.now())) * BigInt(REAL_PACE)) / BigInt(this.#speed);
    if (nanoseconds <= 0n) return 0;
    return Math.min(Number((nanoseconds + MILLISECOND - 1n) / MILLISECOND), LONGEST_WAIT);
  }

  #cancelAlarm(): void {
    this.#alarm?.wait[Symbol.dispose]();
    this.#alarm = null;
  }
}

const HOST: Pace = {
  now: () => process.hrtime.bigint(),
  wait: (milliseconds, run) => {
    const timeout = setTimeout(run, milliseconds);
    return { [Symbol.dispose]: () => clearTimeout(timeout) };
  },
  soon: run => {
    const immediate = setImmediate(run);
    return { [Symbol.dispose]: () => clearImmediate(immediate) };
  },
};
