type Waiter = (events: number) => void;

/** Whoever waits for something in the kernel stands here; the side that changes it wakes them all. */
export class WaitQueue {
  /** Made for the first who waits: most objects are never waited for. */
  #waiters: Set<Waiter> | null = null;

  /** Calls `wake` on each wake-up, with the events it is for, until the returned function is called. */
  add(wake: Waiter): () => void {
    // A function of its own per entry: the same callback may wait twice.
    const entry = (events: number) => wake(events);
    this.#waiters ??= new Set();
    this.#waiters.add(entry);
    return () => this.#waiters?.delete(entry);
  }

  /** `events` are poll's, when the waker knows them; 0: any. */
  wakeAll(events = 0): void {
    if (this.waiting > 0) for (const wake of [...this.#waiters!]) wake(events);
  }

  get waiting(): number {
    return this.#waiters?.size ?? 0;
  }
}
