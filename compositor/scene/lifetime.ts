// Reference counting with names: whoever keeps something alive can be asked for.

/** Something that several parties keep: it ends when the last hold is disposed, exactly once. */
export class Lifetime {
  readonly #holders = new Map<object, string>();
  #listeners: (() => void)[] = [];
  #ended = false;

  /** Takes a reference; disposing the result twice does nothing. Throws once the thing has ended. */
  hold(consumer: string): Disposable {
    if (this.#ended) throw new Error(`${consumer} holds what has already ended`);
    const reference: Disposable = { [Symbol.dispose]: () => this.#drop(reference) };
    this.#holders.set(reference, consumer);
    return reference;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Who holds it, oldest first. */
  get holders(): string[] {
    return [...this.#holders.values()];
  }

  /** Calls `listener` when the last hold is gone; at once if it already is. */
  whenEnded(listener: () => void): void {
    if (this.#ended) listener();
    else this.#listeners.push(listener);
  }

  #drop(reference: object): void {
    if (!this.#holders.delete(reference) || this.#holders.size > 0) return;
    this.#ended = true;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }
}
