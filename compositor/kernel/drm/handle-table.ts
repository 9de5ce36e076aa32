/** Handles of one open file: small numbers from 1 up, the lowest free one first, as `idr_alloc(.., 1, 0)` gives them. */
export class HandleTable<T> {
  readonly #slots: (T | undefined)[] = [];
  #lowestFree = 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  insert(value: T): number {
    let handle = this.#lowestFree;
    while (this.#slots[handle] !== undefined) handle++;
    this.#slots[handle] = value;
    this.#lowestFree = handle + 1;
    this.#size++;
    return handle;
  }

  /** Puts a value at a number of the caller's choice; false when that is taken. */
  insertAt(handle: number, value: T): boolean {
    if (this.#slots[handle] !== undefined) return false;
    this.#slots[handle] = value;
    this.#size++;
    return true;
  }

  get(handle: number): T | undefined {
    return this.#slots[handle];
  }

  remove(handle: number): T | undefined {
    const value = this.#slots[handle];
    if (value === undefined) return undefined;
    this.#slots[handle] = undefined;
    this.#size--;
    if (handle < this.#lowestFree) this.#lowestFree = handle;
    return value;
  }

  *entries(): IterableIterator<[number, T]> {
    for (const [handle, value] of this.#slots.entries()) if (value !== undefined) yield [handle, value];
  }

  /** Empties the table, giving what was in it in the order of the handles. */
  takeAll(): [number, T][] {
    const all = [...this.entries()];
    for (const [handle] of all) this.remove(handle);
    return all;
  }
}
