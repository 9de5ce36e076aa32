import { type Sleeping, waitUntil } from '../../task/kernel-thread.ts';
import { MODESET } from '../../task/lock-classes.ts';
import type { Lockable, LockRules } from '../../task/lock-rules.ts';
import { WaitQueue } from '../../task/wait-queue.ts';

/** Thrown inside a request that met a lock of another: drop everything, wait for it, begin again. */
class Contended extends Error {
  readonly lock: ModesetLock;
  constructor(lock: ModesetLock) {
    super('a modeset lock is held by another request');
    this.lock = lock;
  }
}

/** One object's lock (`struct drm_modeset_lock`). */
export class ModesetLock implements Lockable {
  readonly what = 'a modeset lock';
  readonly lockClass = MODESET;
  readonly queue = new WaitQueue();
  owner: ModesetLocks | null = null;
}

/**
 * The locks of one request (`struct drm_modeset_acquire_ctx`). Taking one that another request holds fails with
 * Contended instead of deadlocking; the request backs off and repeats all of its work, so EDEADLK never gets out.
 */
export class ModesetLocks {
  readonly #rules: LockRules;
  readonly #held = new Set<ModesetLock>();

  constructor(rules: LockRules) {
    this.#rules = rules;
  }

  take(lock: ModesetLock): void {
    if (lock.owner === this) return;
    this.#rules.mightLock(lock, this);
    if (lock.owner !== null) throw new Contended(lock);
    lock.owner = this;
    this.#held.add(lock);
    this.#rules.acquired(lock, this);
  }

  releaseAll(): void {
    for (const lock of this.#held) {
      this.#rules.released(lock, true);
      lock.owner = null;
      lock.queue.wakeAll();
    }
    this.#held.clear();
  }
}

/** Runs `body` with a set of locks, from the start again each time it meets a lock of another request. EINTR. */
export function* withModesetLocks<T>(
  rules: LockRules,
  body: (locks: ModesetLocks) => Sleeping<T>,
): Sleeping<T> {
  for (;;) {
    const locks = new ModesetLocks(rules);
    let contended: ModesetLock;
    try {
      return yield* body(locks);
    } catch (error) {
      if (!(error instanceof Contended)) throw error;
      contended = error.lock;
    } finally {
      locks.releaseAll();
    }
    yield* waitUntil(contended.queue, () => contended.owner === null, { what: 'a modeset lock' });
  }
}
