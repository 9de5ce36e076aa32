import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../../compositor/kernel/sync/fence-unwrap.ts';
import { SoftwareTimeline } from '../../compositor/kernel/sync/software-timeline.ts';
import { createSyncFile, SyncFile } from '../../compositor/kernel/sync/sync-file.ts';
import { startKernel } from '../../compositor/kernel/task/fixture.ts';
import type { Task } from '../../compositor/kernel/task/task.ts';
import { SYNC_IOC_MERGE } from '../../protocol/uapi/sync-file.ts';
import { runs } from './runs.ts';

const TIMELINES = 4;

const merge = (task: Task, fd: number, fd2: number): number =>
  task.call(fd, SYNC_IOC_MERGE, { name: 'merged', fd2 }).fence;

const membersOf = (task: Task, fd: number): string[] =>
  [...unwrap(task.files.get(fd).as(SyncFile, 'sync file').fence)].map(
    ({ context, seqno }) => `${context}:${seqno}`,
  );

/** Sync files of fences at these points of four timelines. */
function syncFiles(points: readonly (readonly [timeline: number, value: number])[]) {
  const { kernel, task } = startKernel();
  const timelines = Array.from(
    { length: TIMELINES },
    (_, at) => new SoftwareTimeline(kernel, { name: `${at}` }),
  );
  const files = points.map(([at, value]) =>
    task.files.add(createSyncFile(kernel, timelines[at]!.createFence(value))),
  );
  return { task, timelines, files };
}

const points = fc.array(fc.tuple(fc.nat({ max: TIMELINES - 1 }), fc.integer({ min: 1, max: 4 })), {
  minLength: 1,
  maxLength: 12,
});

describe('merging sync files', () => {
  it('gives the same fences in any order and any grouping, each timeline once', () => {
    const input = points.chain(list =>
      fc.record({
        list: fc.constant(list),
        order: fc.shuffledSubarray([...list.keys()], { minLength: list.length }),
        signalled: fc.array(fc.nat({ max: 3 }), { minLength: TIMELINES, maxLength: TIMELINES }),
        split: fc.nat({ max: list.length }),
      }),
    );
    const property = fc.property(input, ({ list, order, signalled, split }) => {
      const { task, timelines, files } = syncFiles(list);
      for (const [at, value] of signalled.entries()) timelines[at]!.increment(value);
      const all = (fds: readonly number[]): number =>
        fds.reduce((one, other) => merge(task, one, other), fds[0]!);
      const straight = all(files);
      const shuffled = order.map(at => files[at]!);
      const [front, back] = [shuffled.slice(0, split), shuffled.slice(split)];
      const halves = [front, back].filter(half => half.length > 0).map(all);
      const grouped = all(halves);

      const latest = new Map<number, number>();
      for (const [at, value] of list)
        if (value > signalled[at]!) latest.set(at, Math.max(value, latest.get(at) ?? 0));
      const pending = [...latest].sort(([a], [b]) => a - b);
      const expected = pending.map(([at, value]) => `${timelines[at]!.context}:${value}`);
      expect(membersOf(task, straight)).toEqual(expected.length > 0 ? expected : ['0:0']);
      expect(membersOf(task, grouped)).toEqual(membersOf(task, straight));
      expect(membersOf(task, merge(task, grouped, straight))).toEqual(membersOf(task, straight));
    });
    fc.assert(property, runs(100));
  });
});
