import { describe, expect, it } from 'vitest';
import {
  DMA_BUF_IOCTL_EXPORT_SYNC_FILE,
  DMA_BUF_IOCTL_IMPORT_SYNC_FILE,
  DMA_BUF_SYNC_READ,
  DMA_BUF_SYNC_RW,
  DMA_BUF_SYNC_WRITE,
} from '../../../protocol/uapi/dma-buf.ts';
import { F_GETFD, F_GETFL, POLLIN } from '../../../protocol/uapi/fcntl.ts';
import { SYNC_IOC_MERGE } from '../../../protocol/uapi/sync-file.ts';
import { createDmaBuf, createTimeline, errnoOf, type Fixture, startKernel } from '../task/fixture.ts';

function start(options: { descriptorLimit?: number } = {}) {
  const fixture = startKernel(options);
  const { task } = fixture;
  const buffer = createDmaBuf(task);
  return {
    ...fixture,
    buffer,
    exported: (flags: number): number =>
      task.call(buffer, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, { flags, fd: 5 }).fd,
    imported: (flags: number, fd: number): void =>
      void task.call(buffer, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, { flags, fd }),
    signalled: (fd: number): boolean => task.poll(fd, POLLIN) === POLLIN,
  };
}

/** What a failed call must leave as it was. */
const holdings = ({ task, kernel }: Fixture) => ({
  descriptors: task.files.size,
  mapped: task.memory.mapped,
  memory: kernel.memory.used,
});

describe('EXPORT_SYNC_FILE', () => {
  it('takes READ, WRITE or both', () => {
    const { exported } = start();
    for (const flags of [0, 4, 5, 8, 0x8000_0000, 0xffff_ffff])
      expect(errnoOf(() => exported(flags))).toBe('EINVAL');
    for (const flags of [1, 2, 3]) expect(errnoOf(() => exported(flags))).toBeNull();
  });

  it('of an idle buffer is a signalled, close-on-exec, read-only sync file', () => {
    const { exported, signalled, task } = start();
    const fd = exported(DMA_BUF_SYNC_RW);
    expect(signalled(fd)).toBe(true);
    expect([task.fcntl(fd, F_GETFD), task.fcntl(fd, F_GETFL)]).toEqual([1, 0]);
  });

  it('for READ waits for writers only, for WRITE for everybody', () => {
    const fixture = start();
    const { exported, imported, signalled } = fixture;
    const reader = createTimeline(fixture);
    const writer = createTimeline(fixture);
    imported(DMA_BUF_SYNC_READ, reader.syncFile(1));
    expect(
      [DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE, DMA_BUF_SYNC_RW].map(flags => signalled(exported(flags))),
    ).toEqual([true, false, false]);
    imported(DMA_BUF_SYNC_WRITE, writer.syncFile(1));
    const [read, write] = [exported(DMA_BUF_SYNC_READ), exported(DMA_BUF_SYNC_WRITE)];
    writer.timeline.increment();
    expect([signalled(read), signalled(write)]).toEqual([true, false]);
    reader.timeline.increment();
    expect(signalled(write)).toBe(true);
  });

  it('is a snapshot: later fences are not in it', () => {
    const fixture = start();
    const { exported, imported, signalled } = fixture;
    const first = createTimeline(fixture);
    const second = createTimeline(fixture);
    imported(DMA_BUF_SYNC_WRITE, first.syncFile(1));
    const before = exported(DMA_BUF_SYNC_WRITE);
    imported(DMA_BUF_SYNC_WRITE, second.syncFile(1));
    const after = exported(DMA_BUF_SYNC_WRITE);
    first.timeline.increment();
    expect([signalled(before), signalled(after)]).toEqual([true, false]);
    second.timeline.increment();
    expect(signalled(after)).toBe(true);
  });

  it('outlives its buffer', () => {
    const fixture = start();
    const { exported, imported, signalled, task, buffer } = fixture;
    const { syncFile, timeline } = createTimeline(fixture);
    const source = syncFile(1);
    imported(DMA_BUF_SYNC_READ, source);
    const fd = exported(DMA_BUF_SYNC_WRITE);
    task.close(source);
    task.close(buffer);
    expect(signalled(fd)).toBe(false);
    timeline.increment();
    expect(signalled(fd)).toBe(true);
  });

  it('can be imported again, unwrapped into its fences', () => {
    const fixture = start();
    const { exported, imported, signalled } = fixture;
    const timelines = [createTimeline(fixture), createTimeline(fixture)];
    for (const { syncFile } of timelines) imported(DMA_BUF_SYNC_READ, syncFile(1));
    imported(DMA_BUF_SYNC_WRITE, exported(DMA_BUF_SYNC_WRITE));
    const fd = exported(DMA_BUF_SYNC_READ);
    timelines[0]!.timeline.increment();
    expect(signalled(fd)).toBe(false);
    timelines[1]!.timeline.increment();
    expect(signalled(fd)).toBe(true);
  });
});

describe('a failing EXPORT_SYNC_FILE leaks nothing', () => {
  it('EMFILE: no number is free', () => {
    const fixture = start({ descriptorLimit: 4 });
    const { exported, task } = fixture;
    while (task.files.size < 4) task.eventfd();
    const before = holdings(fixture);
    expect(errnoOf(() => exported(DMA_BUF_SYNC_READ))).toBe('EMFILE');
    expect(holdings(fixture)).toEqual(before);
  });

  it('EFAULT: the argument cannot be read, or cannot be written back', () => {
    const fixture = start();
    const { task, buffer } = fixture;
    const address = task.mmap(task.memfdCreate('arguments'), 4096);
    const before = holdings(fixture);
    const attempt = (at: bigint) =>
      errnoOf(() => task.ioctl(buffer, DMA_BUF_IOCTL_EXPORT_SYNC_FILE.number, at));
    expect(attempt(0n)).toBe('EFAULT');
    expect(attempt(address)).toBe('EFAULT');
    expect(holdings(fixture)).toEqual(before);
    const readable = task.memory.mapAnonymous(4096);
    task.memory.view(readable, 1)[0] = DMA_BUF_SYNC_READ;
    const protectedCopy = readOnlyCopy(fixture, DMA_BUF_SYNC_READ);
    const then = holdings(fixture);
    expect(attempt(protectedCopy)).toBe('EFAULT');
    expect(holdings(fixture)).toEqual(then);
    expect(attempt(readable)).toBeNull();
    expect(task.files.size).toBe(then.descriptors + 1);
  });

  it.each(['sync_file', 'fence array'])('ENOMEM: no memory for a %s', what => {
    const fixture = start();
    const { exported, kernel } = fixture;
    const before = holdings(fixture);
    kernel.failAllocation = allocated => allocated === what;
    expect(errnoOf(() => exported(DMA_BUF_SYNC_READ))).toBe('ENOMEM');
    kernel.failAllocation = null;
    expect(holdings(fixture)).toEqual(before);
    expect(errnoOf(() => exported(DMA_BUF_SYNC_READ))).toBeNull();
  });

  it('and so does a failing MERGE', () => {
    const fixture = start({ descriptorLimit: 6 });
    const { exported, task, kernel } = fixture;
    const fd = exported(DMA_BUF_SYNC_READ);
    const merge = (fd2: number) => errnoOf(() => task.call(fd, SYNC_IOC_MERGE, { name: 'm', fd2 }));
    const before = holdings(fixture);
    expect(merge(99)).toBe('ENOENT');
    kernel.failAllocation = what => what === 'sync_file';
    expect(merge(fd)).toBe('ENOMEM');
    kernel.failAllocation = null;
    expect(holdings(fixture)).toEqual(before);
    while (task.files.size < 6) task.eventfd();
    expect(merge(fd)).toBe('EMFILE');
  });
});

/** The address of a read-only page that begins with a 32-bit number. */
function readOnlyCopy({ task }: Fixture, value: number): bigint {
  const fd = task.memfdCreate('read-only');
  task.write(fd, new Uint8Array(4096).fill(value, 0, 1));
  return task.mmap(fd, 4096, { protection: 1 });
}
