import { describe, expect, it } from 'vitest';
import {
  MADV_DOFORK,
  MADV_DONTNEED,
  MADV_REMOVE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_SYNC,
  MREMAP_MAYMOVE,
  MS_ASYNC,
  MS_SYNC,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from '../../../protocol/uapi/fcntl.ts';
import type { KernelVersion } from '../behaviour.ts';
import { createDmaBuf, errnoOf, startKernel } from './fixture.ts';
import { fsync, madvise, mlock, mremap, msync } from './memory-calls.ts';

function start(behaves: KernelVersion = '7.2') {
  const { task, kernel } = startKernel({ behaves });
  const buffer = createDmaBuf(task);
  return {
    task,
    kernel,
    buffer,
    address: task.mmap(buffer, 16384),
    anonymous: task.memory.mapAnonymous(8192),
  };
}

describe('calls on mappings', () => {
  it('leave the pages of a driver alone', () => {
    const { task, buffer, address } = start();
    task.memory.view(address, 1)[0] = 0x5a;
    expect(errnoOf(() => madvise(task, address, 16384, MADV_DONTNEED))).toBe('EINVAL');
    expect(errnoOf(() => madvise(task, address, 16384, MADV_REMOVE))).toBe('ENODEV');
    expect(errnoOf(() => mremap(task, address, 16384, 32768, MREMAP_MAYMOVE))).toBe('EFAULT');
    expect(errnoOf(() => msync(task, address, 16384, MS_SYNC))).toBe('EINVAL');
    expect(errnoOf(() => fsync(task, buffer))).toBe('EINVAL');
    expect(errnoOf(() => msync(task, address, 16384, MS_ASYNC))).toBeNull();
    expect(errnoOf(() => mlock(task, address, 4096))).toBeNull();
    expect(task.memory.view(address, 1)[0]).toBe(0x5a);
  });

  it.each([
    ['7.2', 'EINVAL', 'EPERM'],
    ['6.12', null, null],
  ] as const)('have changed: in %s MADV_DOFORK and PROT_EXEC of a dma-buf', (version, fork, exec) => {
    const { task, address, buffer } = start(version);
    expect(errnoOf(() => madvise(task, address, 16384, MADV_DOFORK))).toBe(fork);
    expect(errnoOf(() => task.mmap(buffer, 4096, { protection: PROT_READ | PROT_EXEC }))).toBe(exec);
  });

  it('forget what was written into private memory', () => {
    const { task, anonymous } = start();
    task.memory.view(anonymous, 8192).fill(7);
    madvise(task, anonymous + 4096n, 4096, MADV_DONTNEED);
    expect([task.memory.view(anonymous, 1)[0], task.memory.view(anonymous + 4096n, 1)[0]]).toEqual([7, 0]);
    expect(errnoOf(() => madvise(task, anonymous, 8192, 77))).toBe('EINVAL');
    expect(errnoOf(() => madvise(task, anonymous, 1 << 20, MADV_DONTNEED))).toBe('ENOMEM');
    expect(errnoOf(() => mlock(task, 4096n, 4096))).toBe('ENOMEM');
  });

  it('keep the private pages of a mapping that grows, and forget them when told to', () => {
    const { task } = start();
    const memfd = task.memfdCreate('private');
    task.truncate(memfd, 8192n);
    task.pwrite(memfd, Uint8Array.of(1), 0n);
    const first = task.mmap(memfd, 4096, { flags: MAP_PRIVATE });
    task.memory.view(first, 1)[0] = 9;
    const second = mremap(task, first, 4096, 16384, MREMAP_MAYMOVE);
    expect(task.memory.view(second, 1)[0]).toBe(9);
    madvise(task, second, 16384, MADV_DONTNEED);
    expect(task.memory.view(second, 1)[0]).toBe(1);
  });

  it('make a mapping of a file longer, elsewhere, and shorter in place', () => {
    const { task } = start();
    const memfd = task.memfdCreate('grows');
    task.truncate(memfd, 16384n);
    const first = task.mmap(memfd, 4096);
    task.memory.view(first, 1)[0] = 9;
    expect(errnoOf(() => mremap(task, first, 4096, 16384, 0))).toBe('ENOMEM');
    const second = mremap(task, first, 4096, 16384, MREMAP_MAYMOVE);
    expect([task.memory.view(second, 1)[0], task.memory.view(second + 12288n, 1)[0]]).toEqual([9, 0]);
    expect(() => task.memory.view(first, 1)).toThrow('not mapped');
    expect(mremap(task, second, 16384, 8192, 0)).toBe(second);
    expect(() => task.memory.view(second + 8192n, 1)).toThrow('not mapped');
  });

  it('see a mapping whose parts have other protections as one', () => {
    const { task, address } = start();
    task.mprotect(address + 4096n, 4096, PROT_READ);
    expect(task.memory.copyFromUser(address, 16384)).toHaveLength(16384);
    expect(errnoOf(() => task.memory.copyToUser(address + 4000n, new Uint8Array(200)))).toBe('EFAULT');
    task.mprotect(address, 16384, PROT_READ | PROT_WRITE);
    expect(errnoOf(() => task.memory.copyToUser(address + 4000n, new Uint8Array(200)))).toBeNull();
    task.munmap(address + 8192n, 4096);
    expect(errnoOf(() => task.memory.copyFromUser(address, 16384))).toBe('EFAULT');
  });

  it('refuse flags only where they are asked to look', () => {
    const { task, buffer } = start();
    expect(errnoOf(() => task.mmap(buffer, 4096, { flags: MAP_SHARED_VALIDATE | MAP_SYNC }))).toBe(
      'EOPNOTSUPP',
    );
    expect(errnoOf(() => task.mmap(buffer, 4096, { flags: MAP_SHARED_VALIDATE }))).toBeNull();
    expect(errnoOf(() => task.mmap(buffer, 4096, { flags: MAP_SHARED | MAP_SYNC }))).toBeNull();
    expect(errnoOf(() => task.mmap(buffer, 4096, { flags: MAP_PRIVATE }))).toBe('EINVAL');
  });
});
