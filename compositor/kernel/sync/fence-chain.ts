import type { Machine, Nanoseconds } from '../../machine/machine.ts';
import type { ErrnoName } from '../task/kernel-error.ts';
import { Fence } from './fence.ts';

/** Where a chain gets the context of a new timeline from: `Kernel.allocateFenceContexts`. */
export type AllocateContext = () => bigint;

/**
 * A point of a timeline (`drivers/dma-buf/dma-fence-chain.c`): signalled when its own fence and all points before it
 * are. A point that is not larger than the one before starts a new context with the larger number, so that numbers
 * never fall.
 */
export class FenceChain extends Fence {
  readonly fence: Fence;
  /** The point before in the same context; 0 for the first. */
  readonly previousPoint: bigint;
  #previous: Fence | null;
  #waiting = false;
  /** Later nodes of which this one is all that is left to wait for. */
  #followers: FenceChain[] = [];
  #error: ErrnoName | null = null;
  #latest: Nanoseconds | null = null;

  constructor(
    machine: Machine,
    allocate: AllocateContext,
    previous: Fence | null,
    fence: Fence,
    point: bigint,
  ) {
    const before = previous instanceof FenceChain ? previous : null;
    const continues = before !== null && point > before.seqno;
    super(machine, {
      driver: 'dma_fence_chain',
      timeline: 'unbound',
      context: continues ? before.context : allocate(),
      seqno: before !== null && before.seqno > point ? before.seqno : point,
    });
    this.#previous = previous;
    this.fence = fence;
    this.previousPoint = continues ? before.seqno : 0n;
  }

  override get isContainer(): boolean {
    return true;
  }

  override get signalled(): boolean {
    if (super.signalled) return true;
    if (this.#firstPending()) return false;
    this.#finish();
    return true;
  }

  override get status(): 0 | 1 | ErrnoName {
    return this.signalled ? super.status : 0;
  }

  override get timestamp(): Nanoseconds | null {
    return this.signalled ? super.timestamp : null;
  }

  /** Points have 64 bits (`use_64bit_seqno`). */
  override isLaterThan(other: Fence): boolean {
    return this.seqno > other.seqno;
  }

  /**
   * The nodes from this one back (`dma_fence_chain_for_each`); the last may be a plain fence that the timeline began
   * with. Nodes that have signalled are dropped on the way, this one excepted.
   */
  *nodes(): Generator<Fence> {
    let node: Fence | null = this;
    while (node) {
      yield node;
      node = node instanceof FenceChain ? node.walk() : null;
    }
  }

  /** The node before, after signalled ones in between have been dropped (`dma_fence_chain_walk`). */
  walk(): Fence | null {
    for (let before = this.#previous; before; before = this.#previous) {
      const own = before instanceof FenceChain ? before.fence : before;
      if (!own.signalled) return before;
      this.#note(own);
      this.#previous = before instanceof FenceChain ? before.#previous : null;
    }
    return null;
  }

  protected override enableSignalling(): void {
    if (!this.#waiting) this.#waitForNext();
  }

  protected override deadlineChanged(when: Nanoseconds): void {
    for (const node of this.nodes()) (node instanceof FenceChain ? node.fence : node).setDeadline(when);
  }

  /** What is left is the node before: to wait for that, and not for its fence, costs the same however long the chain is. */
  #waitForNext(): void {
    this.#waiting = true;
    for (;;) {
      const next = this.fence.signalled ? this.walk() : this.fence;
      if (!next) {
        this.#finish();
        return;
      }
      // Its own fence may be a chain of another timeline, which says nothing of the nodes before this one.
      if (next instanceof FenceChain && next !== this.fence) {
        next.#followers.push(this);
        if (!next.#waiting) next.#waitForNext();
        return;
      }
      if (next.addCallback(() => this.#waitForNext())) return;
    }
  }

  /** A fence of it or of a point before that has not signalled. */
  #firstPending(): Fence | null {
    for (const node of this.nodes()) {
      const own = node instanceof FenceChain ? node.fence : node;
      if (!own.signalled) return own;
      this.#note(own);
    }
    return null;
  }

  #note(fence: Fence): void {
    const { status, timestamp } = fence;
    if (this.#error === null && typeof status === 'string') this.#error = status;
    if (timestamp !== null && (this.#latest === null || timestamp > this.#latest)) this.#latest = timestamp;
  }

  /** Followers are done with it, one after the other: a recursion would be as deep as the timeline is long. */
  #finish(): void {
    const ready: FenceChain[] = [this];
    for (let node = ready.pop(); node; node = ready.pop()) {
      node.#note(node.fence);
      const followers = node.#followers;
      node.#followers = [];
      for (const follower of followers) {
        follower.#inherit(node);
        ready.push(follower);
      }
      if (node.#error !== null) node.setError(node.#error);
      node.signal(node.#latest ?? node.machine.now());
    }
  }

  #inherit(before: FenceChain): void {
    this.#note(this.fence);
    this.#error ??= before.#error;
    if (before.#latest !== null && (this.#latest === null || before.#latest > this.#latest))
      this.#latest = before.#latest;
  }
}

/** What looking up a point gives: the node to wait for, nothing left to wait for, or no such point yet. */
export type FoundPoint =
  | { readonly kind: 'fence'; readonly fence: Fence }
  | { readonly kind: 'signalled' }
  | { readonly kind: 'missing' };

/**
 * `dma_fence_chain_find_seqno`: the first node whose point is at least `point`; point 0 is the fence itself. Points
 * beyond the end are missing.
 */
export function findPoint(fence: Fence, point: bigint): FoundPoint {
  if (point === 0n) return { kind: 'fence', fence };
  if (!(fence instanceof FenceChain) || fence.seqno < point) return { kind: 'missing' };
  for (const node of fence.nodes())
    if (node.context !== fence.context || (node instanceof FenceChain && node.previousPoint < point))
      return { kind: 'fence', fence: node };
  return { kind: 'signalled' };
}
