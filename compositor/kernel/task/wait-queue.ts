/** Whoever waits for something in the kernel stands here; the side that changes it wakes them all. */
export class WaitQueue {
  readonly #waiters = new Set<() => void>();

  /** Calls `wake` on each wake-up until the returned function is called. */
  add(wake: () => void): () => void {
    // A function of its own per entry: the same callback may wait twice.
    const entry = () => wake();
    this.#waiters.add(entry);
    return () => this.#waiters.delete(entry);
  }

  wakeAll(): void {
    for (const wake of [...this.#waiters]) wake();
  }

  get waiting(): number {
    return this.#waiters.size;
  }
}
