import type { Nanoseconds } from '../../machine/machine.ts';
import type { Kernel } from '../kernel.ts';
import type { Fence } from './fence.ts';
import { ExpiringFence, PROMISE_LIFETIME } from './promised-fence.ts';

const WRAP = 0xffff_ffff;

export interface SoftwareTimelineOptions {
  /** The timeline's name in file information: whose it is. */
  name: string;
  driver?: string;
  /** How long each of its fences may stay pending; null for any time. */
  lifetime?: Nanoseconds | null;
}

/** A fence of a software timeline (`struct sync_pt`). */
export class SoftwareFence extends ExpiringFence {}

/**
 * A counter that userspace moves on, and fences at values of it (`drivers/dma-buf/sw_sync.c`), 32 bits that wrap. Unless
 * it is told otherwise its fences expire, which sw_sync's do not. Disposing it ends what is pending with ENOENT.
 */
export class SoftwareTimeline implements Disposable {
  readonly name: string;
  readonly context: bigint;
  readonly #kernel: Kernel;
  readonly #driver: string;
  readonly #lifetime: Nanoseconds | null;
  readonly #pending = new Set<{ value: number; fence: SoftwareFence }>();
  /** Of those the ones that any number of sync files may have. */
  readonly #shared = new Map<number, SoftwareFence>();
  #value = 0;

  constructor(kernel: Kernel, options: SoftwareTimelineOptions) {
    this.#kernel = kernel;
    this.name = options.name;
    this.#driver = options.driver ?? 'sw_sync';
    this.#lifetime = options.lifetime === undefined ? PROMISE_LIFETIME : options.lifetime;
    this.context = kernel.allocateFenceContexts();
  }

  get value(): number {
    return this.#value;
  }

  /**
   * A fence that signals once the counter reaches `value`; signalled already if it has. A value that is to come has one
   * fence (`sync_pt_create`), unless fences expire: then each has its own time.
   */
  createFence(value: number): Fence {
    const shared = this.#lifetime === null ? this.#shared.get(value) : undefined;
    if (shared) return shared;
    const identity = {
      driver: this.#driver,
      timeline: this.name,
      context: this.context,
      seqno: BigInt(value),
    };
    const fence = new SoftwareFence(this.#kernel.machine, identity, { lifetime: this.#lifetime });
    if (this.#reached(value)) fence.signal();
    else this.#track({ value, fence });
    return fence;
  }

  /** Moves the counter on and signals what it has reached, in the order of the values. */
  increment(by = 1): void {
    for (let rest = by; rest > 0; rest -= 0x7fff_ffff) {
      this.#value = (this.#value + Math.min(rest, 0x7fff_ffff)) & WRAP;
      const reached = [...this.#pending].filter(entry => this.#reached(entry.value));
      reached.sort((a, b) => (a.value - b.value) | 0);
      for (const entry of reached) entry.fence.signal();
    }
  }

  [Symbol.dispose](): void {
    for (const { fence } of [...this.#pending]) {
      fence.setError('ENOENT');
      fence.signal();
    }
  }

  #track(entry: { value: number; fence: SoftwareFence }): void {
    this.#pending.add(entry);
    if (this.#lifetime === null) this.#shared.set(entry.value, entry.fence);
    entry.fence.addCallback(() => {
      this.#pending.delete(entry);
      this.#shared.delete(entry.value);
    });
  }

  #reached(value: number): boolean {
    return ((this.#value - value) | 0) >= 0;
  }
}
