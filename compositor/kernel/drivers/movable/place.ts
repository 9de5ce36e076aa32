import type { Place } from '../../dma-buf/move.ts';
import type { Kernel } from '../../kernel.ts';
import { RangeAllocator } from '../../memory/range-allocator.ts';
import { PAGE_SIZE } from '../../task/address-space.ts';

/** The memory of the card, or of the computer (`TTM_PL_VRAM`, `TTM_PL_SYSTEM`). */
export type Domain = 'vram' | 'system';

/** Pages that a buffer has. */
export class OwnedPlace implements Place, Disposable {
  readonly domain: Domain;
  readonly address: number;
  readonly #free: () => void;
  #state: 'live' | 'left' | 'freed' = 'live';

  constructor(domain: Domain, address: number, free: () => void) {
    this.domain = domain;
    this.address = address;
    this.#free = free;
  }

  get live(): boolean {
    return this.#state === 'live';
  }

  /** The buffer is elsewhere; the pages are not free yet. */
  leave(): void {
    if (this.#state === 'live') this.#state = 'left';
  }

  [Symbol.dispose](): void {
    if (this.#state === 'freed') return;
    this.#state = 'freed';
    this.#free();
  }
}

/** Zeroed pages anywhere. ENOMEM. */
export function systemPlace({ memory }: Kernel, bytes: number): OwnedPlace {
  const range = memory.allocate(bytes);
  return new OwnedPlace('system', range.address, () => range[Symbol.dispose]());
}

/** The memory of a card: a range of physical memory that is handed out in parts. */
export class Vram implements Disposable {
  readonly bytes: number;
  readonly #kernel: Kernel;
  readonly #range: Disposable;
  readonly #parts: RangeAllocator;

  /** ENOMEM. */
  constructor(kernel: Kernel, bytes: number) {
    const range = kernel.memory.allocate(bytes);
    this.#kernel = kernel;
    this.#range = range;
    this.bytes = range.length;
    this.#parts = new RangeAllocator(range.address, range.length);
  }

  /** Bytes that nobody has. */
  get available(): number {
    return this.#parts.available;
  }

  /** Zeroed pages; null when there is no room in a row. */
  place(bytes: number): OwnedPlace | null {
    const length = Math.ceil(bytes / PAGE_SIZE) * PAGE_SIZE;
    const address = this.#parts.allocate(length);
    if (address === null) return null;
    this.#kernel.memory.bytes.fill(0, address, address + length);
    return new OwnedPlace('vram', address, () => this.#parts.free(address, length));
  }

  [Symbol.dispose](): void {
    this.#range[Symbol.dispose]();
  }
}
