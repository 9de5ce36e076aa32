import { describe, expect, it } from 'vitest';
import { DMA_BUF_IOCTL_SYNC } from '../../../protocol/uapi/dma-buf.ts';
import {
  EFD_NONBLOCK,
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_SETFD,
  FD_CLOEXEC,
  O_CLOEXEC,
  O_RDONLY,
  POLLIN,
  PROT_READ,
  PROT_WRITE,
} from '../../../protocol/uapi/fcntl.ts';
import { dmaBufOf } from '../dma-buf/dma-buf.ts';
import { Usage } from '../dma-buf/reservation.ts';
import { createSyncFile } from '../sync/sync-file.ts';
import { SegmentationFault } from './address-space.ts';
import { createDmaBuf, createTimeline, errnoOf, startKernel } from './fixture.ts';
import { KernelError } from './kernel-error.ts';
import type { Sleeping } from './kernel-thread.ts';
import { WaitQueue } from './wait-queue.ts';

const one = new Uint8Array(new BigUint64Array([1n]).buffer);

describe('descriptors', () => {
  it('are the lowest free numbers, up to the limit', () => {
    const { task } = startKernel({ descriptorLimit: 3 });
    expect([task.eventfd(), task.eventfd(), task.eventfd()]).toEqual([0, 1, 2]);
    expect(errnoOf(() => task.eventfd())).toBe('EMFILE');
    expect(errnoOf(() => task.open('/dev/udmabuf'))).toBe('EMFILE');
    expect(errnoOf(() => task.memfdCreate('m'))).toBe('EMFILE');
    expect(errnoOf(() => task.dup(1))).toBe('EMFILE');
    expect([-1, 2, 3].map(lowest => errnoOf(() => task.fcntl(1, F_DUPFD, lowest)))).toEqual([
      'EINVAL',
      'EMFILE',
      'EINVAL',
    ]);
    task.files.limit = 0;
    expect(errnoOf(() => task.eventfd())).toBe('EMFILE');
    task.files.limit = 3;
    task.close(1);
    expect(errnoOf(() => task.close(1))).toBe('EBADF');
    expect(task.dup(2)).toBe(1);
    expect(task.files.get(2).references).toBe(2);
  });

  it('are looked at after what is wrong with the call itself', () => {
    const { task } = startKernel({ descriptorLimit: 0 });
    expect(errnoOf(() => task.memfdCreate('m', 0x20))).toBe('EINVAL');
    expect(errnoOf(() => task.memfdCreate('m'.repeat(250)))).toBe('EINVAL');
    expect(errnoOf(() => task.memfdCreate(0x1000n, 0x20))).toBe('EINVAL');
    expect(errnoOf(() => task.memfdCreate(0x1000n))).toBe('EFAULT');
    expect(errnoOf(() => task.truncate(9, -1n))).toBe('EINVAL');
    expect(errnoOf(() => task.mmap(9, 4096, { offset: 1n }))).toBe('EINVAL');
    expect(errnoOf(() => task.mmap(9, 0))).toBe('EBADF');
  });

  it('say which call failed, and why', () => {
    const { task } = startKernel();
    try {
      task.close(7);
    } catch (error) {
      expect(error).toBeInstanceOf(KernelError);
      expect(error).toMatchObject({ code: 'EBADF', errno: 9, syscall: 'close' });
      expect(String(error)).toContain('descriptor 7 is not open');
      return;
    }
    expect.unreachable();
  });

  it('have a close-on-exec flag of their own; the file they share', () => {
    const { task } = startKernel();
    const fd = task.eventfd(0, O_CLOEXEC);
    const copy = task.dup(fd);
    expect([task.fcntl(fd, F_GETFD), task.fcntl(copy, F_GETFD)]).toEqual([FD_CLOEXEC, 0]);
    expect(task.fcntl(fd, F_DUPFD_CLOEXEC, 9)).toBe(9);
    task.fcntl(fd, F_SETFD, 0);
    expect(task.fcntl(fd, F_GETFD)).toBe(0);
    expect(errnoOf(() => task.fcntl(fd, 4711))).toBe('EINVAL');
    task.write(copy, one);
    expect(task.poll(fd, 1)).toBe(1);
  });

  it('travel to another process as duplicates', () => {
    const { task, kernel } = startKernel();
    const other = kernel.createTask({ name: 'other', descriptorLimit: 1 });
    const fd = task.eventfd();
    const there = task.send(fd, other);
    task.close(fd);
    other.write(there, one);
    expect(other.poll(there, 1)).toBe(1);
    expect(errnoOf(() => task.send(task.eventfd(), other))).toBe('EMFILE');
    expect(errnoOf(() => task.send(99, other))).toBe('EBADF');
  });
});

describe('device nodes', () => {
  it('are opened by those they are for', () => {
    const { task, kernel } = startKernel();
    expect(errnoOf(() => task.open('/dev/nothing'))).toBe('ENOENT');
    const open = () => ({ kind: 'x', describe: () => 'x', status: () => ({ inode: 1n, size: 0n, mode: 0 }) });
    kernel.addNode({ path: '/dev/seat', access: 'seat', open });
    kernel.addNode({ path: '/dev/root', access: 'root', open });
    const seat = kernel.createTask({ name: 'seat', credentials: { seat: true } });
    const root = kernel.createTask({ name: 'root', credentials: { uid: 0 } });
    const attempts = [task, seat, root].map(who =>
      ['/dev/seat', '/dev/root'].map(path => errnoOf(() => who.open(path))),
    );
    expect(attempts).toEqual([
      ['EACCES', 'EACCES'],
      [null, 'EACCES'],
      [null, null],
    ]);
  });
});

describe('a call that sleeps', () => {
  it('wakes by the run queue, never inside the waker', () => {
    const { task, machine } = startKernel();
    const fd = task.eventfd();
    const read = task.startRead(fd, 8);
    task.write(fd, one);
    expect(read.ended).toBe(false);
    machine.settle();
    expect(read.result()[0]).toBe(1);
  });

  it('does not sleep without being asked to', () => {
    const { task, machine } = startKernel();
    expect(errnoOf(() => task.read(task.eventfd(), 8))).toBe('EAGAIN');
    expect(errnoOf(() => task.read(task.eventfd(0, EFD_NONBLOCK), 8))).toBe('EAGAIN');
    machine.settle();
    expect(task.sleeping.size).toBe(0);
  });

  it('leaves nothing behind that it opens when its process has exited', () => {
    const { task, kernel, machine } = startKernel();
    const told = new WaitQueue();
    const opens = function* (): Sleeping<void> {
      yield { what: 'the end of the process', interruptible: false, arm: wake => told.add(wake) };
      task.memfdCreate('late');
      task.mmap(createDmaBuf(task), 4096);
    };
    const thread = task.start('late', opens());
    task.exit();
    expect(thread.ended).toBe(false);
    told.wakeAll();
    machine.settle();
    thread.result();
    expect([task.files.size, task.memory.mapped, kernel.dmaBufs.size, kernel.memory.used]).toEqual([
      0,
      0n,
      0,
      0,
    ]);
  });

  it('ends with EINTR when its process is signalled', () => {
    const { task, machine } = startKernel();
    const read = task.startRead(task.eventfd(), 8);
    read.interrupt();
    machine.settle();
    expect(errnoOf(() => read.result())).toBe('EINTR');
  });

  it('keeps its file although the descriptor is closed meanwhile', () => {
    const fixture = startKernel();
    const { task, kernel, machine } = fixture;
    const fd = createDmaBuf(task);
    const { fence, timeline } = createTimeline(fixture);
    dmaBufOf(task.files.get(fd)).reservation.publish(fence(1), Usage.WRITE);
    const call = task.startCall(fd, DMA_BUF_IOCTL_SYNC, { flags: 1n });
    task.close(fd);
    expect(kernel.dmaBufs.size).toBe(1);
    timeline.increment();
    machine.settle();
    call.result();
    expect(kernel.dmaBufs.size).toBe(0);
  });
});

describe('watch', () => {
  it('tells once, from the run queue, unless it is cancelled', () => {
    const { task, machine } = startKernel();
    const [a, b] = [task.eventfd(), task.eventfd()];
    const told: string[] = [];
    task.watch(a, 1, () => told.push('a'));
    const cancelled = task.watch(b, 1, () => told.push('b'));
    for (const fd of [a, b, a]) task.write(fd, one);
    cancelled.cancel();
    expect(told).toEqual([]);
    machine.settle();
    expect(told).toEqual(['a']);
    expect([task.files.get(a).references, task.files.get(b).references]).toEqual([1, 1]);
  });

  it('leaves nothing behind of a file that cannot be polled now', () => {
    const { task, kernel } = startKernel();
    const broken = kernel.file({
      kind: 'broken',
      describe: () => 'broken',
      status: () => ({ inode: 0n, size: 0n, mode: 0 }),
      poll: () => {
        throw new KernelError('EIO', 'gone');
      },
    });
    const fd = task.files.add(broken);
    expect(errnoOf(() => task.watch(fd, POLLIN, () => {}))).toBe('EIO');
    expect(broken.references).toBe(1);
    task.exit();
    expect(broken.references).toBe(0);
  });

  it('looks again when it is woken: what another has taken away is waited for once more', () => {
    const { task, machine } = startKernel();
    const fd = task.eventfd(0, EFD_NONBLOCK);
    const told: number[] = [];
    task.watch(fd, POLLIN, mask => told.push(mask));
    task.write(fd, one);
    task.read(fd, 8);
    machine.settle();
    expect(told).toEqual([]);
    task.write(fd, one);
    machine.settle();
    expect(told).toEqual([POLLIN]);
  });
});

describe('an address space', () => {
  it('has guard pages, and holes where something was unmapped', () => {
    const { task } = startKernel();
    const address = task.memory.mapAnonymous(3 * 4096);
    expect(() => task.memory.view(address + 3n * 4096n, 1)).toThrow(SegmentationFault);
    task.memory.view(address, 1)[0] = 1;
    task.munmap(address + 4096n, 4096);
    expect(task.memory.view(address, 1)[0]).toBe(1);
    expect(() => task.memory.view(address + 4096n, 1)).toThrow(SegmentationFault);
    expect(task.memory.view(address + 8192n, 4096)).toHaveLength(4096);
    expect(errnoOf(() => task.memory.copyFromUser(0n, 4))).toBe('EFAULT');
    expect(errnoOf(() => task.munmap(address + 1n, 4096))).toBe('EINVAL');
    expect(errnoOf(() => task.memory.readString(address, 1))).toBe('EINVAL');
  });

  it('maps what the descriptor is open for', () => {
    const { task } = startKernel();
    const fd = task.memfdCreate('m');
    task.truncate(fd, 4096n);
    task.files.get(fd).flags = O_RDONLY;
    expect(errnoOf(() => task.mmap(fd, 4096, { protection: PROT_WRITE }))).toBe('EACCES');
    expect(errnoOf(() => task.mmap(fd, 4096, { protection: PROT_READ }))).toBeNull();
    expect(errnoOf(() => task.mmap(fd, 0))).toBe('EINVAL');
    expect(errnoOf(() => task.mmap(fd, 4096, { offset: 5n }))).toBe('EINVAL');
    expect(errnoOf(() => task.mmap(fd, 4096, { flags: 0 }))).toBe('EINVAL');
    expect(errnoOf(() => task.mmap(task.eventfd(), 4096))).toBe('ENODEV');
  });
});

describe('exit', () => {
  it('gives back everything, sleeping calls and watches included', () => {
    const fixture = startKernel();
    const { task, kernel, machine } = fixture;
    const fd = createDmaBuf(task);
    const { fence } = createTimeline(fixture);
    dmaBufOf(task.files.get(fd)).reservation.publish(fence(1), Usage.WRITE);
    task.memory.view(task.mmap(fd, 4096), 4).fill(1);
    task.mmap(task.memfdCreate('m'), 4096);
    const sleeping = task.startCall(fd, DMA_BUF_IOCTL_SYNC, { flags: 1n });
    task.watch(task.files.add(createSyncFile(kernel, fence(2))), 1, () => expect.unreachable());
    task.exit();
    machine.settle();
    expect(errnoOf(() => sleeping.result())).toBe('EINTR');
    expect([kernel.tasks.size, kernel.dmaBufs.size, kernel.threads.size]).toEqual([0, 0, 0]);
    expect([kernel.memory.used, task.files.size, task.memory.mapped]).toEqual([0, 0, 0n]);
  });
});
