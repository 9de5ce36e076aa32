/**
 * What a thread may hold, as lockdep sees it: locks of one kind are one class, and so are faults of user memory, reclaim,
 * and the promise that a fence will signal (`dma_fence_lockdep_map`).
 */
export type LockClass = string;

export const MMAP = 'mmap_lock';
export const RESERVATION = 'reservation_ww_class';
export const MODESET: LockClass = 'crtc_ww_class';
export const RECLAIM = 'fs_reclaim';
export const SIGNALLING = 'dma_fence_map';

/** `dma_resv_lockdep` (`drivers/dma-buf/dma-resv.c`): the order that all drivers have to agree on, known from the start. */
const ORDER = [MMAP, RESERVATION, RECLAIM, SIGNALLING] as const;

/** Which class was taken while which other was held, ever (`kernel/locking/lockdep.c`). */
export class LockGraph {
  readonly #after = new Map<LockClass, Set<LockClass>>();

  constructor() {
    for (const [at, before] of ORDER.entries()) {
      const next = ORDER[at + 1];
      if (next) this.#of(before).add(next);
    }
  }

  /** Learns that `next` is taken while `held` is held. Returns null, or the chain from `next` back to `held` that forbids it. */
  add(held: LockClass, next: LockClass): readonly LockClass[] | null {
    const known = this.#of(held);
    if (known.has(next)) return null;
    const chain = this.#path(next, held);
    if (!chain) known.add(next);
    return chain;
  }

  #path(from: LockClass, to: LockClass): readonly LockClass[] | null {
    const chains: LockClass[][] = [[from]];
    const seen = new Set([from]);
    for (let chain = chains.shift(); chain; chain = chains.shift()) {
      const last = chain.at(-1)!;
      if (last === to) return chain;
      for (const next of this.#after.get(last) ?? []) {
        if (seen.has(next)) continue;
        seen.add(next);
        chains.push([...chain, next]);
      }
    }
    return null;
  }

  #of(held: LockClass): Set<LockClass> {
    let known = this.#after.get(held);
    if (!known) {
      known = new Set();
      this.#after.set(held, known);
    }
    return known;
  }
}
