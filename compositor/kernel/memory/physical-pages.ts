import { BusError, PAGE_SIZE } from '../task/address-space.ts';
import { KernelError, require } from '../task/kernel-error.ts';
import type { Backing, HeldPages, Pin, PinAccess } from './backing.ts';
import { gather, inARow } from './gather.ts';
import { Islands } from './islands.ts';
import { MemoryUses } from './memory-uses.ts';
import type { PhysicalMemory, PhysicalRange } from './physical-memory.ts';
import { PresentPages } from './present-pages.ts';

const pages = (bytes: number): number => Math.ceil(bytes / PAGE_SIZE) * PAGE_SIZE;

interface Pinned {
  readonly start: number;
  readonly end: number;
}

/**
 * Memory that exists in this process alone: contiguous pages of physical memory, taken when first touched or, for
 * objects whose maker wants to know at once whether there is room, when made. A page that somebody held when a hole was
 * punched there stays his, and its successor lies elsewhere.
 */
export class PhysicalPages implements Backing {
  readonly hostDescriptor = null;
  readonly #memory: PhysicalMemory;
  /** What is pinned where the object's pages lie in a row. */
  readonly #pinned = new Set<Pinned>();
  readonly #islands: Islands;
  readonly #present = new PresentPages();
  #range: PhysicalRange | null = null;
  #size: number;
  readonly #uses = new MemoryUses(() => {
    this.#islands[Symbol.dispose]();
    this.#range?.[Symbol.dispose]();
    this.#range = null;
  });

  /** ENOMEM, when `populate` asks for the pages at once. */
  constructor(memory: PhysicalMemory, size: number, options: { populate?: boolean } = {}) {
    this.#memory = memory;
    this.#islands = new Islands(memory);
    this.#size = size;
    if (options.populate && size > 0) this.#populate(pages(size));
  }

  get size(): number {
    return this.#size;
  }

  get pins(): number {
    return this.#uses.pins + this.#islands.pins;
  }

  pin(offset: number, length: number, access: PinAccess = 'write'): Pin {
    requireInside(this.#size, offset, length);
    if (this.#islands.runLength(offset, length) < length) return this.#gathered(offset, length, access);
    return this.#islands.pin(offset, length) ?? this.#pinRange(offset, length);
  }

  hold(offset: number, length: number): readonly HeldPages[] {
    requireInside(this.#size, offset, length);
    const held: HeldPages[] = [];
    try {
      for (let at = offset; at < offset + length; ) {
        const run = this.#islands.runLength(at, offset + length - at);
        held.push(this.#held(this.#islands.pin(at, run) ?? this.#pinRange(at, run)));
        at += run;
      }
    } catch (error) {
      for (const one of held) one[Symbol.dispose]();
      throw error;
    }
    return held;
  }

  view(offset: number, length: number, write = true): Uint8Array {
    if (offset + length > pages(this.#size))
      throw new BusError(`${length} bytes at ${offset} lie beyond the end, ${this.#size}`);
    if (this.#islands.runLength(offset, length) === length) return this.#run(offset, length);
    if (write)
      throw new BusError(`bytes ${offset} to ${offset + length} are not contiguous: write them page by page`);
    const copy = new Uint8Array(length);
    this.#eachRun(offset, length, (bytes, at) => copy.set(bytes, at));
    return copy;
  }

  keep(offset: number, length: number): Disposable {
    this.#populate(offset + length);
    return this.#uses.keep();
  }

  read(target: Uint8Array, offset: number): number {
    const count = Math.max(0, Math.min(target.length, this.#size - offset));
    const present = Math.max(0, Math.min(count, (this.#range?.length ?? 0) - offset));
    this.#eachRun(offset, present, (bytes, at) => target.set(bytes, at), false);
    target.fill(0, present, count);
    return count;
  }

  write(source: Uint8Array, offset: number): number {
    const count = Math.max(0, Math.min(source.length, this.#size - offset));
    this.#eachRun(offset, count, (bytes, at) => bytes.set(source.subarray(at, at + bytes.length)));
    return count;
  }

  resize(size: number): void {
    for (const { end } of this.#pinned)
      require(end <= pages(size), 'EBUSY', () =>
        `bytes up to ${end} are pinned, the file cannot shrink to ${size}`);
    this.#islands.cut(size);
    if (size < this.#size) this.#present.remove(size, this.#size + PAGE_SIZE - size);
    const range = this.#range;
    if (range && size < this.#size)
      this.#memory.bytes.fill(0, range.address + size, range.address + range.length);
    this.#size = size;
  }

  punch(offset: number, length: number): void {
    const end = Math.min(offset + length, this.#range?.length ?? 0);
    for (let at = offset; at < end; ) {
      const next = Math.min(end, pages(at + 1));
      const whole = at % PAGE_SIZE === 0 && next - at === PAGE_SIZE;
      if (whole && this.#isPinned(at)) this.#islands.replace(at);
      else this.#run(at, next - at, false).fill(0);
      at = next;
    }
    this.#present.remove(offset, length);
  }

  populate(offset: number, length: number): void {
    this.#populate(offset + length);
    this.#present.add(offset, length);
  }

  nextPage(offset: number, present: boolean): number | null {
    return this.#present.next(offset, present);
  }

  [Symbol.dispose](): void {
    this.#uses[Symbol.dispose]();
  }

  #pinRange(offset: number, length: number): Pin {
    const range = this.#populate(offset + length);
    this.#present.add(offset, length);
    const pinned: Pinned = { start: offset, end: offset + length };
    this.#pinned.add(pinned);
    const counted = this.#uses.pin(() => this.#pinned.delete(pinned));
    return { address: range.address + offset, length, ...counted };
  }

  /** Of pages that lie apart: they are held, whatever becomes of the object meanwhile. */
  #gathered(offset: number, length: number, access: PinAccess): Pin {
    const held = this.hold(offset, length);
    const release = (): void => {
      for (const one of held) one[Symbol.dispose]();
    };
    try {
      const copy = gather(this.#memory, inARow(held), length, access);
      const counted = this.#uses.pin(() => {
        copy[Symbol.dispose]();
        release();
      });
      return { address: copy.address, length, ...counted };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** The pages of a pin, wherever the object has others by now. */
  #held(pin: Pin): HeldPages {
    const { bytes } = this.#memory;
    const at = (offset: number, length: number) =>
      bytes.subarray(pin.address + offset, pin.address + offset + Math.min(length, pin.length - offset));
    const nothing = () => {};
    return {
      length: pin.length,
      host: null,
      pin: (offset, length) => ({ address: pin.address + offset, length, [Symbol.dispose]: nothing }),
      view: at,
      keep: () => ({ [Symbol.dispose]: nothing }),
      read: (target, offset) => {
        const found = at(offset, target.length);
        target.set(found);
        return found.length;
      },
      write: (source, offset) => {
        const found = at(offset, source.length);
        found.set(source.subarray(0, found.length));
        return found.length;
      },
      [Symbol.dispose]: () => pin[Symbol.dispose](),
    };
  }

  #isPinned(offset: number): boolean {
    if (this.#islands.has(offset)) return this.#islands.isPinned(offset);
    for (const { start, end } of this.#pinned) if (start < offset + PAGE_SIZE && offset < end) return true;
    return false;
  }

  /** The live bytes of what lies in a row. */
  #run(offset: number, length: number, touches = true): Uint8Array {
    const island = this.#islands.addressOf(offset);
    const address = island ?? this.#populate(offset + length).address + offset;
    if (touches) this.#present.add(offset, length);
    return this.#memory.bytes.subarray(address, address + length);
  }

  #eachRun(
    offset: number,
    length: number,
    visit: (bytes: Uint8Array, at: number) => void,
    touches = true,
  ): void {
    for (let at = 0; at < length; ) {
      const run = this.#islands.runLength(offset + at, length - at);
      visit(this.#run(offset + at, run, touches), at);
      at += run;
    }
  }

  /** Has pages up to `end`. Pages that are pinned or mapped can't move, so behind those it can only be extended. */
  #populate(end: number): PhysicalRange {
    const range = this.#range;
    if (range && end <= range.length) return range;
    const wanted = Math.max(pages(end), pages(this.#size));
    if (range?.extend(wanted)) return range;
    if (range && this.#uses.any)
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
}

/** A pin covers whole pages of the object at most. EINVAL. */
export function requireInside(size: number, offset: number, length: number): void {
  require(Number.isSafeInteger(offset) &&
    Number.isSafeInteger(length) &&
    offset >= 0 &&
    length > 0, 'EINVAL', () => `a range of ${length} bytes at ${offset}`);
  require(offset + length <= pages(size), 'EINVAL', () => `bytes ${offset} to ${offset + length} of ${size}`);
}
