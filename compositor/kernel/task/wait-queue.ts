/** Whoever waits for something in the kernel stands here; the side that changes it wakes them all. */
export class WaitQueue {
  readonly #waiters = new Set<(events: number) => void>();

  /** Calls `wake` on each wake-up, with the events it is for, until the returned function is called. */
  add(wake: (events: number) => void): () => void {
    // A function of its own per entry: the same callback may wait twice.
    const entry = (events: number) => wake(events);
    this.#waiters.add(entry);
    return () => this.#waiters.delete(entry);
  }

  /** `events` are poll's, when the waker knows them; 0: any. */
  wakeAll(events = 0): void {
    for (const wake of [...this.#waiters]) wake(events);
  }

  get waiting(): number {
    return this.#waiters.size;
  }
}
