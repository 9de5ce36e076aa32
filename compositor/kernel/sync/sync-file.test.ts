import { describe, expect, it } from 'vitest';
import { F_GETFD, POLLIN, POLLOUT } from '../../../protocol/uapi/fcntl.ts';
import {
  SYNC_IOC_FILE_INFO,
  SYNC_IOC_MERGE,
  SYNC_IOC_SET_DEADLINE,
} from '../../../protocol/uapi/sync-file.ts';
import { createTimeline, errnoOf, type Fixture, startKernel } from '../task/fixture.ts';
import { fenceOf } from './sync-file.ts';

const merge = ({ task }: Fixture, fd: number, fd2: number, name = ''): number =>
  task.call(fd, SYNC_IOC_MERGE, { name, fd2 }).fence;

const info = ({ task }: Fixture, fd: number) => {
  const { num_fences } = task.call(fd, SYNC_IOC_FILE_INFO, { num_fences: 0 });
  const room = Array.from({ length: num_fences }, () => ({}));
  const answer = task.call(fd, SYNC_IOC_FILE_INFO, { num_fences, sync_fence_info: room });
  const fences = answer.sync_fence_info;
  if (!Array.isArray(fences)) throw new Error('no fences came back');
  return { name: answer.name, status: answer.status, fences };
};

describe('sync file', () => {
  it('is neither read, written, mapped nor sought', () => {
    const fixture = startKernel();
    const { task } = fixture;
    const fd = createTimeline(fixture).syncFile(1);
    expect(errnoOf(() => task.read(fd, 8))).toBe('EINVAL');
    expect(errnoOf(() => task.write(fd, new Uint8Array(8)))).toBe('EBADF');
    expect(errnoOf(() => task.mmap(fd, 4096, { protection: 1 }))).toBe('ENODEV');
    expect(errnoOf(() => task.seek(fd, 0n, 2))).toBe('ESPIPE');
    expect(errnoOf(() => task.truncate(fd, 0n))).toBe('EINVAL');
    expect(errnoOf(() => task.ioctl(fd, 0xc004_3e09, 0n))).toBe('ENOTTY');
    expect(task.status(fd).mode).toBe(0o600);
  });

  it('is readable once its fence has signalled, in error too', () => {
    const fixture = startKernel();
    const { task, machine } = fixture;
    const { syncFile, timeline } = createTimeline(fixture);
    const fd = syncFile(1);
    expect(task.poll(fd, POLLIN | POLLOUT)).toBe(0);
    const masks: number[] = [];
    task.watch(fd, POLLIN, mask => masks.push(mask));
    timeline[Symbol.dispose]();
    expect(masks).toEqual([]);
    machine.settle();
    expect(masks).toEqual([POLLIN]);
    expect(info(fixture, fd).status).toBe(-2);
  });

  it('takes a deadline for its fence', () => {
    const fixture = startKernel();
    const { task } = fixture;
    const fd = createTimeline(fixture).syncFile(1);
    expect(errnoOf(() => task.call(fd, SYNC_IOC_SET_DEADLINE, { deadline_ns: 5n, pad: 1n }))).toBe('EINVAL');
    task.call(fd, SYNC_IOC_SET_DEADLINE, { deadline_ns: 5n });
    expect(fenceOf(task, fd).deadline).toBe(5n);
  });
});

describe('FILE_INFO', () => {
  it('tells of a pending fence, and forgets the names of a signalled one', () => {
    const fixture = startKernel();
    const { syncFile, timeline } = createTimeline(fixture, 'render');
    const fd = syncFile(1);
    const before = info(fixture, fd);
    expect(before.name).toBe(`sw_sync-render${timeline.context}-1`);
    expect(before.fences).toEqual([
      { obj_name: 'render', driver_name: 'sw_sync', status: 0, flags: 0, timestamp_ns: 0n },
    ]);
    timeline.increment();
    const after = info(fixture, fd);
    expect(after.name).toBe('detached-driver-signaled-timeli');
    expect(after.fences).toEqual([
      {
        obj_name: 'signaled-timeline',
        driver_name: 'detached-driver',
        status: 1,
        flags: 0,
        timestamp_ns: fixture.machine.now(),
      },
    ]);
  });

  it('wants room for all fences, zero flags and a good address', () => {
    const fixture = startKernel();
    const { task } = fixture;
    const [a, b] = [createTimeline(fixture).syncFile(1), createTimeline(fixture).syncFile(1)];
    const both = merge(fixture, a, b);
    const ask = (value: Parameters<typeof task.call<typeof SYNC_IOC_FILE_INFO.struct>>[2]) =>
      errnoOf(() => task.call(both, SYNC_IOC_FILE_INFO, value));
    expect(ask({ num_fences: 1, sync_fence_info: [{}] })).toBe('EINVAL');
    expect(ask({ num_fences: 2, sync_fence_info: null })).toBe('EFAULT');
    expect(ask({ num_fences: 3, sync_fence_info: [{}, {}, {}] })).toBeNull();
    expect(ask({ flags: 1 })).toBe('EINVAL');
    expect(ask({ pad: 1 })).toBe('EINVAL');
    expect(errnoOf(() => task.ioctl(both, SYNC_IOC_FILE_INFO.number, 0n))).toBe('EFAULT');
  });

  it('is in error as soon as one fence is, and pending while the rest is', () => {
    const fixture = startKernel();
    const [a, b] = [createTimeline(fixture), createTimeline(fixture)];
    const both = merge(fixture, a.syncFile(1), b.syncFile(1), 'both');
    b.timeline[Symbol.dispose]();
    expect(info(fixture, both)).toMatchObject({ name: 'both', status: 0 });
    a.timeline.increment();
    expect(info(fixture, both).status).toBe(-2);
    expect(info(fixture, both).fences.map(fence => fence.status)).toEqual([1, -2]);
    expect(fixture.task.poll(both, POLLIN)).toBe(POLLIN);
  });
});

describe('MERGE', () => {
  it('makes a new close-on-exec file and leaves the others', () => {
    const fixture = startKernel();
    const { task } = fixture;
    const [a, b] = [createTimeline(fixture), createTimeline(fixture)];
    const [first, second] = [a.syncFile(1), b.syncFile(1)];
    const both = merge(fixture, first, second, 'n'.repeat(32));
    expect(info(fixture, both).name).toBe('n'.repeat(31));
    expect(info(fixture, merge(fixture, first, second)).name).toMatch(/^dma_fence_array-unbound\d+-1$/);
    expect(task.fcntl(both, F_GETFD)).toBe(1);
    a.timeline.increment();
    expect([task.poll(first, POLLIN), task.poll(second, POLLIN), task.poll(both, POLLIN)]).toEqual([
      POLLIN,
      0,
      0,
    ]);
    b.timeline.increment();
    expect(task.poll(both, POLLIN)).toBe(POLLIN);
  });

  it('of one timeline keeps the later fence, in either order and with itself', () => {
    const fixture = startKernel();
    const { syncFile, timeline } = createTimeline(fixture, 't');
    const [first, second] = [syncFile(1), syncFile(2)];
    const name = (fd: number) => info(fixture, fd).name;
    const later = `sw_sync-t${timeline.context}-2`;
    expect([name(merge(fixture, first, second)), name(merge(fixture, second, first))]).toEqual([
      later,
      later,
    ]);
    expect(info(fixture, merge(fixture, first, first)).fences).toHaveLength(1);
  });

  it('checks its flags before the second descriptor, and says ENOENT for that', () => {
    const fixture = startKernel();
    const { task } = fixture;
    const fd = createTimeline(fixture).syncFile(1);
    const attempt = (value: { fd2: number; flags?: number; pad?: number }) =>
      errnoOf(() => task.call(fd, SYNC_IOC_MERGE, value));
    expect(attempt({ fd2: -1, flags: 1 })).toBe('EINVAL');
    expect(attempt({ fd2: fd, pad: 1 })).toBe('EINVAL');
    expect(attempt({ fd2: -1 })).toBe('ENOENT');
    expect(attempt({ fd2: task.eventfd() })).toBe('ENOENT');
    expect(errnoOf(() => task.ioctl(fd, SYNC_IOC_MERGE.number, 0n))).toBe('EFAULT');
  });
});
