import type { AddressSpace } from './address-space.ts';

const SLOT = 1024;
const SLOTS = 64;

/** Borrowed memory; `release` gives it back. */
export interface Slot {
  readonly address: bigint;
  release(): void;
}

/** Before any is taken. */
export const NO_SLOT: Slot = { address: 0n, release: () => {} };

/**
 * A process's memory for the arguments of its system calls, as its stack would hold them: slots of one mapping for
 * what is small, a mapping of its own for what is not.
 */
export class Scratch {
  readonly #memory: AddressSpace;
  #base: bigint | null = null;
  readonly #free: bigint[] = [];

  constructor(memory: AddressSpace) {
    this.#memory = memory;
  }

  /** Borrows `length` bytes. */
  take(length: number): Slot {
    if (length > SLOT) {
      const address = this.#memory.mapAnonymous(length);
      return { address, release: () => this.#memory.unmap(address, length) };
    }
    this.#prepare();
    const address = this.#free.pop();
    if (address === undefined) {
      const own = this.#memory.mapAnonymous(SLOT);
      return { address: own, release: () => this.#memory.unmap(own, SLOT) };
    }
    return { address, release: () => this.#free.push(address) };
  }

  #prepare(): void {
    if (this.#base !== null) return;
    this.#base = this.#memory.mapAnonymous(SLOT * SLOTS);
    for (let slot = SLOTS - 1; slot >= 0; slot--) this.#free.push(this.#base + BigInt(slot * SLOT));
  }
}
