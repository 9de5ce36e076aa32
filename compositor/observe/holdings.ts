// Who holds a buffer: every commit of one that the client has not got back.
import type { Nanoseconds } from '../machine/machine.ts';

export interface Held {
  /** `wl_buffer@12 of demo`. */
  readonly buffer: string;
  /** `wl_surface@3 of demo`. */
  readonly surface: string;
  /** When it was committed. */
  readonly since: Nanoseconds;
  /** Who keeps it, in words: surfaces, outputs, planes, captures. */
  readonly holders: () => readonly string[];
}

/** What is out: empty once nothing is shown, pending or being read. */
export class Holdings {
  readonly #held = new Set<Held>();

  /** Lists a commit until the result is disposed. */
  add(held: Held): Disposable {
    this.#held.add(held);
    return { [Symbol.dispose]: () => void this.#held.delete(held) };
  }

  /** Oldest first. */
  get list(): readonly Held[] {
    return [...this.#held];
  }

  /** One line for each, for people: `wl_buffer@12 of demo, committed 35 ms ago: output Virtual-1`. */
  describe(now: Nanoseconds): string[] {
    return this.list.map(({ buffer, since, holders }) => {
      const who = holders().join(', ') || 'nobody: its release is on the way';
      return `${buffer}, committed ${(now - since) / 1_000_000n} ms ago: ${who}`;
    });
  }
}
