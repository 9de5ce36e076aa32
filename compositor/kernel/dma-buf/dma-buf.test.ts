import { describe, expect, it } from 'vitest';
import {
  DMA_BUF_IOCTL_IMPORT_SYNC_FILE,
  DMA_BUF_IOCTL_SYNC,
  DMA_BUF_SET_NAME_A,
  DMA_BUF_SET_NAME_B,
  DMA_BUF_SYNC_END,
  DMA_BUF_SYNC_READ,
  DMA_BUF_SYNC_RW,
  DMA_BUF_SYNC_WRITE,
} from '../../../protocol/uapi/dma-buf.ts';
import {
  F_GET_SEALS,
  MAP_PRIVATE,
  POLLIN,
  POLLOUT,
  PROT_EXEC,
  PROT_READ,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
} from '../../../protocol/uapi/fcntl.ts';
import { createDmaBuf, createTimeline, errnoOf, lockElsewhere, startKernel } from '../task/fixture.ts';
import { dmaBufOf } from './dma-buf.ts';
import { Usage } from './reservation.ts';

const SIZE = 16384;

function start() {
  const fixture = startKernel();
  const fd = createDmaBuf(fixture.task, SIZE);
  const buffer = dmaBufOf(fixture.task.files.get(fd));
  return { ...fixture, fd, buffer };
}

describe('dma-buf as a file', () => {
  it('seeks only to tell its size', () => {
    const { task, fd } = start();
    expect(task.seek(fd, 0n, SEEK_END)).toBe(BigInt(SIZE));
    expect(task.seek(fd, 0n, SEEK_SET)).toBe(0n);
    for (const [offset, whence] of [
      [1n, SEEK_SET],
      [-1n, SEEK_END],
      [0n, SEEK_CUR],
    ] as const)
      expect(errnoOf(() => task.seek(fd, offset, whence))).toBe('EINVAL');
  });

  it('cannot be read, written, cut or sealed', () => {
    const { task, fd } = start();
    expect(errnoOf(() => task.read(fd, 16))).toBe('EINVAL');
    expect(errnoOf(() => task.write(fd, new Uint8Array(16)))).toBe('EINVAL');
    expect(errnoOf(() => task.pread(fd, new Uint8Array(16), 0n))).toBe('ESPIPE');
    expect(errnoOf(() => task.truncate(fd, 0n))).toBe('EINVAL');
    expect(errnoOf(() => task.fcntl(fd, F_GET_SEALS))).toBe('EINVAL');
    expect(errnoOf(() => task.ioctl(fd, 0x4004_7709, 0n))).toBe('ENOTTY');
  });

  it('takes a name of up to 31 bytes', () => {
    const { task, fd, buffer } = start();
    task.call(fd, DMA_BUF_SET_NAME_B, { name: 'hello' });
    expect(buffer.describe()).toBe('/dmabuf:hello');
    task.call(fd, DMA_BUF_SET_NAME_A, { name: 'a'.repeat(31) });
    expect(buffer.name).toHaveLength(31);
    expect(errnoOf(() => task.call(fd, DMA_BUF_SET_NAME_B, { name: 'a'.repeat(32) }))).toBe('EINVAL');
    expect(errnoOf(() => task.ioctl(fd, DMA_BUF_SET_NAME_B.number, 0n))).toBe('EFAULT');
    expect(buffer.name).toHaveLength(31);
  });

  it('is mapped shared, within its size, never for execution', () => {
    const { task, fd } = start();
    const whole = task.mmap(fd, SIZE);
    const last = task.mmap(fd, 4096, { offset: BigInt(SIZE - 4096) });
    task.memory.view(whole + BigInt(SIZE - 4096), 1)[0] = 0x5a;
    expect(task.memory.view(last, 1)[0]).toBe(0x5a);
    expect(errnoOf(() => task.mmap(fd, SIZE + 1))).toBe('EINVAL');
    expect(errnoOf(() => task.mmap(fd, 4096, { offset: BigInt(SIZE) }))).toBe('EINVAL');
    expect(errnoOf(() => task.mmap(fd, SIZE, { flags: MAP_PRIVATE }))).toBe('EINVAL');
    expect(errnoOf(() => task.mmap(fd, SIZE, { protection: PROT_READ | PROT_EXEC }))).toBe('EPERM');
  });

  it('stays alive for a mapping, and says who holds it', () => {
    const { task, fd, buffer, kernel } = start();
    const address = task.mmap(fd, SIZE);
    const attachment = buffer.attach({ name: 'simgpu' });
    const held = buffer.hold('framebuffer 7');
    expect(buffer.holders).toEqual(['attachment of simgpu', 'mapping by test', 'framebuffer 7']);
    task.close(fd);
    held[Symbol.dispose]();
    attachment[Symbol.dispose]();
    expect(buffer.holders).toEqual(['mapping by test']);
    expect(kernel.dmaBufs.size).toBe(1);
    task.munmap(address, SIZE);
    expect(kernel.dmaBufs.size).toBe(0);
    expect(kernel.memory.used).toBe(0);
  });

  it('gives a device that has attached the memory that processes see', () => {
    const { task, fd, buffer, kernel } = start();
    const attachment = buffer.attach({ name: 'simkms' });
    const pin = attachment.map(4096, 4096, 'write');
    kernel.memory.bytes[pin.address] = 0x77;
    expect(task.memory.view(task.mmap(fd, SIZE) + 4096n, 1)[0]).toBe(0x77);
    task.exit();
    expect(kernel.memory.used).toBeGreaterThan(0);
    attachment[Symbol.dispose]();
    pin[Symbol.dispose]();
    expect(kernel.memory.used).toBe(0);
  });
});

describe('the bracket of CPU access', () => {
  it('takes READ, WRITE or both, with START or END', () => {
    const { task, fd } = start();
    const sync = (flags: bigint) => errnoOf(() => task.call(fd, DMA_BUF_IOCTL_SYNC, { flags }));
    for (const flags of [0n, 4n, 8n, 9n, 0x11n, 0x8000_0000_0000_0001n]) expect(sync(flags)).toBe('EINVAL');
    expect(errnoOf(() => task.ioctl(fd, DMA_BUF_IOCTL_SYNC.number, 0n))).toBe('EFAULT');
    expect(sync(5n)).toBe('EINVAL');
    for (const flags of [1n, 2n, 3n, 5n, 6n, 7n]) expect(sync(flags)).toBeNull();
  });

  it.each([
    ['reading', DMA_BUF_SYNC_READ, Usage.WRITE, true],
    ['reading', DMA_BUF_SYNC_READ, Usage.READ, false],
    ['writing', DMA_BUF_SYNC_WRITE, Usage.READ, true],
    ['both', DMA_BUF_SYNC_RW, Usage.READ, true],
  ] as const)('%s (flags %i) with a pending fence of usage %i sleeps: %s', (_what, flags, usage, sleeps) => {
    const fixture = start();
    const fence = createTimeline(fixture).fence(1);
    fixture.buffer.reservation.publish(fence, usage);
    const call = fixture.task.startCall(fixture.fd, DMA_BUF_IOCTL_SYNC, { flags: BigInt(flags) });
    fixture.machine.settle();
    expect(call.ended).toBe(!sleeps);
    fence.signal();
    fixture.machine.settle();
    expect(call.ended).toBe(true);
    expect(
      errnoOf(() =>
        fixture.task.call(fixture.fd, DMA_BUF_IOCTL_SYNC, { flags: BigInt(flags | DMA_BUF_SYNC_END) }),
      ),
    ).toBeNull();
  });

  it('can be interrupted while it waits', () => {
    const fixture = start();
    fixture.buffer.reservation.publish(createTimeline(fixture).fence(1), Usage.WRITE);
    const call = fixture.task.startCall(fixture.fd, DMA_BUF_IOCTL_SYNC, { flags: 1n });
    call.interrupt();
    fixture.machine.settle();
    expect(errnoOf(() => call.result())).toBe('EINTR');
  });
});

describe('poll of a dma-buf', () => {
  it('is readable without writers and writable without users', () => {
    const fixture = start();
    const { task, fd, buffer } = fixture;
    expect(task.poll(fd, POLLIN | POLLOUT)).toBe(POLLIN | POLLOUT);
    const reader = createTimeline(fixture).fence(1);
    buffer.reservation.publish(reader, Usage.READ);
    expect(task.poll(fd, POLLIN | POLLOUT)).toBe(POLLIN);
    const writer = createTimeline(fixture).fence(1);
    buffer.reservation.publish(writer, Usage.WRITE);
    expect(task.poll(fd, POLLIN)).toBe(0);
    reader.signal();
    expect(task.poll(fd, POLLOUT)).toBe(0);
    writer.signal();
    expect(task.poll(fd, POLLIN | POLLOUT)).toBe(POLLIN | POLLOUT);
  });

  it('tells a watcher, who may have closed the descriptor, and holds the buffer no longer than the fence', () => {
    const fixture = start();
    const { task, fd, buffer, kernel, machine } = fixture;
    const writer = createTimeline(fixture).fence(1);
    buffer.reservation.publish(writer, Usage.WRITE);
    const masks: number[] = [];
    task.watch(fd, POLLIN, mask => masks.push(mask));
    task.close(fd);
    machine.settle();
    expect(masks).toEqual([]);
    writer.signal();
    machine.settle();
    expect(masks).toEqual([POLLIN]);
    expect(kernel.dmaBufs.size).toBe(0);
  });
});

describe('a watcher of both directions', () => {
  it('is told of both when the last writer is done', () => {
    const fixture = start();
    const { task, fd, buffer, machine } = fixture;
    const writer = createTimeline(fixture).fence(1);
    buffer.reservation.publish(writer, Usage.WRITE);
    const masks: number[] = [];
    task.watch(fd, POLLIN | POLLOUT, mask => masks.push(mask));
    writer.signal();
    machine.settle();
    expect(masks).toEqual([POLLIN | POLLOUT]);
  });
});

describe('importing a sync file', () => {
  it('checks its flags before the descriptor', () => {
    const { task, fd } = start();
    const attempt = (flags: number, file: number) =>
      errnoOf(() => task.call(fd, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, { flags, fd: file }));
    expect(attempt(8, -1)).toBe('EINVAL');
    expect(attempt(0, fd)).toBe('EINVAL');
    expect(attempt(1, -1)).toBe('EINVAL');
    expect(attempt(1, fd)).toBe('EINVAL');
    expect(errnoOf(() => task.ioctl(fd, DMA_BUF_IOCTL_IMPORT_SYNC_FILE.number, 0n))).toBe('EFAULT');
  });

  it('adds a writer for WRITE, even with READ, and a reader for READ', () => {
    for (const [flags, usage] of [
      [DMA_BUF_SYNC_READ, Usage.READ],
      [DMA_BUF_SYNC_WRITE, Usage.WRITE],
      [DMA_BUF_SYNC_RW, Usage.WRITE],
    ] as const) {
      const fixture = start();
      const file = createTimeline(fixture).syncFile(1);
      fixture.task.call(fixture.fd, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, { flags, fd: file });
      expect([...fixture.buffer.reservation.entries()].map(entry => entry.usage)).toEqual([usage]);
    }
  });

  it('waits for the lock of the reservation', () => {
    const fixture = start();
    const { buffer, machine, task, fd } = fixture;
    const unlock = lockElsewhere(fixture.kernel, buffer.reservation.lock);
    const file = createTimeline(fixture).syncFile(1);
    const call = task.startCall(fd, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, { flags: 1, fd: file });
    expect(call.ended).toBe(false);
    unlock();
    machine.settle();
    expect(call.ended).toBe(true);
    expect([buffer.reservation.fences(Usage.READ).length, buffer.reservation.lock.locked]).toEqual([
      1,
      false,
    ]);
  });
});
