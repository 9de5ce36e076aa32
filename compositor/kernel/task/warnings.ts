import type { Machine, Nanoseconds } from '../../machine/machine.ts';

/** Something that the kernel found wrong with a driver or with how a buffer is used. */
export interface Warning {
  /** The rule that was broken, by its name. */
  readonly rule: string;
  readonly message: string;
  /** CLOCK_MONOTONIC. */
  readonly at: Nanoseconds;
}

/** Entries that are kept: a process must not fill the memory by breaking a rule again and again. */
const KEPT = 256;

/** What a kernel has warned of, as `dmesg` would show it: the newest 256. */
export class Warnings {
  /** Called with each one, kept or not. */
  onWarning: ((warning: Warning) => void) | null = null;
  readonly #machine: Machine;
  readonly #entries: Warning[] = [];

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  get entries(): readonly Warning[] {
    return this.#entries;
  }

  add(rule: string, message: string): void {
    const warning = { rule, message, at: this.#machine.now() };
    if (this.#entries.length === KEPT) this.#entries.shift();
    this.#entries.push(warning);
    this.onWarning?.(warning);
  }
}
