interface FreeRange {
  address: number;
  length: number;
}

/** First fit over a sorted list of free ranges that are joined when they touch. */
export class RangeAllocator {
  readonly #free: FreeRange[];

  constructor(start: number, length: number) {
    this.#free = [{ address: start, length }];
  }

  /** Bytes free in all. */
  get available(): number {
    return this.#free.reduce((sum, range) => sum + range.length, 0);
  }

  /** The lowest free address with `length` bytes, or null. */
  allocate(length: number): number | null {
    const at = this.#free.findIndex(range => range.length >= length);
    if (at < 0) return null;
    const { address } = this.#free[at]!;
    this.#cut(at, address, length);
    return address;
  }

  /** Takes exactly this range; false if any of it is in use. */
  allocateAt(address: number, length: number): boolean {
    const at = this.#free.findIndex(
      range => range.address <= address && address + length <= range.address + range.length,
    );
    if (at < 0) return false;
    this.#cut(at, address, length);
    return true;
  }

  free(address: number, length: number): void {
    const at = this.#firstBehind(address);
    const before = this.#free[at - 1];
    const after = this.#free[at];
    if ((before && before.address + before.length > address) || (after && address + length > after.address))
      throw new Error(`${length} bytes at ${address} were freed twice`);
    const joinsBefore = before && before.address + before.length === address;
    const joinsAfter = after && address + length === after.address;
    if (joinsBefore && joinsAfter) {
      before.length += length + after.length;
      this.#free.splice(at, 1);
    } else if (joinsBefore) before.length += length;
    else if (joinsAfter) this.#free[at] = { address, length: length + after.length };
    else this.#free.splice(at, 0, { address, length });
  }

  #firstBehind(address: number): number {
    let low = 0;
    let high = this.#free.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#free[middle]!.address < address) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #cut(at: number, address: number, length: number): void {
    const range = this.#free[at]!;
    const rest: FreeRange[] = [];
    if (range.address < address) rest.push({ address: range.address, length: address - range.address });
    const end = range.address + range.length;
    if (address + length < end) rest.push({ address: address + length, length: end - address - length });
    this.#free.splice(at, 1, ...rest);
  }
}
