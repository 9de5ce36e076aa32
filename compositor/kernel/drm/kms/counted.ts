/**
 * A kernel object with a reference count (`struct kref`): it starts with its maker's reference and goes with the last.
 */
export abstract class Counted {
  #references = 1;

  get references(): number {
    return this.#references;
  }

  get(): this {
    if (this.#references === 0) throw new Error('a freed kernel object was taken again');
    this.#references++;
    return this;
  }

  put(): void {
    if (this.#references === 0) throw new Error('a kernel object was dropped once too often');
    if (--this.#references === 0) this.freed();
  }

  /** The last reference is gone. */
  protected abstract freed(): void;
}
