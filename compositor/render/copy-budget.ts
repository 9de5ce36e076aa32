// How much time copying the shared memory of one client may take.
import { MILLISECOND, type Nanoseconds } from '../machine/machine.ts';

/**
 * Copies are paid for with this many times what they took: they get an eighth of the time at most. A large one takes a
 * frame or two from everybody, and then leaves them many; one of 1920x1080 in every frame is well within it.
 */
const PRICE = 8n;
/** How far ahead they may be paid for: a few small ones at once hold up nobody. */
const CREDIT: Nanoseconds = 16n * MILLISECOND;
/** The same where nothing could be shown otherwise, as when a window appears or is resized. */
const LOAN: Nanoseconds = 100n * MILLISECOND;

/** Of all memory of one client, whatever it divides it into. */
export class CopyBudget {
  #paidUntil: Nanoseconds = 0n;

  /** A copy was made. */
  spent(from: Nanoseconds, to: Nanoseconds): void {
    if (to === from) return;
    this.#paidUntil = (this.#paidUntil > from ? this.#paidUntil : from) + PRICE * (to - from);
  }

  /** The time from which on a copy may be made. */
  get allowsAt(): Nanoseconds {
    return this.#paidUntil - CREDIT;
  }

  allows(now: Nanoseconds): boolean {
    return now >= this.allowsAt;
  }

  /** Whether one may be made although it is not allowed, because there is nothing else to show. */
  lends(now: Nanoseconds): boolean {
    return now >= this.#paidUntil - LOAN;
  }
}
