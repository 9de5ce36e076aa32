import { PAGE_SIZE } from '../task/address-space.ts';
import type { Pin } from './backing.ts';
import type { PhysicalMemory, PhysicalRange } from './physical-memory.ts';

/** A page that lies apart, for as long as the object has it or somebody has it pinned. */
interface Island {
  readonly range: PhysicalRange;
  pins: number;
  /** The object has it still. */
  current: boolean;
}

/** The pages of an object that do not lie with the others, because others hold what was there before. */
export class Islands implements Disposable {
  readonly #memory: PhysicalMemory;
  /** By the number of the page. */
  readonly #pages = new Map<number, Island>();
  #pins = 0;

  constructor(memory: PhysicalMemory) {
    this.#memory = memory;
  }

  get pins(): number {
    return this.#pins;
  }

  /** How many of `length` bytes from `offset` lie in a row. */
  runLength(offset: number, length: number): number {
    if (this.#pages.size === 0) return length;
    const toEnd = PAGE_SIZE - (offset % PAGE_SIZE);
    if (this.has(offset)) return Math.min(length, toEnd);
    let run = Math.min(length, toEnd);
    while (run < length && !this.has(offset + run)) run = Math.min(length, run + PAGE_SIZE);
    return run;
  }

  has(offset: number): boolean {
    return this.#pages.has(Math.floor(offset / PAGE_SIZE));
  }

  isPinned(offset: number): boolean {
    return (this.#pages.get(Math.floor(offset / PAGE_SIZE))?.pins ?? 0) > 0;
  }

  /** Where a byte is, if its page lies apart. */
  addressOf(offset: number): number | null {
    const island = this.#pages.get(Math.floor(offset / PAGE_SIZE));
    return island ? island.range.address + (offset % PAGE_SIZE) : null;
  }

  /** Pins bytes of one page, if that lies apart. */
  pin(offset: number, length: number): Pin | null {
    const island = this.#pages.get(Math.floor(offset / PAGE_SIZE));
    if (!island) return null;
    island.pins++;
    this.#pins++;
    let held = true;
    return {
      address: island.range.address + (offset % PAGE_SIZE),
      length,
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        island.pins--;
        this.#pins--;
        freeIfUnused(island);
      },
    };
  }

  /** Gives the object a new page of zeros in place of the one it has. ENOMEM. */
  replace(offset: number): void {
    const range = this.#memory.allocate(PAGE_SIZE);
    this.#drop(Math.floor(offset / PAGE_SIZE));
    this.#pages.set(Math.floor(offset / PAGE_SIZE), { range, pins: 0, current: true });
  }

  /** Drops what lies beyond `size`, and clears the rest of the last page. */
  cut(size: number): void {
    for (const [page, { range }] of this.#pages) {
      const inside = size - page * PAGE_SIZE;
      if (inside <= 0) this.#drop(page);
      else if (inside < PAGE_SIZE)
        this.#memory.bytes.fill(0, range.address + inside, range.address + PAGE_SIZE);
    }
  }

  [Symbol.dispose](): void {
    for (const page of [...this.#pages.keys()]) this.#drop(page);
  }

  #drop(page: number): void {
    const island = this.#pages.get(page);
    if (!island) return;
    this.#pages.delete(page);
    island.current = false;
    freeIfUnused(island);
  }
}

function freeIfUnused(island: Island): void {
  if (!island.current && island.pins === 0) island.range[Symbol.dispose]();
}
