/** Functions to be told of something, each until it is disposed. */
export class Listeners<Args extends readonly unknown[]> {
  readonly #listeners = new Set<(...args: Args) => void>();

  add(listener: (...args: Args) => void): Disposable {
    // A function of its own, so that the same one can be added twice.
    const entry = (...args: Args): void => listener(...args);
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }

  notify(...args: Args): void {
    for (const listener of this.#listeners) listener(...args);
  }
}
