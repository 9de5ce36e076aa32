import { describe, expect, it } from 'vitest';
import { Reservation, Usage } from '../dma-buf/reservation.ts';
import { WwMutex } from '../sync/ww-mutex.ts';
import { createTimeline, startKernel } from './fixture.ts';
import type { Sleeping } from './kernel-thread.ts';
import { MODESET } from './lock-classes.ts';
import { LockRuleBroken } from './lock-rules.ts';

function start() {
  const fixture = startKernel();
  const { kernel, machine } = fixture;
  const [a, b] = [new Reservation(kernel, 'buffer a'), new Reservation(kernel, 'buffer b')];
  /** The rule that a thread breaks, or null. It runs to its end. */
  const ruleOf = (body: () => Sleeping<unknown>): string | null => {
    const thread = kernel.thread('driver', body());
    for (let turn = 0; !thread.ended && turn < 10; turn++) machine.advance(100n);
    try {
      thread.result();
      return null;
    } catch (error) {
      if (error instanceof LockRuleBroken) return error.rule;
      throw error;
    }
  };
  return { ...fixture, a, b, ruleOf };
}

function* nap(now: bigint): Sleeping<void> {
  yield { what: 'a nap', interruptible: false, until: now + 10n, arm: () => () => {} };
}

describe('locks that a kernel thread holds while it sleeps', () => {
  it('are not taken twice by it', () => {
    const { a, ruleOf, kernel, machine } = start();
    const broken = ruleOf(function* () {
      yield* a.lock.lock();
      try {
        yield* nap(machine.now());
        yield* a.lock.lock();
      } finally {
        a.lock.unlock();
      }
    });
    expect(broken).toBe('a lock is not taken twice');
    expect(kernel.warnings.entries.map(({ rule }) => rule)).toEqual([broken]);
  });

  it('are of two buffers only with an acquire context, before two threads ever meet', () => {
    const { a, b, ruleOf, kernel } = start();
    function* both(context?: ReturnType<typeof kernel.acquireContext>): Sleeping<void> {
      yield* a.lock.lock(context);
      try {
        yield* b.lock.lock(context);
        b.lock.unlock();
      } finally {
        a.lock.unlock();
      }
    }
    expect(ruleOf(both)).toBe('locks of one class need one acquire context');
    expect(ruleOf(() => both(kernel.acquireContext()))).toBeNull();
    expect([a.lock.locked, b.lock.locked]).toEqual([false, false]);
  });

  it('are given back by who took them', () => {
    const { a, ruleOf, kernel, machine } = start();
    const holder = kernel.thread(
      'holder',
      (function* () {
        yield* a.lock.lock();
        yield* nap(machine.now());
        a.lock.unlock();
      })(),
    );
    const unlock = function* (): Sleeping<void> {
      a.lock.unlock();
    };
    expect(a.lock.locked).toBe(true);
    const foreign = kernel.thread('foreign', unlock());
    expect(() => foreign.result()).toThrow('only the holder unlocks');
    machine.advance(100n);
    holder.result();
    expect(ruleOf(unlock)).toBe('only what is locked is unlocked');
  });

  it('are given back before it ends', () => {
    const { a, ruleOf } = start();
    expect(ruleOf(() => a.lock.lock())).toBe('a thread ends without locks');
  });

  it('are taken in one order, found the first time that the other is seen', () => {
    const { a, ruleOf, kernel } = start();
    const crtc = new WwMutex('crtc 1', kernel.locks, MODESET);
    function* nested(outer: WwMutex, inner: WwMutex): Sleeping<void> {
      yield* outer.lock();
      try {
        yield* inner.lock();
        inner.unlock();
      } finally {
        outer.unlock();
      }
    }
    expect(ruleOf(() => nested(crtc, a.lock))).toBeNull();
    expect(ruleOf(() => nested(a.lock, crtc))).toBe('locks are taken in one order');
  });

  it('do not forbid to wait for a fence, unless who signals takes them', () => {
    const fixture = start();
    const { a, ruleOf, kernel, machine } = fixture;
    const timer = new WwMutex('timer', kernel.locks, 'timer_lock');
    const signaller = function* (): Sleeping<void> {
      yield* timer.lock();
      timer.unlock();
    };
    const waiter = (lock: WwMutex) =>
      function* (): Sleeping<void> {
        yield* lock.lock();
        try {
          yield* a.wait(Usage.READ);
        } finally {
          lock.unlock();
        }
      };
    const fence = createTimeline(fixture).fence(1);
    a.publish(fence, Usage.WRITE);
    machine.at(machine.now() + 50n, 'signal', () => void fence.signal());
    expect(ruleOf(waiter(a.lock))).toBeNull();
    expect(ruleOf(() => kernel.locks.signallingThread('vblank', signaller()))).toBeNull();
    expect(ruleOf(waiter(timer))).toBe('locks are taken in one order');
  });

  it('and no memory of a process, whose fault would take locks itself', () => {
    const { a, ruleOf, task } = start();
    const address = task.memory.mapAnonymous(4096);
    const broken = ruleOf(function* () {
      yield* a.lock.lock();
      try {
        task.memory.copyToUser(address, new Uint8Array(8));
      } finally {
        a.lock.unlock();
      }
    });
    expect(broken).toBe('no user memory under a reservation lock');
  });
});

describe('a fence-signalling section', () => {
  it('takes no reservation lock, free or not', () => {
    const { a, kernel, ruleOf } = start();
    const rule = 'no lock in a fence-signalling section';
    expect(ruleOf(() => kernel.locks.signallingThread('commit tail', a.lock.lock()))).toBe(rule);
    expect(() => kernel.locks.signalling('scheduler', () => a.lock.lockAtOnce())).toThrow(rule);
    // Who does not wait does no harm.
    const tried = kernel.locks.signalling('scheduler', () => a.lock.tryLock() && a.lock.unlock());
    expect(tried).toBeUndefined();
    expect(a.lock.locked).toBe(false);
  });

  it('allocates nothing that waits for reclaim, and touches no user memory', () => {
    const { kernel, task } = start();
    const section = (body: () => unknown) => () => kernel.locks.signalling('commit tail', body);
    expect(section(() => kernel.mayAllocate('blob'))).toThrow('no reclaim in a fence-signalling section');
    const address = task.memory.mapAnonymous(4096);
    expect(section(() => task.memory.copyFromUser(address, 4))).toThrow(
      'no user memory in a fence-signalling section',
    );
    expect(() => kernel.mayAllocate('blob')).not.toThrow();
  });

  it('is its own thread’s: others go on while it sleeps', () => {
    const { a, kernel, machine, ruleOf } = start();
    const tail = kernel.thread('tail', kernel.locks.signallingThread('commit tail', nap(machine.now())));
    expect(tail.ended).toBe(false);
    expect(
      ruleOf(function* () {
        yield* a.lock.lock();
        kernel.mayAllocate('job');
        a.lock.unlock();
      }),
    ).toBeNull();
  });

  it('ends where it began', () => {
    const { kernel, ruleOf } = start();
    const rule = 'a fence-signalling section ends where it began';
    expect(() => kernel.locks.endSignalling('tail')).toThrow(rule);
    expect(
      ruleOf(function* () {
        kernel.locks.beginSignalling('tail');
      }),
    ).toBe(rule);
  });
});

describe('warnings of the kernel', () => {
  it('are told, and kept up to a limit', () => {
    const { kernel } = start();
    const told: string[] = [];
    kernel.warnings.onWarning = ({ message }) => told.push(message);
    for (let n = 0; n < 300; n++) kernel.warnings.add('a rule', `number ${n}`);
    expect([told.length, kernel.warnings.entries.length]).toEqual([300, 256]);
    expect(kernel.warnings.entries[0]!.message).toBe('number 44');
  });
});
