import type { Machine, Nanoseconds } from '../../machine/machine.ts';
import type { ErrnoName } from '../task/kernel-error.ts';

export type FenceState =
  | { readonly kind: 'pending'; readonly error: ErrnoName | null }
  | { readonly kind: 'signalled'; readonly error: ErrnoName | null; readonly timestamp: Nanoseconds };

export interface FenceIdentity {
  /** `get_driver_name` and `get_timeline_name` of the fence's operations. */
  readonly driver: string;
  readonly timeline: string;
  /** Timelines of one kernel have different contexts; fences of one context signal in the order of their numbers. */
  readonly context: bigint;
  readonly seqno: bigint;
}

/**
 * A dma-fence (`drivers/dma-buf/dma-fence.c`): a promise of the hardware, or of the part of the kernel that stands for
 * it, that signals exactly once. Whoever makes one must see to it that it signals in reasonable time.
 */
export class Fence {
  readonly driver: string;
  readonly timeline: string;
  readonly context: bigint;
  readonly seqno: bigint;
  protected readonly machine: Machine;
  #state: FenceState = { kind: 'pending', error: null };
  #callbacks: Set<() => void> | null = null;
  #deadline: Nanoseconds | null = null;

  constructor(machine: Machine, identity: FenceIdentity) {
    this.machine = machine;
    this.driver = identity.driver;
    this.timeline = identity.timeline;
    this.context = identity.context;
    this.seqno = identity.seqno;
  }

  get state(): FenceState {
    return this.#state;
  }

  /** Whether it has signalled; kinds of fences that can find that out by looking override it. */
  get signalled(): boolean {
    return this.#state.kind === 'signalled';
  }

  /** `dma_fence_get_status`: 0 pending, 1 signalled, or the error it signalled with. */
  get status(): 0 | 1 | ErrnoName {
    if (!this.signalled || this.#state.kind === 'pending') return 0;
    return this.#state.error ?? 1;
  }

  /** When it signalled, in CLOCK_MONOTONIC nanoseconds; null while pending. */
  get timestamp(): Nanoseconds | null {
    return this.#state.kind === 'signalled' ? this.#state.timestamp : null;
  }

  /** The earliest time by which somebody wants it: a hint, no promise. */
  get deadline(): Nanoseconds | null {
    return this.#deadline;
  }

  /** `dma_fence_set_deadline`. */
  setDeadline(when: Nanoseconds): void {
    if (this.signalled || (this.#deadline !== null && this.#deadline <= when)) return;
    this.#deadline = when;
    this.deadlineChanged(when);
  }

  /** For drivers that can hurry. */
  protected deadlineChanged(_when: Nanoseconds): void {}

  /** `dma_fence_set_error`: only before it signals; ignored afterwards. */
  setError(error: ErrnoName): void {
    if (this.#state.kind === 'pending') this.#state = { kind: 'pending', error };
  }

  /** `dma_fence_signal_timestamp`: false, and no effect, if it has signalled before (Linux: -EINVAL). */
  signal(timestamp: Nanoseconds = this.machine.now()): boolean {
    if (this.#state.kind === 'signalled') return false;
    this.#state = { kind: 'signalled', error: this.#state.error, timestamp };
    const callbacks = this.#callbacks;
    this.#callbacks = null;
    if (callbacks) for (const callback of callbacks) callback();
    return true;
  }

  /**
   * `dma_fence_add_callback`: runs `callback` in the signalling context. Returns how to take it back, or null if the
   * fence has signalled already (Linux: -ENOENT); the caller then goes on by itself.
   */
  addCallback(callback: () => void): (() => void) | null {
    if (this.signalled) return null;
    this.enableSignalling();
    if (this.signalled) return null;
    this.#callbacks ??= new Set();
    const entry = () => callback();
    this.#callbacks.add(entry);
    return () => this.#callbacks?.delete(entry);
  }

  /** For fences that only find out when asked to (`enable_signaling`). */
  protected enableSignalling(): void {}

  /**
   * Of two fences of one context (`dma_fence_is_later`): numbers wrap around at 32 bits, unless the timeline has 64 of
   * them and says so by overriding it.
   */
  isLaterThan(other: Fence): boolean {
    return BigInt.asIntN(32, this.seqno - other.seqno) > 0n;
  }

  /** Whether it only stands for other fences (an array, a chain); containers may not be put into a reservation. */
  get isContainer(): boolean {
    return false;
  }

  /** For people: driver, timeline, context, number, and how it stands. */
  describe(): string {
    const { status } = this;
    const state = status === 0 ? 'pending' : status === 1 ? 'signalled' : `signalled with ${status}`;
    return `${this.driver}-${this.timeline} ${this.context}:${this.seqno} (${state})`;
  }
}
