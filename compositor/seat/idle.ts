// Nobody uses the seat: when that counts as idle, and who is told.
import { type Machine, MILLISECOND, type Nanoseconds, type Timer } from '../machine/machine.ts';

export interface IdleListener {
  idled(): void;
  /** After an `idled`: the seat is used again, or something keeps it from being idle. */
  resumed(): void;
}

/**
 * One timer per watch, which looks when it is due how long ago the last input was: an event costs nothing but a note of
 * the time, unless somebody was told that the seat is idle.
 */
export class IdleClock {
  readonly #machine: Machine;
  readonly #watches = new Set<IdleWatch>();
  readonly #idle = new Set<IdleWatch>();
  #used: Nanoseconds;
  #inhibited = false;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#used = machine.now();
  }

  get machine(): Machine {
    return this.#machine;
  }

  /** When the seat was last used, or last kept from being idle. */
  get used(): Nanoseconds {
    return this.#used;
  }

  get inhibited(): boolean {
    return this.#inhibited;
  }

  /** While it is true nobody idles. */
  set inhibited(inhibited: boolean) {
    if (this.#inhibited === inhibited) return;
    this.#inhibited = inhibited;
    this.activity();
    for (const watch of [...this.#watches]) watch.inhibit(inhibited);
  }

  /** An input event. */
  activity(): void {
    this.#used = this.#machine.now();
    if (this.#idle.size === 0) return;
    const resumed = [...this.#idle];
    this.#idle.clear();
    for (const watch of resumed) watch.resume();
  }

  /** Tells the listener when the seat was not used for `timeout` milliseconds, until the result is disposed. */
  watch(timeout: number, listener: IdleListener): Disposable {
    const watch = new IdleWatch(this, BigInt(timeout) * MILLISECOND, listener);
    this.#watches.add(watch);
    return {
      [Symbol.dispose]: () => {
        this.#watches.delete(watch);
        this.#idle.delete(watch);
        watch.stop();
      },
    };
  }

  /** For watches: wants to hear of the next activity. */
  addIdle(watch: IdleWatch): void {
    this.#idle.add(watch);
  }
}

class IdleWatch {
  readonly #clock: IdleClock;
  readonly #timeout: Nanoseconds;
  readonly #listener: IdleListener;
  /** The time counts from here at the earliest: a watch that begins now is not idle for what was before. */
  #since: Nanoseconds;
  #timer: Timer | null = null;

  constructor(clock: IdleClock, timeout: Nanoseconds, listener: IdleListener) {
    this.#clock = clock;
    this.#timeout = timeout;
    this.#listener = listener;
    this.#since = clock.machine.now();
    if (!clock.inhibited) this.#arm();
  }

  resume(): void {
    this.#listener.resumed();
    if (!this.#clock.inhibited) this.#arm();
  }

  inhibit(inhibited: boolean): void {
    this.stop();
    if (!inhibited) this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #due(): Nanoseconds {
    const { used } = this.#clock;
    return (used > this.#since ? used : this.#since) + this.#timeout;
  }

  #arm(): void {
    this.#timer = this.#clock.machine.at(this.#due(), 'idle notification', () => {
      this.#timer = null;
      if (this.#due() > this.#clock.machine.now()) {
        this.#arm();
        return;
      }
      this.#clock.addIdle(this);
      this.#listener.idled();
    });
  }
}
