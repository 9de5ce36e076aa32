import type { Machine, Nanoseconds } from '../../machine/machine.ts';
import type { ErrnoName } from '../task/kernel-error.ts';
import { Fence } from './fence.ts';

/**
 * Several fences as one (`drivers/dma-buf/dma-fence-array.c`): signalled when all of them are, with the error of the
 * first that failed. It finds out by looking until somebody waits for it.
 */
export class FenceArray extends Fence {
  readonly fences: readonly Fence[];
  #armed = false;
  #pending = 0;
  #error: ErrnoName | null = null;

  /** `context` is one of its own, from `Kernel.allocateFenceContexts`. */
  constructor(machine: Machine, context: bigint, fences: readonly Fence[]) {
    super(machine, { driver: 'dma_fence_array', timeline: 'unbound', context, seqno: 1n });
    this.fences = fences;
  }

  override get isContainer(): boolean {
    return true;
  }

  override get signalled(): boolean {
    if (super.signalled) return true;
    if (this.#armed || this.fences.some(fence => !fence.signalled)) return false;
    this.#finish();
    return true;
  }

  override get status(): 0 | 1 | ErrnoName {
    return this.signalled ? super.status : 0;
  }

  override get timestamp(): Nanoseconds | null {
    return this.signalled ? super.timestamp : null;
  }

  protected override enableSignalling(): void {
    if (this.#armed) return;
    this.#armed = true;
    this.#pending = 1;
    for (const fence of this.fences) if (fence.addCallback(() => this.#memberDone(fence))) this.#pending++;
    for (const fence of this.fences) this.#noteError(fence);
    if (--this.#pending === 0) this.#finish();
  }

  protected override deadlineChanged(when: Nanoseconds): void {
    for (const fence of this.fences) fence.setDeadline(when);
  }

  #memberDone(fence: Fence): void {
    this.#noteError(fence);
    if (--this.#pending === 0) this.#finish();
  }

  #noteError(fence: Fence): void {
    const { status } = fence;
    if (this.#error === null && typeof status === 'string') this.#error = status;
  }

  /** Its time is that of the last member, whenever that was noticed. */
  #finish(): void {
    for (const fence of this.fences) this.#noteError(fence);
    if (this.#error !== null) this.setError(this.#error);
    this.signal(latest(this.fences) ?? this.machine.now());
  }
}

/** When the last of these signalled; null if none has. */
export function latest(fences: readonly Fence[]): Nanoseconds | null {
  let time: Nanoseconds | null = null;
  for (const { timestamp } of fences)
    if (timestamp !== null && (time === null || timestamp > time)) time = timestamp;
  return time;
}
