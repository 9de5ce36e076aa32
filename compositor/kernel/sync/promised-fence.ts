import type { Machine, Nanoseconds, Timer } from '../../machine/machine.ts';
import { SECOND } from '../../machine/machine.ts';
import type { ErrnoName } from '../task/kernel-error.ts';
import { Fence, type FenceIdentity } from './fence.ts';

/** How long userspace may take over a fence that it has promised to signal (`drivers/gpu/drm/vgem/vgem_fence.c`). */
export const PROMISE_LIFETIME: Nanoseconds = 10n * SECOND;

export interface PromiseOptions {
  /** Default `PROMISE_LIFETIME`; null for a promise that nobody holds the process to. */
  lifetime?: Nanoseconds | null;
  /** What it signals with when its time is up; null for no error. Default ETIMEDOUT. */
  error?: ErrnoName | null;
}

/**
 * A fence that a process has promised to signal. Others, memory management among them, may wait for it, so it does not
 * wait for ever: when its time is up it signals by itself.
 */
export class ExpiringFence extends Fence {
  readonly #expiry: Timer | null;
  #expired = false;

  constructor(machine: Machine, identity: FenceIdentity, options: PromiseOptions = {}) {
    const { lifetime = PROMISE_LIFETIME, error = 'ETIMEDOUT' } = options;
    super(machine, identity);
    const expire = () => {
      this.#expired = true;
      if (error) this.setError(error);
      this.signal();
    };
    this.#expiry =
      lifetime === null
        ? null
        : machine.at(machine.now() + lifetime, `expiry of ${identity.driver} fence`, expire);
  }

  /** Whether it signalled because its time was up. */
  get expired(): boolean {
    return this.#expired;
  }

  override signal(timestamp?: Nanoseconds): boolean {
    this.#expiry?.cancel();
    return super.signal(timestamp ?? this.machine.now());
  }
}
