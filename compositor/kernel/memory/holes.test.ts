import { describe, expect, it } from 'vitest';
import {
  F_ADD_SEALS,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  O_RDONLY,
  PROT_READ,
  PROT_WRITE,
  SEEK_DATA,
  SEEK_HOLE,
} from '../../../protocol/uapi/fcntl.ts';
import { UDMABUF_CREATE } from '../../../protocol/uapi/udmabuf.ts';
import { errnoOf, startKernel } from '../task/fixture.ts';
import type { Task } from '../task/task.ts';
import { MemFile } from './memfd.ts';

const PAGE = 4096;
const PUNCH = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

const udmabufOf = (task: Task, memfd: number, pages: number): number =>
  task.callForNumber(task.open('/dev/udmabuf'), UDMABUF_CREATE, { memfd, size: BigInt(pages * PAGE) });

/** A memfd of four pages, each full of its number from 1 on. */
function fourPages(task: Task): number {
  const memfd = task.memfdCreate('pages');
  task.truncate(memfd, BigInt(4 * PAGE));
  task.fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK);
  for (let page = 0; page < 4; page++)
    task.pwrite(memfd, new Uint8Array(PAGE).fill(page + 1), BigInt(page * PAGE));
  return memfd;
}

const firstBytes = (task: Task, address: bigint, pages = 4): number[] =>
  Array.from({ length: pages }, (_, page) => task.memory.view(address + BigInt(page * PAGE), 1, false)[0]!);

describe('a hole in a memfd', () => {
  it('leaves a udmabuf the pages that it has, and shares the others on', () => {
    const { task } = startKernel();
    const memfd = fourPages(task);
    const buffer = task.mmap(udmabufOf(task, memfd, 4), 4 * PAGE);
    const file = task.mmap(memfd, 4 * PAGE);
    task.fallocate(memfd, PUNCH, BigInt(PAGE), BigInt(PAGE));
    expect(firstBytes(task, buffer)).toEqual([1, 2, 3, 4]);
    expect(firstBytes(task, file)).toEqual([1, 0, 3, 4]);
    task.memory.view(file, 4 * PAGE, false);
    for (let page = 0; page < 4; page++) task.pwrite(memfd, new Uint8Array([9]), BigInt(page * PAGE));
    expect(firstBytes(task, buffer)).toEqual([9, 2, 9, 9]);
  });

  it('is where a later udmabuf finds other pages, which are its own in turn', () => {
    const { task } = startKernel();
    const memfd = fourPages(task);
    const first = task.mmap(udmabufOf(task, memfd, 4), 4 * PAGE);
    task.fallocate(memfd, PUNCH, 0n, BigInt(2 * PAGE));
    const second = task.mmap(udmabufOf(task, memfd, 4), 4 * PAGE);
    task.memory.view(second, 1)[0] = 5;
    task.fallocate(memfd, PUNCH, 0n, BigInt(PAGE));
    expect(firstBytes(task, first)).toEqual([1, 2, 3, 4]);
    expect(firstBytes(task, second)).toEqual([5, 0, 3, 4]);
    const content = new Uint8Array(4 * PAGE);
    expect(task.pread(memfd, content, 0n)).toBe(4 * PAGE);
    expect([0, 1, 2, 3].map(page => content[page * PAGE])).toEqual([0, 0, 3, 4]);
  });

  it('gives the pages back when nobody has them', () => {
    const { kernel, task } = startKernel();
    const before = kernel.memory.used;
    const memfd = fourPages(task);
    const buffer = udmabufOf(task, memfd, 4);
    task.fallocate(memfd, PUNCH, 0n, BigInt(PAGE));
    task.fallocate(memfd, PUNCH, 0n, BigInt(PAGE));
    task.close(buffer);
    task.close(memfd);
    expect(kernel.memory.used).toBe(before);
  });

  it('leaves an engine the pages that it writes, also when the memfd is closed meanwhile', () => {
    const { kernel, task } = startKernel();
    const before = kernel.memory.used;
    const memfd = fourPages(task);
    const buffer = udmabufOf(task, memfd, 4);
    task.fallocate(memfd, PUNCH, BigInt(PAGE), BigInt(PAGE));
    const { backing } = task.files.get(memfd).as(MemFile, 'memfd');
    const held = backing.hold(0, 2 * PAGE);
    const pin = backing.pin(0, 2 * PAGE);
    expect(errnoOf(() => task.fcntl(memfd, F_ADD_SEALS, F_SEAL_WRITE))).toBe('EBUSY');
    for (const fd of [buffer, memfd]) task.close(fd);
    kernel.memory.bytes.fill(8, pin.address, pin.address + 2 * PAGE);
    pin[Symbol.dispose]();
    expect(held.map(pages => pages.view(0, 1, false)[0])).toEqual([8, 8]);
    for (const pages of held) pages[Symbol.dispose]();
    expect(kernel.memory.used).toBe(before);
  });

  it('keeps what lies beside it in its pages', () => {
    const { task } = startKernel();
    const memfd = fourPages(task);
    task.fallocate(memfd, PUNCH, 10n, BigInt(PAGE));
    const content = new Uint8Array(2 * PAGE);
    task.pread(memfd, content, 0n);
    expect([content[9], content[10], content[PAGE + 9], content[PAGE + 10]]).toEqual([1, 0, 0, 2]);
  });

  it('is found by lseek, as are pages that nobody has touched', () => {
    const { task } = startKernel();
    const memfd = task.memfdCreate('sparse');
    task.truncate(memfd, BigInt(4 * PAGE));
    task.pwrite(memfd, new Uint8Array([1]), BigInt(2 * PAGE + 5));
    expect(task.seek(memfd, 0n, SEEK_DATA)).toBe(BigInt(2 * PAGE));
    expect(task.seek(memfd, BigInt(2 * PAGE), SEEK_HOLE)).toBe(BigInt(3 * PAGE));
    task.fallocate(memfd, PUNCH, 0n, BigInt(4 * PAGE));
    expect(errnoOf(() => task.seek(memfd, 0n, SEEK_DATA))).toBe('ENXIO');
    expect(task.seek(memfd, 7n, SEEK_HOLE)).toBe(7n);
    expect(errnoOf(() => task.seek(memfd, BigInt(4 * PAGE), SEEK_HOLE))).toBe('ENXIO');
  });
});

describe('the protection of a mapping', () => {
  it('cannot become writable when the descriptor or a seal forbids it', () => {
    const { task } = startKernel();
    const memfd = fourPages(task);
    const readOnly = task.open(`/proc/self/fd/${memfd}`, O_RDONLY);
    const address = task.mmap(readOnly, PAGE, { protection: PROT_READ });
    expect(errnoOf(() => task.mprotect(address, PAGE, PROT_READ | PROT_WRITE))).toBe('EACCES');
    task.fcntl(memfd, F_ADD_SEALS, F_SEAL_WRITE);
    const sealed = task.mmap(memfd, PAGE, { protection: PROT_READ });
    expect(errnoOf(() => task.mprotect(sealed, PAGE, PROT_READ | PROT_WRITE))).toBe('EACCES');
  });

  it('changes for the pages of the range alone, and mappings that were split go one by one', () => {
    const { task } = startKernel();
    const memfd = fourPages(task);
    const address = task.mmap(memfd, 4 * PAGE);
    task.mprotect(address + BigInt(PAGE), PAGE, PROT_READ);
    expect(() => task.memory.view(address + BigInt(PAGE), 1)).toThrow('not mapped for writing');
    task.memory.view(address + BigInt(2 * PAGE), 1)[0] = 7;
    expect(firstBytes(task, address)).toEqual([1, 2, 7, 4]);
    task.munmap(address, 3 * PAGE);
    expect(errnoOf(() => task.fcntl(memfd, F_ADD_SEALS, F_SEAL_WRITE))).toBe('EBUSY');
    task.munmap(address + BigInt(3 * PAGE), PAGE);
    task.fcntl(memfd, F_ADD_SEALS, F_SEAL_WRITE);
  });

  it('is ENOMEM where nothing is mapped, after what came before has changed', () => {
    const { task } = startKernel();
    const address = task.mmap(fourPages(task), PAGE);
    expect(errnoOf(() => task.mprotect(address, 2 * PAGE, PROT_READ))).toBe('ENOMEM');
    expect(() => task.memory.view(address, 1)).toThrow('not mapped for writing');
  });
});
