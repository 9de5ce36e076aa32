import { describe, expect, it } from 'vitest';
import {
  F_ADD_SEALS,
  F_GETFD,
  F_GETFL,
  F_SEAL_EXEC,
  F_SEAL_FUTURE_WRITE,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  O_RDWR,
  SEEK_END,
} from '../../../protocol/uapi/fcntl.ts';
import { UDMABUF_CREATE, UDMABUF_CREATE_LIST } from '../../../protocol/uapi/udmabuf.ts';
import { dmaBufOf } from '../dma-buf/dma-buf.ts';
import { BusError } from '../task/address-space.ts';
import { errnoOf, sealedMemfd, startKernel } from '../task/fixture.ts';
import type { MemFile } from './memfd.ts';

const HUGE = 0xffff_ffff_ffff_f000n;

function start() {
  const fixture = startKernel();
  const { task } = fixture;
  const device = task.open('/dev/udmabuf');
  const memfd = sealedMemfd(task, 16384);
  return {
    ...fixture,
    device,
    memfd,
    create: (size: bigint, options: { memfd?: number; offset?: bigint; flags?: number } = {}): number =>
      task.callForNumber(device, UDMABUF_CREATE, { memfd, size, ...options }),
    createList: (list: { memfd?: number; offset: bigint; size: bigint }[], flags = 0): number =>
      task.callForNumber(device, UDMABUF_CREATE_LIST, {
        flags,
        list: list.map(item => ({ memfd, ...item })),
      }),
  };
}

describe('UDMABUF_CREATE', () => {
  it.each([
    ['none', 0, 'EINVAL'],
    ['SHRINK', F_SEAL_SHRINK, null],
    ['GROW', F_SEAL_GROW, 'EINVAL'],
    ['SHRINK|GROW', F_SEAL_SHRINK | F_SEAL_GROW, null],
    ['SHRINK|WRITE', F_SEAL_SHRINK | F_SEAL_WRITE, 'EINVAL'],
    ['SHRINK|FUTURE_WRITE', F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE, 'EINVAL'],
    ['SHRINK|SEAL', F_SEAL_SHRINK | F_SEAL_SEAL, null],
    ['SHRINK|EXEC', F_SEAL_SHRINK | F_SEAL_EXEC, 'EINVAL'],
  ])('asks for F_SEAL_SHRINK and refuses sealed writing: %s', (_name, seals, expected) => {
    const { create, task } = start();
    expect(errnoOf(() => create(16384n, { memfd: sealedMemfd(task, 16384, seals) }))).toBe(expected);
  });

  it('gives its pages back once when no descriptor is free', () => {
    const { task, kernel } = startKernel({ descriptorLimit: 3 });
    const device = task.open('/dev/udmabuf');
    const memfd = sealedMemfd(task, 4096);
    const create = () => task.callForNumber(device, UDMABUF_CREATE, { memfd, size: 4096n });
    const first = create();
    const { backing } = task.files.get(memfd).operations as MemFile;
    const { pins } = backing;
    expect(errnoOf(create)).toBe('EMFILE');
    expect([backing.pins, kernel.dmaBufs.size]).toEqual([pins, 1]);
    task.close(first);
    expect([backing.pins, kernel.dmaBufs.size]).toEqual([0, 0]);
  });

  it('takes whole pages inside the file', () => {
    const { create } = start();
    const attempt = (offset: bigint, size: bigint) => errnoOf(() => create(size, { offset }));
    for (const [offset, size] of [
      [0n, 0n],
      [0n, 1n],
      [0n, 4097n],
      [0n, 20480n],
      [1n, 4096n],
      [4096n, 16384n],
      [16384n, 4096n],
      [HUGE, 4096n],
      [HUGE, 8192n],
      [0n, HUGE],
    ] as const)
      expect(attempt(offset, size)).toBe('EINVAL');
    for (const [offset, size] of [
      [0n, 4096n],
      [4096n, 12288n],
    ] as const)
      expect(attempt(offset, size)).toBeNull();
  });

  it('says EBADFD for what is no memfd, EFAULT for a bad address, ENOTTY for another call', () => {
    const { create, task, device } = start();
    for (const memfd of [-1, 99, device, task.eventfd()])
      expect(errnoOf(() => create(4096n, { memfd }))).toBe('EBADFD');
    expect(errnoOf(() => task.ioctl(device, UDMABUF_CREATE.number, 0n))).toBe('EFAULT');
    expect(errnoOf(() => task.ioctl(device, 0x4004_7550, 0n))).toBe('ENOTTY');
  });

  it('ignores flags it does not know; CLOEXEC is what it says', () => {
    const { create, task } = start();
    const closeOnExec = (flags: number) => task.fcntl(create(4096n, { flags }), F_GETFD);
    expect([0, 1, 2, 0x8000_0000].map(closeOnExec)).toEqual([0, 1, 0, 0]);
    const fd = create(12288n, { offset: 4096n });
    expect([task.fcntl(fd, F_GETFL), task.seek(fd, 0n, SEEK_END)]).toEqual([O_RDWR, 12288n]);
  });

  it('has a limit of 64 MiB', () => {
    const { create, task, kernel } = start();
    const memfd = sealedMemfd(task, 65 << 20);
    expect(errnoOf(() => create((64n << 20n) + 4096n, { memfd }))).toBe('EINVAL');
    expect(errnoOf(() => create(64n << 20n, { memfd }))).toBe('ENOMEM');
    expect(kernel.memory.used).toBe(0);
  });
});

describe('a udmabuf', () => {
  it('is the memory of its memfd, and outlives the descriptor', () => {
    const { create, task, memfd } = start();
    const mapped = task.mmap(create(16384n), 16384);
    task.pwrite(memfd, Uint8Array.of(0x33), 8192n);
    expect(task.memory.view(mapped + 8192n, 1)[0]).toBe(0x33);
    const other = task.mmap(create(8192n, { offset: 4096n }), 8192);
    task.memory.view(mapped + 4096n, 1)[0] = 0x5c;
    expect(task.memory.view(other, 1)[0]).toBe(0x5c);
    task.close(memfd);
    expect(task.memory.view(mapped + 4096n, 1)[0]).toBe(0x5c);
  });

  it('keeps its memfd from being sealed against writing, mapped or not, but not from growing', () => {
    const { create, task, memfd } = start();
    const fd = create(16384n);
    const seal = () => errnoOf(() => task.fcntl(memfd, F_ADD_SEALS, F_SEAL_WRITE));
    expect(seal()).toBe('EBUSY');
    task.truncate(memfd, 32768n);
    task.pwrite(memfd, Uint8Array.of(1), 32767n);
    expect(task.seek(fd, 0n, SEEK_END)).toBe(16384n);
    expect(errnoOf(() => task.truncate(memfd, 4096n))).toBe('EPERM');
    task.close(fd);
    expect(seal()).toBeNull();
  });

  it('gives everything back when it goes', () => {
    const { create, task, kernel } = start();
    create(16384n);
    task.mmap(create(4096n), 4096);
    task.exit();
    expect([kernel.memory.used, kernel.dmaBufs.size]).toEqual([0, 0]);
  });
});

describe('UDMABUF_CREATE_LIST', () => {
  const page = (at: number, memfd?: number) => ({
    offset: BigInt(at * 4096),
    size: 4096n,
    ...(memfd === undefined ? {} : { memfd }),
  });

  function startWithPages() {
    const fixture = start();
    for (let at = 0; at < 4; at++)
      fixture.task.pwrite(fixture.memfd, Uint8Array.of(0x30 + at), BigInt(at * 4096));
    return fixture;
  }

  it('puts pages in the order of its items', () => {
    const { createList, task, kernel } = startWithPages();
    const fd = createList([page(2), { offset: 0n, size: 8192n }]);
    const address = task.mmap(fd, 12288);
    const firstBytes = [0n, 4096n, 8192n].map(at => task.memory.view(address + at, 1)[0]);
    expect(firstBytes).toEqual([0x32, 0x30, 0x31]);
    const map = kernel.thread('vmap', dmaBufOf(task.files.get(fd)).vmap()).result();
    expect([0, 4096, 8192].map(at => map.bytes[at])).toEqual([0x32, 0x30, 0x31]);
    map.bytes[4096] = 0x41;
    kernel.thread('vunmap', map.vunmap()).result();
    expect(task.memory.view(address + 4096n, 1)[0]).toBe(0x41);
  });

  it('may name a page twice, and then both are the same', () => {
    const { createList, task } = startWithPages();
    const address = task.mmap(createList([page(0), page(0)]), 8192);
    task.memory.view(address, 1)[0] = 0x5a;
    expect(task.memory.view(address + 4096n, 1)[0]).toBe(0x5a);
  });

  it('cannot be written over a border between pages that do not follow each other', () => {
    const { createList, task } = startWithPages();
    const address = task.mmap(createList([page(2), page(0)]), 8192);
    expect([...task.memory.view(address + 4095n, 2, false)]).toEqual([0, 0x30]);
    expect(() => task.memory.view(address + 4095n, 2, true)).toThrow(BusError);
  });

  it('checks every item, and its length', () => {
    const { createList, task } = startWithPages();
    const attempt = (list: Parameters<typeof createList>[0], flags = 0) =>
      errnoOf(() => createList(list, flags));
    expect(attempt([])).toBe('EINVAL');
    expect(attempt([{ offset: 1n, size: 4096n }])).toBe('EINVAL');
    expect(attempt([page(0), page(0, -1)])).toBe('EBADFD');
    expect(attempt([page(0), page(0, sealedMemfd(task, 4096, 0))])).toBe('EINVAL');
    expect(attempt([page(0)], 6)).toBeNull();
    expect(attempt(Array.from({ length: 1024 }, () => page(0)))).toBeNull();
    expect(attempt(Array.from({ length: 1025 }, () => page(0)))).toBe('EINVAL');
  });
});
