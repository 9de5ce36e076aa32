import { describe, expect, it } from 'vitest';
import { SECOND } from '../../machine/machine.ts';
import { createTimeline, startKernel } from '../task/fixture.ts';
import { FenceArray } from './fence-array.ts';
import { namesOf } from './fence-names.ts';
import { ExpiringFence } from './promised-fence.ts';
import { waitForFence } from './wait.ts';

describe('fence', () => {
  it('signals once, with the time and error of the first signal', () => {
    const { kernel, machine } = startKernel();
    const fence = createTimeline({ kernel, machine, task: kernel.createTask({ name: 'a' }) }).fence(1);
    fence.setError('EIO');
    expect(fence.signal(5n)).toBe(true);
    expect(fence.signal(9n)).toBe(false);
    fence.setError('EINVAL');
    expect([fence.status, fence.timestamp]).toEqual(['EIO', 5n]);
  });

  it.each([
    ['7.2', { driver: 'detached-driver', timeline: 'signaled-timeline' }],
    ['6.12', { driver: 'sw_sync', timeline: 'render' }],
  ] as const)('of Linux %s tells these names when it has signalled', (behaves, names) => {
    const fixture = startKernel({ behaves });
    const fence = createTimeline(fixture, 'render').fence(1);
    expect(namesOf(fixture.kernel, fence)).toEqual({ driver: 'sw_sync', timeline: 'render' });
    fence.signal();
    expect(namesOf(fixture.kernel, fence)).toEqual(names);
  });

  it('takes no callback once signalled, and forgets one that was taken back', () => {
    const fixture = startKernel();
    const fence = createTimeline(fixture).fence(1);
    const calls: string[] = [];
    fence.addCallback(() => calls.push('kept'));
    fence.addCallback(() => calls.push('removed'))?.();
    fence.signal();
    expect(calls).toEqual(['kept']);
    expect(fence.addCallback(() => calls.push('late'))).toBeNull();
  });

  it('keeps the earliest deadline, and passes it on to the members of an array', () => {
    const fixture = startKernel();
    const { fence } = createTimeline(fixture);
    const members = [fence(1), fence(2)];
    const array = new FenceArray(fixture.machine, 99n, members);
    array.setDeadline(50n);
    array.setDeadline(70n);
    expect(members.map(member => member.deadline)).toEqual([50n, 50n]);
  });

  it('wakes a sleeping thread, or lets it give up', () => {
    const { kernel, machine, task } = startKernel();
    const { fence, timeline } = createTimeline({ kernel, machine, task });
    const until = machine.now() + SECOND;
    const patient = kernel.thread('patient', waitForFence(fence(1)));
    const hasty = kernel.thread('hasty', waitForFence(fence(2), { until }));
    timeline.increment();
    machine.advanceTo(until);
    expect([patient.result(), hasty.result()]).toEqual([true, false]);
  });
});

describe('promised fence', () => {
  it('ends with ETIMEDOUT when nobody keeps the promise for 10 s', () => {
    const { machine } = startKernel();
    const identity = { driver: 'vgem', timeline: 'unbound', context: 1n, seqno: 1n };
    const broken = new ExpiringFence(machine, identity);
    const kept = new ExpiringFence(machine, identity);
    const lenient = new ExpiringFence(machine, identity, { error: null });
    machine.advance(9n * SECOND);
    kept.signal();
    machine.advance(SECOND);
    expect([broken.status, broken.expired]).toEqual(['ETIMEDOUT', true]);
    expect([kept.status, kept.expired]).toEqual([1, false]);
    expect([lenient.status, lenient.expired]).toEqual([1, true]);
    expect(machine.nextTimer).toBeNull();
  });
});

describe('software timeline', () => {
  it('signals what its counter has reached, over the end of 32 bits too', () => {
    const fixture = startKernel();
    const { fence, timeline } = createTimeline(fixture);
    timeline.increment(0xffff_fff0);
    const before = fence(0xffff_ffff);
    const after = fence(3);
    timeline.increment(0xf);
    expect([before.signalled, after.signalled]).toEqual([true, false]);
    timeline.increment(4);
    expect(after.signalled).toBe(true);
    expect(fence(1).signalled).toBe(true);
  });

  it('ends what is pending with ENOENT when it goes', () => {
    const fixture = startKernel();
    const { fence, timeline } = createTimeline(fixture);
    const pending = fence(7);
    timeline[Symbol.dispose]();
    expect(pending.status).toBe('ENOENT');
  });
});
