// When commits take effect: in order per surface, all of a transaction at once, never waiting for strangers.
import type { Trace } from '../observe/trace.ts';
import type { Surface } from './surface.ts';
import type { SurfaceCommit } from './surface-state.ts';
import type { Constraint } from './synchronisation.ts';

export interface TransactionEntry {
  readonly surface: Surface;
  readonly commit: SurfaceCommit;
  /** What this commit's content waits for; null when there is nothing. */
  readonly constraint: Constraint | null;
  /** Keeps the attached buffer until the commit is applied or given up; null without a buffer. */
  readonly hold: Disposable | null;
}

/**
 * A parent's commit with the cached state of its effectively synchronised descendants. It is applied when it is first
 * in the queue of each of its surfaces and all its constraints are ready. Transactions are made in one order and wait
 * in that order everywhere, so they can't wait for each other in a circle.
 */
export class Transaction {
  #entries: TransactionEntry[];

  constructor(entries: readonly TransactionEntry[]) {
    this.#entries = [...entries];
  }

  get entries(): readonly TransactionEntry[] {
    return this.#entries;
  }

  /** What it still waits for. */
  get waitingFor(): string[] {
    return this.#entries.flatMap(({ constraint }) =>
      constraint && !constraint.ready ? [constraint.what] : [],
    );
  }

  /** Takes a surface out that is gone; the caller gives its commit back. */
  remove(surface: Surface): TransactionEntry[] {
    const removed = this.#entries.filter(entry => entry.surface === surface);
    this.#entries = this.#entries.filter(entry => entry.surface !== surface);
    return removed;
  }
}

/** The queues of all surfaces. */
export class TransactionQueues {
  readonly #queues = new Map<Surface, Transaction[]>();
  readonly #apply: (transaction: Transaction) => void;
  readonly #trace: Trace;

  constructor(trace: Trace, apply: (transaction: Transaction) => void) {
    this.#trace = trace;
    this.#apply = apply;
  }

  /** Puts a transaction into the queues of its surfaces and applies it at once if nothing holds it. */
  submit(transaction: Transaction): void {
    for (const { surface } of transaction.entries) {
      const queue = this.#queues.get(surface);
      if (queue) queue.push(transaction);
      else this.#queues.set(surface, [transaction]);
    }
    for (const { constraint } of transaction.entries)
      if (constraint && !constraint.ready) constraint.whenReady(() => this.#advance([transaction]));
    this.#advance([transaction]);
    const waiting = transaction.waitingFor;
    if (waiting.length > 0)
      this.#trace.note('transaction', `commit of ${transaction.entries[0]?.surface.label} waits`, {
        for: waiting.join(', '),
      });
  }

  /** Transactions of a surface that are not applied yet, the next one first. */
  of(surface: Surface): readonly Transaction[] {
    return this.#queues.get(surface) ?? [];
  }

  /** The surface is gone: its entries are returned to be given back, and what waited for them goes on. */
  forget(surface: Surface): TransactionEntry[] {
    const queue = this.#queues.get(surface) ?? [];
    this.#queues.delete(surface);
    const removed = queue.flatMap(transaction => transaction.remove(surface));
    for (const { constraint } of removed) constraint?.cancel();
    this.#advance(queue);
    return removed;
  }

  /** Applies what can be applied, beginning with `candidates` and going on with what these were in the way of. */
  #advance(candidates: readonly Transaction[]): void {
    const rest = [...candidates];
    for (let next = rest.shift(); next; next = rest.shift()) {
      if (!this.#isNext(next)) continue;
      const surfaces = next.entries.map(entry => entry.surface);
      for (const surface of surfaces) this.#dequeue(surface);
      this.#report(next);
      this.#apply(next);
      for (const surface of surfaces) {
        const following = this.#queues.get(surface)?.[0];
        if (following) rest.push(following);
      }
    }
  }

  #isNext(transaction: Transaction): boolean {
    return (
      transaction.entries.length > 0 &&
      transaction.entries.every(
        ({ surface, constraint }) =>
          (constraint === null || constraint.ready) && this.#queues.get(surface)?.[0] === transaction,
      )
    );
  }

  #dequeue(surface: Surface): void {
    const queue = this.#queues.get(surface);
    queue?.shift();
    if (queue?.length === 0) this.#queues.delete(surface);
  }

  #report(transaction: Transaction): void {
    for (const { surface, constraint } of transaction.entries)
      if (constraint?.error)
        this.#trace.note(
          'transaction',
          `acquire fence of ${surface.label} failed; its content is shown as it is`,
          {
            error: constraint.error,
          },
        );
  }
}
