import { BusError } from '../task/address-space.ts';
import { KernelError } from '../task/kernel-error.ts';
import type { Backing, HeldPages, Pin, PinAccess } from './backing.ts';
import { gather, type Scattered } from './gather.ts';
import { heldRange } from './held-range.ts';
import { MemoryUses } from './memory-uses.ts';
import type { PhysicalMemory } from './physical-memory.ts';
import { requireInside } from './physical-pages.ts';

/** A range of somebody's memory, whole pages. */
export interface PageSource {
  readonly backing: Backing;
  readonly offset: number;
  readonly length: number;
}

interface Segment {
  /** Where in the list it begins. */
  readonly start: number;
  /** Held for as long as the list lives. */
  readonly pages: HeldPages;
}

/** Neighbours that follow each other in the same memory are one range. */
function joined(sources: readonly PageSource[]): PageSource[] {
  const ranges: PageSource[] = [];
  for (const source of sources) {
    const last = ranges.at(-1);
    if (last && last.backing === source.backing && last.offset + last.length === source.offset)
      ranges[ranges.length - 1] = { ...last, length: last.length + source.length };
    else ranges.push(source);
  }
  return ranges;
}

/**
 * Pages of other memory objects in a row, held for as long as it lives. A pin or view that stays in one range is that
 * memory itself; over a border between two, an engine gets a copy that is written back, and the CPU can only read.
 */
export class PageList implements Backing {
  readonly size: number;
  readonly #memory: PhysicalMemory;
  readonly #segments: readonly Segment[];
  readonly #uses = new MemoryUses(() => {
    for (const { pages } of this.#segments) pages[Symbol.dispose]();
  });

  /** ENOMEM. */
  constructor(memory: PhysicalMemory, sources: readonly PageSource[]) {
    this.#memory = memory;
    const segments: Segment[] = [];
    let start = 0;
    try {
      for (const source of joined(sources)) {
        // Counts as a pin: their memory must not be sealed against writing, moved or cut.
        for (const pages of source.backing.hold(source.offset, source.length)) {
          segments.push({ start, pages });
          start += pages.length;
        }
      }
    } catch (error) {
      for (const segment of segments) segment.pages[Symbol.dispose]();
      throw error;
    }
    this.#segments = segments;
    this.size = start;
  }

  get pins(): number {
    return this.#uses.pins;
  }

  /** As `hostRange`, where the list begins with its file. */
  get hostDescriptor(): number | null {
    const range = this.hostRange();
    return range?.offset === 0n ? range.fd : null;
  }

  /** The real descriptor and the offset of a list that is one range of one file. */
  hostRange(): { fd: number; offset: bigint } | null {
    const only = this.#segments.length === 1 ? this.#segments[0] : undefined;
    const host = only?.pages.host;
    return host ? { fd: host.fd, offset: BigInt(host.offset) } : null;
  }

  pin(offset: number, length: number, access: PinAccess = 'write'): Pin {
    requireInside(this.size, offset, length);
    const segment = this.#segmentOf(offset, length);
    const pin = segment
      ? segment.pages.pin(offset - segment.start, length, access)
      : gather(this.#memory, this.#scattered(offset), length, access);
    const counted = this.#uses.pin(() => pin[Symbol.dispose]());
    return { address: pin.address, length, ...counted };
  }

  hold(offset: number, length: number): readonly HeldPages[] {
    requireInside(this.size, offset, length);
    const counted = this.#uses.pin();
    return [heldRange(this, offset, length, () => counted[Symbol.dispose]())];
  }

  view(offset: number, length: number, write: boolean): Uint8Array {
    if (offset + length > this.size)
      throw new BusError(`${length} bytes at ${offset} lie beyond the end, ${this.size}`);
    const segment = this.#segmentOf(offset, length);
    if (segment) return segment.pages.view(offset - segment.start, length, write);
    if (write)
      throw new BusError(
        `bytes ${offset} to ${offset + length} are not contiguous: write them range by range`,
      );
    const copy = new Uint8Array(length);
    this.read(copy, offset);
    return copy;
  }

  keep(offset: number, length: number): Disposable {
    const kept = [...this.#parts(offset, length)].map(part =>
      part.segment.pages.keep(part.offset - part.segment.start, part.length),
    );
    return {
      [Symbol.dispose]: () => {
        for (const one of kept.splice(0)) one[Symbol.dispose]();
      },
    };
  }

  read(target: Uint8Array, offset: number): number {
    let done = 0;
    for (const { segment, offset: at, length } of this.#parts(offset, target.length))
      done += segment.pages.read(target.subarray(at - offset, at - offset + length), at - segment.start);
    return done;
  }

  write(source: Uint8Array, offset: number): number {
    let done = 0;
    for (const { segment, offset: at, length } of this.#parts(offset, source.length))
      done += segment.pages.write(source.subarray(at - offset, at - offset + length), at - segment.start);
    return done;
  }

  resize(): void {
    throw new KernelError('EINVAL', 'a list of pages has a fixed size');
  }

  punch(): void {
    throw new KernelError('EINVAL', 'a list of pages has no holes');
  }

  [Symbol.dispose](): void {
    this.#uses[Symbol.dispose]();
  }

  #scattered(offset: number): Scattered {
    return { read: target => this.read(target, offset), write: source => this.write(source, offset) };
  }

  #segmentOf(offset: number, length: number): Segment | undefined {
    return this.#segments.find(
      ({ start, pages }) => start <= offset && offset + length <= start + pages.length,
    );
  }

  *#parts(offset: number, length: number): Generator<{ segment: Segment; offset: number; length: number }> {
    const end = Math.min(offset + length, this.size);
    for (const segment of this.#segments) {
      const from = Math.max(offset, segment.start);
      const to = Math.min(end, segment.start + segment.pages.length);
      if (from < to) yield { segment, offset: from, length: to - from };
    }
  }
}
