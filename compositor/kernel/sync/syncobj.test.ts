import { describe, expect, it } from 'vitest';
import { MILLISECOND, SECOND } from '../../machine/machine.ts';
import { EventFile } from '../task/event-file.ts';
import { createTimeline, errnoOf, type Fixture, startKernel } from '../task/fixture.ts';
import { Syncobj, waitLimit } from './syncobj.ts';
import { type SyncobjWaitOptions, transfer, waitForSyncobjs } from './syncobj-wait.ts';

const LATER = 50n * MILLISECOND;

function start() {
  const fixture = startKernel();
  const { kernel, machine } = fixture;
  const wait = (points: [Syncobj, bigint][], options: Partial<SyncobjWaitOptions> = {}) => {
    const list = points.map(([syncobj, point]) => ({ syncobj, point }));
    return kernel.thread('wait', waitForSyncobjs(list, { until: machine.now() + LATER, ...options }));
  };
  /** What a wait ends with when nothing more happens: an index or an errno. */
  const outcome = (points: [Syncobj, bigint][], options: Partial<SyncobjWaitOptions> = {}) => {
    const thread = wait(points, options);
    machine.advance(LATER);
    const failed = errnoOf(() => thread.result());
    return failed ?? thread.result();
  };
  const move = (from: Syncobj, point: bigint, to: Syncobj, at: bigint, forSubmit = false) =>
    kernel.thread(
      'transfer',
      transfer(kernel, { syncobj: from, point }, { syncobj: to, point: at }, { forSubmit }),
    );
  return {
    ...fixture,
    wait,
    outcome,
    move,
    create: (signalled = false) => new Syncobj(kernel, { signalled }),
  };
}

describe('wait on binary sync objects', () => {
  it('of an empty one is EINVAL unless it is waited for, then ETIME', () => {
    const { create, outcome } = start();
    expect(outcome([[create(), 0n]])).toBe('EINVAL');
    expect(outcome([[create(), 0n]], { forSubmit: true })).toBe('ETIME');
    expect(outcome([[create(), 0n]], { forSubmit: true, until: null })).toBe('ETIME');
    expect(outcome([[create(true), 0n]], { until: null })).toBe(0);
    expect(outcome([], { until: null })).toBe(0);
  });

  it('of several ends with the first for any, with the last for all', () => {
    const fixture = start();
    const { create, outcome, wait, machine } = fixture;
    const [empty, done] = [create(), create(true)];
    const both: [Syncobj, bigint][] = [
      [empty, 0n],
      [done, 0n],
    ];
    expect(outcome(both)).toBe('EINVAL');
    expect(outcome(both, { forSubmit: true })).toBe(1);
    expect(outcome(both, { forSubmit: true, all: true })).toBe('ETIME');
    const all = wait(both, { forSubmit: true, all: true });
    empty.signal();
    machine.settle();
    expect(all.result()).toBe(0);
  });

  it('of several sleeps while some are done and others are not', () => {
    const fixture = start();
    const { create, wait, machine } = fixture;
    const [empty, done, held] = [create(), create(true), create()];
    held.replaceFence(createTimeline(fixture).fence(1));
    const all: [Syncobj, bigint][] = [empty, done, held].map(syncobj => [syncobj, 0n]);
    const waits = [wait(all, { forSubmit: true, all: true }), wait(all, { available: true, all: true })];
    let entries = 0;
    while (waits.some(thread => !thread.ended) && ++entries < 100) machine.step();
    expect(entries).toBeLessThan(8);
    expect(waits.map(thread => errnoOf(() => thread.result()))).toEqual(['ETIME', 'ETIME']);
  });

  it('keeps the fence it found, whatever the object gets afterwards', () => {
    const fixture = start();
    const { create, wait, machine } = fixture;
    const { fence, timeline } = createTimeline(fixture);
    const syncobj = create();
    syncobj.replaceFence(fence(1));
    const waiting = wait([[syncobj, 0n]]);
    syncobj.reset();
    timeline.increment();
    machine.settle();
    expect(waiting.result()).toBe(0);
  });

  it('keeps a fence that appears and is taken out again before the thread runs', () => {
    const fixture = start();
    const { create, wait, machine } = fixture;
    const { fence, timeline } = createTimeline(fixture);
    const syncobj = create();
    const waiting = wait([[syncobj, 0n]], { forSubmit: true });
    syncobj.replaceFence(fence(1));
    syncobj.reset();
    machine.settle();
    expect(waiting.ended).toBe(false);
    timeline.increment();
    machine.settle();
    expect(waiting.result()).toBe(0);
  });

  it('can be interrupted, leaves nothing behind, and hints its deadline', () => {
    const fixture = start();
    const { create, wait, machine } = fixture;
    const syncobj = create();
    const pending = createTimeline(fixture).fence(1);
    const timers = machine.nextTimer;
    const waiting = wait([[syncobj, 0n]], { forSubmit: true });
    waiting.interrupt();
    machine.settle();
    expect(errnoOf(() => waiting.result())).toBe('EINTR');
    expect([syncobj.changed.waiting, machine.nextTimer]).toEqual([0, timers]);
    syncobj.replaceFence(pending);
    wait([[syncobj, 0n]], { deadline: 7n });
    expect(pending.deadline).toBe(7n);
  });

  it('treats times as signed: all ones is long ago, the largest positive one is never', () => {
    expect(waitLimit(-1n, 100n)).toBeNull();
    expect(waitLimit(0xffff_ffff_ffff_ffffn, 100n)).toBeNull();
    expect(waitLimit(0n, 100n)).toBeNull();
    expect(waitLimit(100n, 100n)).toBeNull();
    expect(waitLimit(101n, 100n)).toBe(101n);
    expect(waitLimit(0x7fff_ffff_ffff_ffffn, 100n)).toBe(0x7fff_ffff_ffff_ffffn);
  });
});

describe('timeline', () => {
  it('moves with its signals and never back', () => {
    const { create } = start();
    const timeline = create();
    const states: bigint[][] = [[timeline.query(), timeline.query(true)]];
    for (const point of [5n, 3n, 5n, 10n, 0n]) {
      timeline.signalPoint(point);
      states.push([timeline.query(), timeline.query(true)]);
    }
    expect(states).toEqual([
      [0n, 0n],
      [5n, 5n],
      [5n, 5n],
      [5n, 5n],
      [10n, 10n],
      [10n, 10n],
    ]);
    timeline.signal();
    expect(timeline.query()).toBe(0n);
  });

  it('has every point up to its end, and none beyond', () => {
    const { create, outcome } = start();
    const timeline = create();
    expect(outcome([[timeline, 1n]])).toBe('EINVAL');
    timeline.signalPoint(5n);
    for (const point of [0n, 1n, 5n]) expect(outcome([[timeline, point]])).toBe(0);
    expect(outcome([[timeline, 6n]])).toBe('EINVAL');
    expect(outcome([[timeline, 6n]], { forSubmit: true })).toBe('ETIME');
    expect(outcome([[timeline, 6n]], { available: true })).toBe('ETIME');
  });

  it('stays at the last point that all before have reached', () => {
    const fixture = start();
    const { create, outcome } = fixture;
    const [a, b] = [createTimeline(fixture), createTimeline(fixture)];
    const timeline = create();
    timeline.addPoint(a.fence(1), 1n);
    timeline.addPoint(b.fence(1), 2n);
    timeline.signalPoint(9n);
    expect(outcome([[timeline, 9n]])).toBe('ETIME');
    expect(outcome([[timeline, 9n]], { available: true })).toBe(0);
    b.timeline.increment();
    expect([timeline.query(), timeline.query(true)]).toEqual([0n, 9n]);
    expect(outcome([[timeline, 2n]])).toBe('ETIME');
    a.timeline.increment();
    expect(timeline.query()).toBe(9n);
    expect(outcome([[timeline, 2n]])).toBe(0);
  });

  it('wakes who waits for a point to be submitted, at or beyond it', () => {
    const { create, wait, machine } = start();
    const timeline = create();
    const waiting = wait([[timeline, 2n]], { forSubmit: true });
    timeline.signalPoint(1n);
    machine.settle();
    expect(waiting.ended).toBe(false);
    timeline.signalPoint(3n);
    machine.settle();
    expect(waiting.result()).toBe(0);
  });
});

describe('transfer', () => {
  it('moves between points and binary objects, and needs the source to be there', () => {
    const { create, move, outcome } = start();
    const [timeline, binary, empty] = [create(), create(), create()];
    timeline.signalPoint(5n);
    const errno = (...args: Parameters<typeof move>) => errnoOf(() => move(...args).result());
    expect(errno(timeline, 5n, binary, 0n)).toBeNull();
    expect(outcome([[binary, 0n]])).toBe(0);
    expect(errno(timeline, 6n, binary, 0n)).toBe('EINVAL');
    expect(errno(timeline, 3n, binary, 0n)).toBeNull();
    expect(errno(empty, 0n, timeline, 6n)).toBe('EINVAL');
    expect(errno(timeline, 5n, timeline, 8n)).toBeNull();
    expect(timeline.query()).toBe(8n);
    expect(errno(timeline, 8n, timeline, 2n)).toBeNull();
    expect(timeline.query()).toBe(8n);
  });

  it('waits up to 5 s for the source to be submitted', () => {
    const { create, move, machine } = start();
    const [source, destination] = [create(), create()];
    const early = move(source, 4n, destination, 1n, true);
    machine.advance(4n * SECOND);
    source.signalPoint(4n);
    machine.settle();
    early.result();
    expect(destination.query()).toBe(1n);
    const late = move(source, 9n, destination, 2n, true);
    machine.advance(5n * SECOND);
    expect(errnoOf(() => late.result())).toBe('ETIME');
  });
});

describe('eventfd of a sync object', () => {
  function withEventfd(fixture: Fixture) {
    const fd = fixture.task.eventfd();
    const target = fixture.task.files.get(fd).as(EventFile, 'eventfd');
    return {
      target,
      count: () => new DataView(fixture.task.read(fd, 8).slice().buffer).getBigUint64(0, true),
      fd,
    };
  }

  it('is signalled once per registration, at once for what is done', () => {
    const fixture = start();
    const { target, count, fd } = withEventfd(fixture);
    const syncobj = fixture.create();
    syncobj.addEventfd(target, 0n);
    expect(fixture.task.poll(fd, 1)).toBe(0);
    syncobj.signal();
    expect(count()).toBe(1n);
    syncobj.signal();
    expect(fixture.task.poll(fd, 1)).toBe(0);
    syncobj.addEventfd(target, 0n);
    syncobj.addEventfd(target, 0n);
    expect(count()).toBe(2n);
  });

  it('tells available from signalled, and waits for its own point', () => {
    const fixture = start();
    const [signalled, available] = [withEventfd(fixture), withEventfd(fixture)];
    const { fence, timeline } = createTimeline(fixture);
    const points = fixture.create();
    points.addEventfd(signalled.target, 5n);
    points.addEventfd(available.target, 5n, true);
    points.signalPoint(3n);
    const polls = () => [fixture.task.poll(signalled.fd, 1), fixture.task.poll(available.fd, 1)];
    expect(polls()).toEqual([0, 0]);
    points.addPoint(fence(1), 8n);
    expect(polls()).toEqual([0, 1]);
    timeline.increment();
    expect(polls()).toEqual([1, 1]);
  });
});
