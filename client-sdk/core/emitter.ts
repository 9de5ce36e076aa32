/** Listeners by event; disposing of what `on` returns removes one. */
export class Emitter<Events extends { [event: string]: readonly unknown[] }> {
  readonly #listeners = new Map<keyof Events, Set<(...args: never) => void>>();

  on<E extends keyof Events>(event: E, listener: (...args: Events[E]) => void): Disposable {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  }

  emit<E extends keyof Events>(event: E, ...args: Events[E]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])])
      (listener as (...args: Events[E]) => void)(...args);
  }
}
