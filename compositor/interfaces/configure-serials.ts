// The serials of configure events, and what of them is acknowledged.

import { isOlder } from '../seat/serials.ts';

/** Configures that may still be acknowledged; of a client that never does, older ones are forgotten. */
const MOST_UNACKNOWLEDGED = 1024;

/** One surface's configures. Acknowledging one acknowledges those before it. */
export class ConfigureSerials {
  /** Serials not acknowledged yet, oldest first. */
  #waiting: number[] = [];
  /** Those sent before the surface was unmapped: a client that had not heard of them may acknowledge them still. */
  #overtaken: number[] = [];
  #acknowledged: number | null = null;
  /** The newest of those that are too many to remember: others may have caused them faster than the client could read. */
  #forgotten: number | null = null;

  /** How many wait to be acknowledged. */
  get unacknowledged(): number {
    return this.#waiting.length;
  }

  /** The newest that was acknowledged since the surface began, or began anew. */
  get acknowledged(): number | null {
    return this.#acknowledged;
  }

  sent(serial: number): void {
    this.#waiting.push(serial);
    if (this.#waiting.length > MOST_UNACKNOWLEDGED) this.#forgotten = this.#waiting.shift()!;
  }

  /** Whether the serial now acknowledged is this one; an overtaken one is accepted and means nothing. */
  acknowledge(serial: number): 'now' | 'overtaken' | 'unknown' {
    const at = this.#waiting.indexOf(serial);
    if (at < 0)
      return this.#overtaken.includes(serial) || this.#isForgotten(serial) ? 'overtaken' : 'unknown';
    this.#waiting.splice(0, at + 1);
    this.#acknowledged = serial;
    return 'now';
  }

  #isForgotten(serial: number): boolean {
    return this.#forgotten !== null && !isOlder(this.#forgotten, serial);
  }

  /** For an error: which serials would have been right. */
  get text(): string {
    return this.#waiting.slice(-16).join(', ') || 'none does';
  }

  /** The surface was unmapped: it begins anew. */
  reset(): void {
    this.#overtaken = this.#waiting;
    this.#waiting = [];
    this.#acknowledged = null;
  }
}
