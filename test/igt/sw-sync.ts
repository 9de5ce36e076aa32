import { deepEqual, equal, ok } from 'node:assert/strict';
import { ERRNO } from '../../protocol/uapi/errno.ts';
import { POLLIN } from '../../protocol/uapi/fcntl.ts';
import { SW_SYNC_IOC_CREATE_FENCE, SW_SYNC_IOC_INC } from '../../protocol/uapi/sw-sync.ts';
import { SYNC_IOC_FILE_INFO, SYNC_IOC_MERGE } from '../../protocol/uapi/sync-file.ts';
import { ioctl } from '../conformance/calls.ts';
import {
  incrementTimeline,
  merge,
  openTimeline,
  syncFileCount,
  syncFileStatus,
  timelineFence,
} from '../conformance/fences.ts';
import { outcomeOf, type Probe } from '../conformance/probe.ts';
import type { Binary } from './binary.ts';
import { swSyncThreads } from './sw-sync-threads.ts';
import { VGEM } from './system.ts';

/** Whether poll(2) sees the fence signalled within that time. */
const wait = (probe: Probe, fence: number, milliseconds = 0): boolean =>
  probe.poll(fence, POLLIN, milliseconds).ret === 1;

/** How many members of a sync file are pending, and how many have signalled. */
function members(probe: Probe, file: number): { pending: number; signalled: number } {
  const room = Array.from({ length: syncFileCount(probe, file) }, () => ({}));
  const { errno, out } = ioctl(probe, file, SYNC_IOC_FILE_INFO, { sync_fence_info: room });
  equal(errno, null);
  const fences = Array.isArray(out.sync_fence_info) ? out.sync_fence_info : [];
  const count = (status: number) => fences.filter(fence => fence.status === status).length;
  return { pending: count(0), signalled: count(1) };
}

const PRIMES = [
  2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
];

function busy(probe: Probe): void {
  const timeline = openTimeline(probe);
  const fence = timelineFence(probe, timeline, 5);
  equal(wait(probe, fence), false);
  incrementTimeline(probe, timeline, 1);
  equal(wait(probe, fence, 10), false);
  incrementTimeline(probe, timeline, 4);
  equal(wait(probe, fence), true);
  incrementTimeline(probe, timeline, 5);
  equal(wait(probe, fence), true);
  let point = 10;
  for (const prime of PRIMES) {
    point += prime;
    const next = timelineFence(probe, timeline, point);
    equal(wait(probe, next), false, `point ${point} before its step`);
    incrementTimeline(probe, timeline, prime);
    equal(wait(probe, next), true, `point ${point} after its step of ${prime}`);
  }
}

/** Another process moves the timeline on after a second, and its owner waits for that. */
function busyInAnotherProcess(probe: Probe, keepsTimeline: boolean): void {
  const timeline = openTimeline(probe);
  const fence = timelineFence(probe, timeline, 1);
  const child = probe.kernel.createTask({ name: 'child', credentials: { uid: 0 } });
  const received = probe.task.send(timeline, child);
  if (!keepsTimeline) probe.task.close(timeline);
  equal(wait(probe, fence), false);
  probe.later(1000, () => child.call(received, SW_SYNC_IOC_INC, { value: 1 }));
  equal(wait(probe, fence, 999), false);
  equal(wait(probe, fence, 2), true);
  child.exit();
  equal(syncFileStatus(probe, fence), 1);
}

function randomMerge(probe: Probe): void {
  const TIMELINES = 32;
  const POINTS = 1024;
  const { random } = probe.machine;
  const timelines = Array.from({ length: TIMELINES }, () => ({ fd: openTimeline(probe), largest: 0 }));
  let merged = timelineFence(probe, openTimeline(probe), 0);
  for (let index = 0; index < POINTS; index++) {
    const timeline = timelines[Math.floor(random() * TIMELINES)]!;
    const point = 1 + Math.floor(random() * 0x7fff_fffe);
    timeline.largest = Math.max(timeline.largest, point);
    const fence = timelineFence(probe, timeline.fd, point);
    const both = merge(probe, merged, fence, 'random');
    ok(both >= 0);
    for (const fd of [merged, fence]) probe.task.close(fd);
    merged = both;
  }
  const used = timelines.filter(({ largest }) => largest > 0);
  equal(syncFileCount(probe, merged), used.length);
  for (const { fd, largest } of used) {
    incrementTimeline(probe, fd, largest - 1);
    equal(wait(probe, merged, 1), false);
    incrementTimeline(probe, fd, 1);
  }
  equal(wait(probe, merged), true);
}

export const swSync: Binary = {
  name: 'sw_sync',
  subtests: {
    alloc_timeline: probe => {
      const timeline = openTimeline(probe);
      ok(timeline >= 0);
      probe.task.close(timeline);
    },
    alloc_fence: probe => {
      const fence = timelineFence(probe, openTimeline(probe), 0);
      ok(fence >= 0);
      equal(syncFileStatus(probe, fence), 1);
    },
    alloc_fence_invalid_timeline: probe => {
      equal(ioctl(probe, -1, SW_SYNC_IOC_CREATE_FENCE, { value: 0 }).errno, 'EBADF');
    },
    alloc_merge_fence: probe => {
      const fences = [1, 1].map(point => timelineFence(probe, openTimeline(probe), point));
      const merged = merge(probe, fences[0]!, fences[1]!, 'merged');
      equal(syncFileCount(probe, merged), 2);
      equal(syncFileStatus(probe, merged), 0);
    },
    sync_busy: busy,
    sync_busy_fork: probe => busyInAnotherProcess(probe, false),
    sync_busy_fork_unixsocket: probe => busyInAnotherProcess(probe, true),
    sync_expired_merge: probe => {
      const timeline = openTimeline(probe);
      incrementTimeline(probe, timeline, 100);
      let merged = timelineFence(probe, timeline, 1);
      for (let point = 1; point <= 100; point++) {
        const expired = timelineFence(probe, timeline, point);
        equal(wait(probe, expired), true);
        const next = merge(probe, merged, expired, 'expired');
        ok(next >= 0);
        for (const fd of [merged, expired]) probe.task.close(fd);
        merged = next;
        equal(wait(probe, merged), true);
        equal(syncFileStatus(probe, merged), 1);
      }
    },
    sync_merge: probe => {
      const timeline = openTimeline(probe);
      const [one, two, three] = [1, 2, 3].map(point => timelineFence(probe, timeline, point));
      const merged = merge(probe, merge(probe, one!, two!, 'two'), three!, 'three');
      for (let value = 0; value < 3; value++) {
        deepEqual(members(probe, merged), { pending: 1, signalled: 0 });
        equal(wait(probe, merged), false);
        incrementTimeline(probe, timeline, 1);
      }
      equal(wait(probe, merged), true);
      deepEqual(members(probe, merged), { pending: 0, signalled: 1 });
    },
    sync_merge_invalid: probe => {
      const fence = timelineFence(probe, openTimeline(probe), 1);
      const before = probe.task.files.size;
      const mergedWith = (fd2: number) => ioctl(probe, fence, SYNC_IOC_MERGE, { name: 'wrong', fd2 }).errno;
      equal(mergedWith(-1), 'ENOENT');
      const others = [probe.task.memfdCreate('a file'), probe.task.open(VGEM), openTimeline(probe)];
      for (const fd of others) equal(mergedWith(fd), 'ENOENT', `with descriptor ${fd}`);
      equal(probe.task.files.size, before + others.length);
      ok(outcomeOf(() => probe.task.ioctl(others[0]!, SYNC_IOC_MERGE.number, 0n)).errno);
    },
    sync_merge_same: probe => {
      const timeline = openTimeline(probe);
      const fence = timelineFence(probe, timeline, 1);
      const merged = merge(probe, fence, fence, 'same');
      equal(syncFileCount(probe, merged), 1);
      equal(wait(probe, merged), false);
      incrementTimeline(probe, timeline, 1);
      equal(wait(probe, merged), true);
    },
    sync_multi_timeline_wait: probe => {
      const timelines = [1, 2, 3].map(() => openTimeline(probe));
      const [one, two, three] = timelines.map(timeline => timelineFence(probe, timeline, 5));
      const merged = merge(probe, merge(probe, one!, two!, 'two'), three!, 'three');
      for (const [signalled, timeline] of timelines.entries()) {
        deepEqual(members(probe, merged), { pending: 3 - signalled, signalled });
        equal(wait(probe, merged, 5), false);
        incrementTimeline(probe, timeline, 5);
      }
      deepEqual(members(probe, merged), { pending: 0, signalled: 3 });
      equal(wait(probe, merged, 100), true);
    },
    sync_random_merge: randomMerge,
    timeline_closed: probe => {
      const timeline = openTimeline(probe);
      const fence = timelineFence(probe, timeline, 1);
      equal(syncFileStatus(probe, fence), 0);
      probe.task.close(timeline);
      equal(wait(probe, fence), true);
      equal(syncFileStatus(probe, fence), -ERRNO.ENOENT);
    },
    timeline_closed_signaled: probe => {
      const timeline = openTimeline(probe);
      const fence = timelineFence(probe, timeline, 1);
      incrementTimeline(probe, timeline, 1);
      probe.task.close(timeline);
      equal(wait(probe, fence), true);
      equal(syncFileStatus(probe, fence), 1);
    },
    ...swSyncThreads,
  },
};
