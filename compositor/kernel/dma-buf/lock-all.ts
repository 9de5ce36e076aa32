import type { Kernel } from '../kernel.ts';
import type { AcquireContext } from '../sync/ww-mutex.ts';
import { KernelError } from '../task/kernel-error.ts';
import type { Sleeping } from '../task/kernel-thread.ts';
import type { Reservation } from './reservation.ts';

/**
 * Takes the locks of all reservations (`drivers/gpu/drm/drm_exec.c`), backing off and beginning again when somebody
 * older wants one of them. Give them back with `releaseAll`. EINTR.
 */
export function* lockAll(kernel: Kernel, reservations: Iterable<Reservation>): Sleeping<AcquireContext> {
  const context = kernel.acquireContext();
  const locks = new Set([...reservations].map(({ lock }) => lock));
  for (;;) {
    let contended = null;
    try {
      for (const lock of locks) {
        contended = lock;
        yield* lock.lock(context);
      }
      return context;
    } catch (error) {
      context.releaseAll();
      if (!(error instanceof KernelError) || error.code !== 'EDEADLK' || !contended) throw error;
      // Sleep until the older one is done with it, holding nothing.
      yield* contended.lock();
      contended.unlock();
    }
  }
}
