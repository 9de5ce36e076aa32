import { BusError, PAGE_SIZE } from '../task/address-space.ts';
import { KernelError, require } from '../task/kernel-error.ts';
import type { Backing, Pin } from './backing.ts';
import type { PhysicalMemory, PhysicalRange } from './physical-memory.ts';

const pages = (bytes: number): number => Math.ceil(bytes / PAGE_SIZE) * PAGE_SIZE;

/**
 * Memory that exists in this process alone: contiguous pages of physical memory, taken when first touched or, for
 * objects whose maker wants to know at once whether there is room, when made.
 */
export class PhysicalPages implements Backing {
  readonly hostDescriptor = null;
  readonly #memory: PhysicalMemory;
  /** Ends of what is pinned. */
  readonly #pinned = new Set<{ readonly end: number }>();
  #range: PhysicalRange | null = null;
  #size: number;
  #kept = 0;
  #disposed = false;

  /** ENOMEM, when `populate` asks for the pages at once. */
  constructor(memory: PhysicalMemory, size: number, options: { populate?: boolean } = {}) {
    this.#memory = memory;
    this.#size = size;
    if (options.populate && size > 0) this.#populate(pages(size));
  }

  get size(): number {
    return this.#size;
  }

  get pins(): number {
    return this.#pinned.size;
  }

  pin(offset: number, length: number): Pin {
    requireInside(this.#size, offset, length);
    const range = this.#populate(offset + length);
    const held = { end: offset + length };
    this.#pinned.add(held);
    return {
      address: range.address + offset,
      length,
      [Symbol.dispose]: () => {
        if (this.#pinned.delete(held)) this.#freeIfUnused();
      },
    };
  }

  hold(offset: number, length: number): Disposable {
    return this.pin(offset, length);
  }

  view(offset: number, length: number): Uint8Array {
    if (offset + length > pages(this.#size))
      throw new BusError(`${length} bytes at ${offset} lie beyond the end, ${this.#size}`);
    const { address } = this.#populate(offset + length);
    return this.#memory.bytes.subarray(address + offset, address + offset + length);
  }

  keep(offset: number, length: number): Disposable {
    this.#populate(offset + length);
    this.#kept++;
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        this.#kept--;
        this.#freeIfUnused();
      },
    };
  }

  read(target: Uint8Array, offset: number): number {
    const count = Math.max(0, Math.min(target.length, this.#size - offset));
    const present = Math.max(0, Math.min(count, (this.#range?.length ?? 0) - offset));
    if (present > 0) target.set(this.view(offset, present));
    target.fill(0, present, count);
    return count;
  }

  write(source: Uint8Array, offset: number): number {
    const count = Math.max(0, Math.min(source.length, this.#size - offset));
    if (count > 0) this.view(offset, count).set(source.subarray(0, count));
    return count;
  }

  resize(size: number): void {
    for (const { end } of this.#pinned)
      require(end <=
        pages(size), 'EBUSY', `bytes up to ${end} are pinned, the file cannot shrink to ${size}`);
    const range = this.#range;
    if (range && size < this.#size)
      this.#memory.bytes.fill(0, range.address + size, range.address + range.length);
    this.#size = size;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#freeIfUnused();
  }

  /** Has pages up to `end`. Pages that are pinned or mapped can't move, so behind those it can only be extended. */
  #populate(end: number): PhysicalRange {
    const range = this.#range;
    if (range && end <= range.length) return range;
    const wanted = Math.max(pages(end), pages(this.#size));
    if (range?.extend(wanted)) return range;
    if (range && (this.#pinned.size > 0 || this.#kept > 0))
      throw new KernelError(
        'ENOMEM',
        'the file has grown, its pages are in use and there is no room behind them',
      );
    this.#range = this.#memory.allocate(wanted);
    if (range) {
      this.#memory.bytes.copyWithin(this.#range.address, range.address, range.address + range.length);
      range[Symbol.dispose]();
    }
    return this.#range;
  }

  #freeIfUnused(): void {
    if (!this.#disposed || this.#pinned.size > 0 || this.#kept > 0) return;
    this.#range?.[Symbol.dispose]();
    this.#range = null;
  }
}

/** A pin covers whole pages of the object at most. EINVAL. */
export function requireInside(size: number, offset: number, length: number): void {
  require(Number.isSafeInteger(offset) &&
    Number.isSafeInteger(length) &&
    offset >= 0 &&
    length > 0, 'EINVAL', () => `a range of ${length} bytes at ${offset}`);
  require(offset + length <= pages(size), 'EINVAL', () => `bytes ${offset} to ${offset + length} of ${size}`);
}
