/** Handles of one open file: small numbers from 1 up, the lowest free one first, as `idr_alloc(.., 1, 0)` gives them. */
export class HandleTable<T> {
  readonly #values = new Map<number, T>();
  #lowestFree = 1;

  get size(): number {
    return this.#values.size;
  }

  insert(value: T): number {
    let handle = this.#lowestFree;
    while (this.#values.has(handle)) handle++;
    this.#values.set(handle, value);
    this.#lowestFree = handle + 1;
    return handle;
  }

  /** Puts a value at a number of the caller's choice; false when that is taken. */
  insertAt(handle: number, value: T): boolean {
    if (this.#values.has(handle)) return false;
    this.#values.set(handle, value);
    return true;
  }

  /** `idr_replace`: another value for a number that stays taken. */
  replace(handle: number, value: T): void {
    if (this.#values.has(handle)) this.#values.set(handle, value);
  }

  get(handle: number): T | undefined {
    return this.#values.get(handle);
  }

  /** Takes a handle out and gives what it named. */
  remove(handle: number): T | undefined {
    const value = this.#values.get(handle);
    if (!this.#values.delete(handle)) return undefined;
    this.free(handle);
    return value;
  }

  *entries(): IterableIterator<[number, T]> {
    yield* this.#values.entries();
  }

  /** Empties the table, giving what was in it in the order of the handles. */
  takeAll(): [number, T][] {
    const all = [...this.#values].sort(([a], [b]) => a - b);
    this.#values.clear();
    this.#lowestFree = 1;
    return all;
  }

  /** Lets a number be handed out (again). */
  protected free(handle: number): void {
    if (handle < this.#lowestFree) this.#lowestFree = handle;
  }
}
