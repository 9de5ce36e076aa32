import { describe, expect, it } from 'vitest';
import { DMA_HEAP_IOCTL_ALLOC, dma_heap_allocation_data } from '../../../protocol/uapi/dma-heap.ts';
import {
  F_GETFD,
  F_GETFL,
  MAP_PRIVATE,
  O_CLOEXEC,
  O_RDONLY,
  O_RDWR,
  PROT_READ,
  SEEK_END,
} from '../../../protocol/uapi/fcntl.ts';
import { iowr } from '../../../protocol/uapi/ioctl.ts';
import type { UserValue } from '../../../protocol/uapi/struct.ts';
import { errnoOf, startKernel } from '../task/fixture.ts';
import { addSystemHeap } from './dma-heap.ts';

function start(descriptorLimit?: number) {
  const fixture = startKernel(descriptorLimit === undefined ? {} : { descriptorLimit });
  addSystemHeap(fixture.kernel);
  const { task } = fixture;
  const heap = task.open('/dev/dma_heap/system');
  const allocate = (value: UserValue<typeof dma_heap_allocation_data>) =>
    task.call(heap, DMA_HEAP_IOCTL_ALLOC, value).fd!;
  const refusal = (value: UserValue<typeof dma_heap_allocation_data>) => errnoOf(() => allocate(value));
  return { ...fixture, heap, allocate, refusal };
}

describe('the system heap', () => {
  it('gives zeroed dma-bufs of whole pages, as writable as asked for', () => {
    const { task, kernel, allocate } = start();
    const free = kernel.memory.used;
    const buffer = allocate({ len: 5000n, fd_flags: O_RDWR | O_CLOEXEC });
    expect([task.seek(buffer, 0n, SEEK_END), task.fcntl(buffer, F_GETFL)]).toEqual([8192n, O_RDWR]);
    expect(task.fcntl(buffer, F_GETFD)).toBe(1);
    const address = task.mmap(buffer, 8192);
    expect(task.memory.view(address, 8192).every(byte => byte === 0)).toBe(true);
    expect(errnoOf(() => task.mmap(buffer, 4096, { flags: MAP_PRIVATE }))).toBe('EINVAL');
    const constant = allocate({ len: 1n, fd_flags: O_RDONLY });
    expect(errnoOf(() => task.mmap(constant, 4096))).toBe('EACCES');
    expect(errnoOf(() => task.mmap(constant, 4096, { protection: PROT_READ }))).toBeNull();
    task.exit();
    expect([kernel.dmaBufs.size, kernel.memory.used]).toEqual([0, free]);
  });

  it('refuses what it does not know, no bytes, and more than there is', () => {
    const { refusal, kernel } = start();
    for (const wrong of [{ fd: 1 }, { fd_flags: 0o4000 }, { heap_flags: 1n }])
      expect(refusal({ len: 4096n, ...wrong })).toBe('EINVAL');
    for (const len of [0n, 0xffff_ffff_ffff_ffffn]) expect(refusal({ len })).toBe('EINVAL');
    for (const len of [BigInt(kernel.memory.size) + 1n, 1n << 63n]) expect(refusal({ len })).toBe('ENOMEM');
    expect(kernel.dmaBufs.size).toBe(0);
  });

  it('loses nothing when there is no room for the descriptor', () => {
    const { refusal, kernel } = start(1);
    const before = kernel.memory.used;
    expect(refusal({ len: 4096n })).toBe('EMFILE');
    expect([kernel.dmaBufs.size, kernel.memory.used]).toEqual([0, before]);
  });

  it('loses nothing when an allocation fails', () => {
    const { refusal, kernel, task } = start();
    const [used, files] = [kernel.memory.used, task.files.size];
    for (const failing of ['backing', 'dma-buf']) {
      kernel.failAllocation = what => what === failing;
      expect(refusal({ len: 4096n })).toBe('ENOMEM');
    }
    expect([kernel.memory.used, task.files.size]).toEqual([used, files]);
  });

  it('knows its call by the number', () => {
    const { task, heap } = start();
    const address = task.memory.mapAnonymous(4096);
    task.memory.writeStruct(dma_heap_allocation_data, address, {
      len: 4096n,
      fd: 0,
      fd_flags: 0,
      heap_flags: 0n,
    });
    const other = iowr('OTHER', 'x', 0, dma_heap_allocation_data);
    expect(errnoOf(() => task.ioctl(heap, other.number, address))).toBeNull();
    expect(task.memory.readStruct(dma_heap_allocation_data, address).fd).toBeGreaterThan(0);
    const next = iowr('NEXT', 'H', 1, dma_heap_allocation_data);
    expect(errnoOf(() => task.ioctl(heap, next.number, address))).toBe('EINVAL');
    expect(errnoOf(() => task.ioctl(heap, DMA_HEAP_IOCTL_ALLOC.number, 0n))).toBe('EFAULT');
  });
});
