import { describe, expect, it } from 'vitest';
import type { Fence } from '../sync/fence.ts';
import { FenceArray } from '../sync/fence-array.ts';
import { waitForFence } from '../sync/wait.ts';
import type { AcquireContext } from '../sync/ww-mutex.ts';
import { createTimeline, errnoOf, lockElsewhere, startKernel } from '../task/fixture.ts';
import type { Sleeping } from '../task/kernel-thread.ts';
import { Reservation, Usage, usageToWaitFor } from './reservation.ts';

function start() {
  const fixture = startKernel();
  return { ...fixture, resv: new Reservation(fixture.kernel), fence: () => createTimeline(fixture).fence(1) };
}

describe('usage of a reservation', () => {
  it('is inverted between asking and adding: readers wait for writers, writers for everybody', () => {
    const { resv, fence } = start();
    const [kernel, writer, reader, bookkeep] = [fence(), fence(), fence(), fence()];
    resv.reserveFences(4);
    resv.addFence(bookkeep, Usage.BOOKKEEP);
    resv.addFence(reader, Usage.READ);
    resv.addFence(writer, Usage.WRITE);
    resv.addFence(kernel, Usage.KERNEL);
    expect(new Set(resv.fences(usageToWaitFor(false)))).toEqual(new Set([kernel, writer]));
    expect(new Set(resv.fences(usageToWaitFor(true)))).toEqual(new Set([kernel, writer, reader]));
    expect(resv.fences(Usage.BOOKKEEP)).toHaveLength(4);
    expect(resv.fences(Usage.KERNEL)).toEqual([kernel]);
  });
});

describe('adding to a reservation', () => {
  it('needs a reserved slot, and no container', () => {
    const { resv, fence, machine } = start();
    expect(() => resv.addFence(fence(), Usage.READ)).toThrow(/reserved/);
    resv.reserveFences(1);
    expect(() => resv.addFence(new FenceArray(machine, 9n, [fence()]), Usage.READ)).toThrow(/unwrap/);
  });

  it('replaces an older fence of the same context unless its usage was stronger', () => {
    const fixture = start();
    const { resv } = fixture;
    const { fence } = createTimeline(fixture);
    const [first, second, third] = [fence(1), fence(2), fence(3)];
    resv.publish(first, Usage.READ);
    resv.publish(second, Usage.READ);
    expect(resv.fences(Usage.READ)).toEqual([second]);
    resv.publish(third, Usage.WRITE);
    expect(resv.fences(Usage.READ)).toEqual([third]);
    const weaker = fence(4);
    resv.publish(weaker, Usage.READ);
    expect(resv.fences(Usage.READ)).toEqual([third, weaker]);
  });

  it('appends an older fence behind a newer one of the same context, and reuses a signalled slot', () => {
    const fixture = start();
    const { resv } = fixture;
    const { fence, timeline } = createTimeline(fixture);
    const [older, newer] = [fence(1), fence(2)];
    resv.publish(newer, Usage.WRITE);
    resv.publish(older, Usage.WRITE);
    expect(resv.fences(Usage.WRITE)).toEqual([newer, older]);
    timeline.increment(1);
    const other = fixture.fence();
    resv.publish(other, Usage.READ);
    expect(resv.fences(Usage.READ)).toEqual([newer, other]);
  });

  it('replaces all of a context when its operation no longer touches the buffer', () => {
    const { resv, fence } = start();
    const [unmapped, other, instead] = [fence(), fence(), fence()];
    resv.publish(unmapped, Usage.BOOKKEEP);
    resv.publish(other, Usage.BOOKKEEP);
    resv.replaceFences(unmapped.context, instead, Usage.KERNEL);
    expect(resv.fences(Usage.BOOKKEEP)).toEqual([instead, other]);
    expect(resv.fences(Usage.KERNEL)).toEqual([instead]);
  });

  it('lets nobody wait any more for what was replaced by a fence that has signalled', () => {
    const { resv, fence } = start();
    const [unmapped, instead] = [fence(), fence()];
    resv.publish(unmapped, Usage.BOOKKEEP);
    instead.signal();
    resv.replaceFences(unmapped.context, instead, Usage.KERNEL);
    expect(resv.testSignalled(Usage.BOOKKEEP)).toBe(true);
  });

  it('keeps both of two fences that are each as late as the other', () => {
    const fixture = start();
    const { fence } = createTimeline(fixture);
    const [one, other] = [fence(1), fence(1)];
    fixture.resv.publish(one, Usage.WRITE);
    fixture.resv.publish(other, Usage.WRITE);
    fixture.resv.publish(one, Usage.WRITE);
    expect(fixture.resv.fences(Usage.WRITE)).toEqual([one, other]);
  });
});

describe('waiting on a reservation', () => {
  it('gives one fence as it is, several as an array, none as a signalled stub', () => {
    const { resv, fence } = start();
    expect(resv.singleton(Usage.READ)).toBeNull();
    expect(resv.snapshot(Usage.READ).status).toBe(1);
    const [a, b] = [fence(), fence()];
    resv.publish(a, Usage.WRITE);
    expect(resv.singleton(Usage.READ)).toBe(a);
    resv.publish(b, Usage.READ);
    const both = resv.singleton(Usage.READ);
    expect(both).toBeInstanceOf(FenceArray);
    expect(resv.singleton(Usage.WRITE)).toBe(a);
    a.signal();
    expect(resv.testSignalled(Usage.WRITE)).toBe(true);
    expect(both?.signalled).toBe(false);
    b.signal();
    expect(both?.signalled).toBe(true);
  });

  it('ends when the last fence signals, or when its time is up', () => {
    const { resv, fence, kernel, machine } = start();
    const [a, b] = [fence(), fence()];
    resv.publish(a, Usage.WRITE);
    resv.publish(b, Usage.READ);
    const reader = kernel.thread('reader', resv.wait(Usage.WRITE));
    const writer = kernel.thread('writer', resv.wait(Usage.READ));
    const hasty = kernel.thread('hasty', resv.wait(Usage.READ, { until: machine.now() + 5n }));
    machine.advance(5n);
    a.signal();
    machine.settle();
    expect([reader.ended, writer.ended, hasty.result()]).toEqual([true, false, false]);
    b.signal();
    machine.settle();
    expect(writer.result()).toBe(true);
  });
});

describe('the lock of a reservation', () => {
  it('is passed on to who waits for it', () => {
    const { resv, kernel, machine } = start();
    expect(resv.lock.tryLock()).toBe(true);
    const giveBack = lockElsewhere(kernel, resv.lock);
    resv.lock.unlock();
    machine.settle();
    expect([resv.lock.locked, resv.lock.held, resv.lock.tryLock()]).toEqual([true, false, false]);
    giveBack();
    machine.settle();
    expect(resv.lock.locked).toBe(false);
  });

  /** A thread that takes one, then, after `go`, the other, and gives back what it has. */
  function* takeBoth(
    context: AcquireContext,
    one: Reservation,
    other: Reservation,
    go: Fence,
  ): Sleeping<void> {
    try {
      yield* one.lock.lock(context);
      yield* waitForFence(go);
      yield* other.lock.lock(context);
    } finally {
      context.releaseAll();
    }
  }

  it('lets the older of two contexts go first: the younger backs off with EDEADLK', () => {
    const { kernel, machine, fence } = start();
    const [a, b] = [new Reservation(kernel, 'a'), new Reservation(kernel, 'b')];
    const [older, younger] = [kernel.acquireContext(), kernel.acquireContext()];
    const go = fence();
    const first = kernel.thread('older', takeBoth(older, a, b, go));
    const second = kernel.thread('younger', takeBoth(younger, b, a, go));
    expect([a.lock.locked, b.lock.locked]).toEqual([true, true]);
    go.signal();
    machine.settle();
    expect(errnoOf(() => second.result())).toBe('EDEADLK');
    first.result();
    expect([a.lock.locked, b.lock.locked]).toEqual([false, false]);
  });

  it('wounds a younger context that sleeps, and refuses the same lock twice', () => {
    const { kernel, machine, fence } = start();
    const [a, b] = [new Reservation(kernel, 'a'), new Reservation(kernel, 'b')];
    const [older, younger] = [kernel.acquireContext(), kernel.acquireContext()];
    const go = fence();
    go.signal();
    b.lock.tryLock();
    const sleeper = kernel.thread('younger', takeBoth(younger, a, b, go));
    const winner = kernel.thread('older', takeBoth(older, a, a, go));
    machine.settle();
    expect(errnoOf(() => sleeper.result())).toBe('EDEADLK');
    expect(errnoOf(() => winner.result())).toBe('EALREADY');
    b.lock.unlock();
    expect([a.lock.locked, b.lock.locked]).toEqual([false, false]);
  });
});
