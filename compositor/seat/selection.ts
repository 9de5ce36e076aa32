// What can be pasted: a seat has two of these, the clipboard and the primary selection.

/** Data that somebody offers. */
export interface DataSource {
  readonly mimeTypes: readonly string[];
  /** Whoever offers the data writes it to a duplicate of `fd`, a file of the compositor's Task that stays the caller's. */
  send(mimeType: string, fd: number): void;
  /** Nobody will ask for the data any more: something else took its place. */
  cancelled(): void;
}

export interface SelectionListener {
  /** Another source, or null, is to be offered from now on. Called within the change. */
  changed(source: DataSource | null): void;
}

/** The source of what is pasted. Whoever owns the source says when it goes; the selection does not keep it alive. */
export class Selection {
  readonly #listeners = new Set<SelectionListener>();
  #source: DataSource | null = null;

  get source(): DataSource | null {
    return this.#source;
  }

  /** Puts `source` in the place of the current one, which is told. */
  set(source: DataSource | null): void {
    const before = this.#source;
    if (before === source) return;
    this.#source = source;
    before?.cancelled();
    for (const listener of [...this.#listeners]) listener.changed(source);
  }

  /** The source is gone: if it is the selection, nothing is any more. */
  withdraw(source: DataSource): void {
    if (this.#source !== source) return;
    this.#source = null;
    for (const listener of [...this.#listeners]) listener.changed(null);
  }

  observe(listener: SelectionListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}
