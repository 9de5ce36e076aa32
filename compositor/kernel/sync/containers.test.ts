import { describe, expect, it } from 'vitest';
import { createTimeline, type Fixture, startKernel } from '../task/fixture.ts';
import type { Fence } from './fence.ts';
import { FenceArray } from './fence-array.ts';
import { FenceChain, findPoint } from './fence-chain.ts';
import { mergeFences, unwrap } from './fence-unwrap.ts';

/** Fences of as many timelines, contexts rising. */
const independent = (fixture: Fixture, count: number): Fence[] =>
  Array.from({ length: count }, () => createTimeline(fixture).fence(1));

function chainOf(fixture: Fixture, points: readonly [point: bigint, fence: Fence][]): FenceChain[] {
  const nodes: FenceChain[] = [];
  const allocate = () => fixture.kernel.allocateFenceContexts();
  for (const [point, fence] of points)
    nodes.push(new FenceChain(fixture.machine, allocate, nodes.at(-1) ?? null, fence, point));
  return nodes;
}

describe('fence array', () => {
  it.each([true, false])('signals with its last member, with the first error (waited for: %s)', waited => {
    const fixture = startKernel();
    const [a, b] = independent(fixture, 2) as [Fence, Fence];
    const array = new FenceArray(fixture.machine, 50n, [a, b]);
    let calls = 0;
    if (waited) array.addCallback(() => calls++);
    b.setError('EIO');
    b.signal(20n);
    expect(array.signalled).toBe(false);
    a.setError('ENODEV');
    a.signal(30n);
    expect(array.signalled).toBe(true);
    expect(array.timestamp).toBe(30n);
    expect(array.status).toBe(waited ? 'EIO' : 'ENODEV');
    expect(calls).toBe(waited ? 1 : 0);
  });
});

describe('fence chain', () => {
  it('is signalled only when all points before are, in whatever order their fences signal', () => {
    const fixture = startKernel();
    const fences = independent(fixture, 3);
    const nodes = chainOf(
      fixture,
      fences.map((fence, at) => [BigInt(at + 1), fence]),
    );
    let done = false;
    nodes[2]!.addCallback(() => {
      done = true;
    });
    fences[2]!.signal();
    fences[1]!.signal();
    expect([done, nodes[1]!.signalled]).toEqual([false, false]);
    fences[0]!.setError('EIO');
    fences[0]!.signal();
    expect([done, nodes[2]!.status]).toEqual([true, 'EIO']);
  });

  it('that holds a chain does not signal before the points that came before it', () => {
    const fixture = startKernel();
    const [before, inner] = independent(fixture, 2) as [Fence, Fence];
    const [contained] = chainOf(fixture, [[1n, inner]]) as [FenceChain];
    const end = chainOf(fixture, [
      [1n, before],
      [2n, contained],
    ])[1]!;
    let done = false;
    end.addCallback(() => {
      done = true;
    });
    inner.signal();
    expect([done, end.signalled]).toEqual([false, false]);
    before.signal();
    expect([done, end.signalled]).toEqual([true, true]);
  });

  it('passes a deadline on to every fence that is waited for, the one that it began with included', () => {
    const fixture = startKernel();
    const [first, second] = independent(fixture, 2) as [Fence, Fence];
    const allocate = () => fixture.kernel.allocateFenceContexts();
    new FenceChain(fixture.machine, allocate, first, second, 1n).setDeadline(50n);
    expect([first.deadline, second.deadline]).toEqual([50n, 50n]);
  });

  it('finds the first point at or beyond a gap, nothing beyond the end, itself for 0', () => {
    const fixture = startKernel();
    const [a, b] = independent(fixture, 2) as [Fence, Fence];
    const [first, second] = chainOf(fixture, [
      [3n, a],
      [8n, b],
    ]) as [FenceChain, FenceChain];
    const at = (point: bigint) => findPoint(second, point);
    expect(at(0n)).toEqual({ kind: 'fence', fence: second });
    expect(at(1n)).toEqual({ kind: 'fence', fence: first });
    expect(at(3n)).toEqual({ kind: 'fence', fence: first });
    expect(at(4n)).toEqual({ kind: 'fence', fence: second });
    expect(at(9n)).toEqual({ kind: 'missing' });
    a.signal();
    expect(at(2n)).toEqual({ kind: 'signalled' });
  });

  it('drops signalled points on the way, so that a long timeline stays short', () => {
    const fixture = startKernel();
    const fences = independent(fixture, 4);
    const nodes = chainOf(
      fixture,
      fences.map((fence, at) => [BigInt(at + 1), fence]),
    );
    fences[1]!.signal();
    expect([...nodes[3]!.nodes()]).toEqual([nodes[3], nodes[2], nodes[0]]);
    fences[0]!.signal();
    expect([...nodes[3]!.nodes()]).toEqual([nodes[3], nodes[2]]);
  });

  it.each(['oldest', 'newest'] as const)(
    'tells waiters of every point of a long timeline whose fences signal from the %s on',
    first => {
      const fixture = startKernel();
      const fences = independent(fixture, 10_000);
      const nodes = chainOf(
        fixture,
        fences.map((fence, at) => [BigInt(at + 1), fence]),
      );
      const told: FenceChain[] = [];
      for (const node of nodes) node.addCallback(() => told.push(node));
      fences[7]!.setError('EIO');
      if (first === 'newest') fences.reverse();
      for (const [at, fence] of fences.entries()) fence.signal(BigInt(at));
      expect(told).toHaveLength(nodes.length);
      expect(told.every((node, at) => node === nodes[at])).toBe(true);
      expect([nodes[6]!.status, nodes[7]!.status]).toEqual([1, 'EIO']);
      expect(nodes.at(-1)!.timestamp).toBe(BigInt(nodes.length - 1));
    },
  );

  it('gives a point that does not rise the larger number and a context of its own', () => {
    const fixture = startKernel();
    const [a, b] = independent(fixture, 2) as [Fence, Fence];
    const [first, second] = chainOf(fixture, [
      [5n, a],
      [3n, b],
    ]) as [FenceChain, FenceChain];
    expect(second.seqno).toBe(5n);
    expect(second.context).not.toBe(first.context);
    expect(second.previousPoint).toBe(0n);
  });
});

describe('merge', () => {
  it('drops what has signalled, keeps the latest per context, sorts by context', () => {
    const fixture = startKernel();
    const a = createTimeline(fixture);
    const b = createTimeline(fixture);
    const [a1, a2, b1] = [a.fence(1), a.fence(2), b.fence(1)];
    const merged = mergeFences(fixture.kernel, mergeFences(fixture.kernel, b1, a1), a2);
    expect([...unwrap(merged)]).toEqual([a2, b1]);
    b1.signal();
    expect(mergeFences(fixture.kernel, merged)).toBe(a2);
  });

  it('keeps the later one of a timeline whose numbers have wrapped around', () => {
    const fixture = startKernel();
    const { timeline, fence } = createTimeline(fixture);
    timeline.increment(0xffff_fff0);
    const [last, wrapped] = [fence(0xffff_ffff), fence(2)];
    expect(mergeFences(fixture.kernel, last, wrapped)).toBe(wrapped);
    expect(mergeFences(fixture.kernel, wrapped, last)).toBe(wrapped);
  });

  it('is idempotent', () => {
    const fixture = startKernel();
    const merged = mergeFences(fixture.kernel, ...independent(fixture, 3));
    const again = mergeFences(fixture.kernel, merged, merged);
    expect([...unwrap(again)]).toEqual([...unwrap(merged)]);
  });

  it('of nothing pending is a signalled stub with the newest time; errors are lost', () => {
    const fixture = startKernel();
    const [a, b] = independent(fixture, 2) as [Fence, Fence];
    a.setError('EIO');
    a.signal(40n);
    b.signal(30n);
    const merged = mergeFences(fixture.kernel, a, b);
    expect([merged.status, merged.timestamp, merged.context]).toEqual([1, 40n, 0n]);
  });
});
