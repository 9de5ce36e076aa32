import { KernelError } from '../task/kernel-error.ts';
import { type Sleeping, waitUntil } from '../task/kernel-thread.ts';
import { type LockClass, RESERVATION } from '../task/lock-classes.ts';
import type { Lockable, LockRules } from '../task/lock-rules.ts';
import { WaitQueue } from '../task/wait-queue.ts';

/**
 * Somebody who takes several locks (`struct ww_acquire_ctx`). Of two that want each other's, the older goes first: the
 * younger gets EDEADLK at its next lock, drops all it holds and starts again, with the same context.
 */
export class AcquireContext {
  /** Rises with every context of a kernel: its age. */
  readonly stamp: bigint;
  readonly #held = new Set<WwMutex>();
  #wounded = false;
  #sleepsAt: WaitQueue | null = null;

  /** Made by `Kernel.acquireContext`. */
  constructor(stamp: bigint) {
    this.stamp = stamp;
  }

  get wounded(): boolean {
    return this.#wounded;
  }

  /** An older context wants a lock that this one holds. */
  wound(): void {
    this.#wounded = true;
    this.#sleepsAt?.wakeAll();
  }

  /** Bookkeeping of the lock: where a wound has to be told. */
  sleepsAt(queue: WaitQueue | null): void {
    this.#sleepsAt = queue;
  }

  /** Bookkeeping of the lock. */
  took(lock: WwMutex): void {
    this.#held.add(lock);
  }

  /** Bookkeeping of the lock; a wound heals when nothing is held any more. */
  gave(lock: WwMutex): void {
    this.#held.delete(lock);
    if (this.#held.size === 0) this.#wounded = false;
  }

  /** Drops every lock, as one must after EDEADLK. */
  releaseAll(): void {
    for (const lock of [...this.#held]) lock.unlock();
  }
}

type Owner = AcquireContext | 'single';

/**
 * A wound/wait lock (`kernel/locking/ww_mutex.c`) that a kernel thread may hold across its sleeps. Who takes and gives
 * it against the rules gets a LockRuleBroken.
 */
export class WwMutex implements Lockable {
  readonly what: string;
  readonly lockClass: LockClass;
  readonly #rules: LockRules;
  readonly #queue = new WaitQueue();
  #owner: Owner | null = null;

  /** `what` it guards, for people. */
  constructor(what: string, rules: LockRules, lockClass: LockClass = RESERVATION) {
    this.what = what;
    this.lockClass = lockClass;
    this.#rules = rules;
  }

  get locked(): boolean {
    return this.#owner !== null;
  }

  /** Whether the running thread has it. */
  get held(): boolean {
    return this.#rules.holds(this);
  }

  /** `dma_resv_assert_held`. */
  assertHeld(why: string): void {
    this.#rules.assertHeld(this, why);
  }

  /** Takes it if it is free. Who does not wait cannot deadlock: allowed everywhere. */
  tryLock(context?: AcquireContext): boolean {
    if (this.#owner) return false;
    this.#owner = context ?? 'single';
    context?.took(this);
    this.#rules.acquired(this, context ?? null);
    return true;
  }

  /** The fast way of `lock`, for calls that need no thread when nobody holds it; false: they have to go the slow way. */
  lockAtOnce(context?: AcquireContext): boolean {
    this.#rules.mightLock(this, context ?? null);
    return this.tryLock(context);
  }

  /**
   * Takes it, sleeping while another holds it. With a context: EALREADY if that context holds it, EDEADLK if an older
   * context holds it or wants what this one holds. EINTR.
   */
  *lock(context?: AcquireContext, interruptible = true): Sleeping<void> {
    if (context && this.#owner === context)
      throw new KernelError('EALREADY', `${this.what} is locked by the caller`);
    this.#rules.mightLock(this, context ?? null);
    while (!this.tryLock(context)) {
      this.#contend(context);
      const passable = () => this.#owner === null || (context?.wounded ?? false);
      context?.sleepsAt(this.#queue);
      try {
        yield* waitUntil(this.#queue, passable, { what: `the lock of ${this.what}`, interruptible });
      } finally {
        context?.sleepsAt(null);
      }
      if (context?.wounded) throw deadlock(this.what);
    }
  }

  unlock(): void {
    const owner = this.#owner;
    this.#rules.released(this, owner !== null);
    this.#owner = null;
    if (owner && owner !== 'single') owner.gave(this);
    this.#queue.wakeAll();
  }

  #contend(context: AcquireContext | undefined): void {
    if (!context || !this.#owner || this.#owner === 'single') return;
    if (context.wounded || this.#owner.stamp < context.stamp) throw deadlock(this.what);
    this.#owner.wound();
  }
}

function deadlock(what: string): KernelError {
  return new KernelError('EDEADLK', `an older holder goes first at ${what}: drop all locks and start again`);
}
