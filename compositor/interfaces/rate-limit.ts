import { type Machine, type Nanoseconds, SECOND } from '../machine/machine.ts';

/** Lets so many things pass in each second. */
export class RateLimit {
  readonly #machine: Machine;
  readonly #most: number;
  #start: Nanoseconds;
  #passed = 0;

  constructor(machine: Machine, most: number) {
    this.#machine = machine;
    this.#most = most;
    this.#start = machine.now();
  }

  /** Whether one more may pass now, which counts as one that did. */
  pass(): boolean {
    const now = this.#machine.now();
    if (now - this.#start >= SECOND) {
      this.#start = now;
      this.#passed = 0;
    }
    return ++this.#passed <= this.#most;
  }
}
