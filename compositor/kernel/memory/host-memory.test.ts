import { openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  F_ADD_SEALS,
  F_GET_SEALS,
  F_SEAL_FUTURE_WRITE,
  F_SEAL_GROW,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  PROT_READ,
  SEEK_DATA,
} from '../../../protocol/uapi/fcntl.ts';
import { type HostFiles, openHostFiles } from '../../machine/host-files.ts';
import { dmaBufOf } from '../dma-buf/dma-buf.ts';
import { BusError } from '../task/address-space.ts';
import { createDmaBuf, errnoOf, sealedMemfd, startKernel } from '../task/fixture.ts';
import type { Backing } from './backing.ts';
import { createBacking } from './create-backing.ts';
import { HostMemory } from './host-memory.ts';
import { MemFile } from './memfd.ts';
import { PageList, type PageSource } from './page-list.ts';

/** A host whose files are arrays: nothing can be mapped. */
class ArrayFiles implements HostFiles {
  readonly canMap = false;
  readonly cannotMapReason = 'arrays cannot be mapped';
  readonly pageBytes = 4096;
  readonly files = new Map<number, { bytes: Uint8Array; seals: number }>();
  #next = 100;

  get open(): number {
    return this.files.size;
  }
  memfd(_name: string, bytes: number): number {
    this.files.set(this.#next, { bytes: new Uint8Array(bytes), seals: 0 });
    return this.#next++;
  }
  size = (fd: number): number => this.#file(fd).bytes.length;
  seals = (fd: number): number => this.#file(fd).seals;
  addSeals(fd: number, seals: number): void {
    this.#file(fd).seals |= seals;
  }
  truncate(fd: number, bytes: number): void {
    const file = this.#file(fd);
    const resized = new Uint8Array(bytes);
    resized.set(file.bytes.subarray(0, bytes));
    file.bytes = resized;
  }
  punch(fd: number, offset: number, bytes: number): void {
    this.#file(fd).bytes.fill(0, offset, offset + bytes);
  }
  nextRange = (_fd: number, offset: number, kind: 'data' | 'hole'): number | null =>
    kind === 'data' ? offset : null;
  pread(fd: number, target: Uint8Array, offset: number): number {
    const from = this.#file(fd).bytes.subarray(offset, offset + target.length);
    target.set(from);
    return from.length;
  }
  pwrite(fd: number, source: Uint8Array, offset: number): number {
    this.#file(fd).bytes.set(source, offset);
    return source.length;
  }
  mapFixed(): void {
    throw new Error('arrays cannot be mapped');
  }
  unmapFixed(): void {
    throw new Error('arrays cannot be mapped');
  }
  dup = (fd: number): number => fd;
  close(fd: number): void {
    this.files.delete(fd);
  }
  adopt(): void {}

  #file(fd: number) {
    const file = this.files.get(fd);
    if (!file) throw Object.assign(new Error(`fd ${fd}`), { code: 'EBADF' });
    return file;
  }
}

function refused(code: string): never {
  throw Object.assign(new Error(code), { code });
}

/** Its two pages, the second first. */
const scattered = (backing: Backing): PageSource[] =>
  [4096, 0].map(offset => ({ backing, offset, length: 4096 }));

describe('an adopted file that cannot be mapped', () => {
  function start() {
    const host = new ArrayFiles();
    const fixture = startKernel({ host });
    const real = host.memfd('client', 8192);
    const fd = fixture.kernel.adopt(fixture.task, real);
    const { backing } = fixture.task.files.get(fd).as(MemFile, 'memfd');
    return { ...fixture, host, real, fd, backing };
  }

  it('is copied in for a pin, and back after a write', () => {
    const { backing, host, kernel, real } = start();
    host.pwrite(real, Uint8Array.of(7), 4096);
    const read = backing.pin(4096, 4096, 'read');
    expect(kernel.memory.bytes[read.address]).toBe(7);
    kernel.memory.bytes[read.address] = 1;
    read[Symbol.dispose]();
    const write = backing.pin(4096, 4096, 'write');
    expect(kernel.memory.bytes[write.address]).toBe(7);
    kernel.memory.bytes[write.address] = 9;
    write[Symbol.dispose]();
    expect(host.files.get(real)?.bytes[4096]).toBe(9);
    expect(kernel.memory.used).toBe(0);
  });

  it('is read and written, has its real size, and no live bytes', () => {
    const { task, fd, host, real } = start();
    task.pwrite(fd, Uint8Array.of(3), 10n);
    const bytes = new Uint8Array(1);
    task.pread(fd, bytes, 10n);
    expect([bytes[0], task.status(fd).size]).toEqual([3, 8192n]);
    host.truncate(real, 4096);
    expect(task.status(fd).size).toBe(4096n);
    expect(() => task.memory.view(task.mmap(fd, 4096), 1)).toThrow(BusError);
  });

  it('that was cut meanwhile is an error of the pin, and a write back ends where the file does', () => {
    const { backing, host, real, kernel } = start();
    const pin = backing.pin(0, 8192, 'write');
    kernel.memory.bytes.fill(5, pin.address, pin.address + 8192);
    host.truncate(real, 4096);
    pin[Symbol.dispose]();
    expect(host.files.get(real)?.bytes).toEqual(new Uint8Array(4096).fill(5));
    expect(errnoOf(() => backing.pin(0, 8192, 'read'))).toBe('EINVAL');
    host.pread = () => 0;
    expect(errnoOf(() => backing.pin(0, 4096, 'read'))).toBe('EFAULT');
    expect(kernel.memory.used).toBe(0);
  });

  it('that cannot be read costs no physical memory, however often it is tried', () => {
    const { backing, host, kernel } = start();
    const list = new PageList(kernel.memory, scattered(backing));
    host.pread = () => refused('EBADF');
    expect(errnoOf(() => backing.pin(0, 8192, 'read'))).toBe('EBADF');
    expect(errnoOf(() => list.pin(0, 8192, 'read'))).toBe('EBADF');
    expect([kernel.memory.used, backing.pins]).toEqual([0, 2]);
  });

  it('whose owner seals it while an engine writes ends nobody else: the write is lost', () => {
    const { backing, host, kernel } = start();
    const pins = [backing, new PageList(kernel.memory, scattered(backing))].map(each => each.pin(0, 8192));
    host.pwrite = () => refused('EPERM');
    for (const pin of pins) pin[Symbol.dispose]();
    expect([kernel.memory.windows.lostWrites, kernel.memory.used]).toEqual([2, 0]);
  });

  it('is closed with its last descriptor, pins included, and when there is no room for a number', () => {
    const { task, fd, backing, host, kernel } = start();
    const pin = backing.pin(0, 4096);
    task.close(fd);
    expect(host.open).toBe(1);
    pin[Symbol.dispose]();
    expect(host.open).toBe(0);
    const full = kernel.createTask({ name: 'full', descriptorLimit: 0 });
    expect(errnoOf(() => kernel.adopt(full, host.memfd('late', 4096)))).not.toBeNull();
    expect(host.open).toBe(0);
  });
});

describe('memory that other processes may map', () => {
  const host = openHostFiles();

  function start() {
    const fixture = startKernel({ host });
    const descriptors = host?.open ?? 0;
    return { ...fixture, open: () => (host?.open ?? 0) - descriptors };
  }

  it('is a host file where the host can map, pages of our own elsewhere; both are shared with the engines', () => {
    const { kernel, open } = start();
    const backing = createBacking(kernel, 16384, { shareable: true });
    expect(backing instanceof HostMemory).toBe(host?.canMap ?? false);
    const pin = backing.pin(4096, 4096);
    kernel.memory.bytes[pin.address] = 0x5a;
    const bytes = new Uint8Array(1);
    backing.read(bytes, 4096);
    expect(bytes[0]).toBe(0x5a);
    backing.write(Uint8Array.of(0x6b), 4097);
    expect(kernel.memory.bytes[pin.address + 1]).toBe(0x6b);
    backing[Symbol.dispose]();
    pin[Symbol.dispose]();
    expect([open(), kernel.memory.used, kernel.memory.windows.count]).toEqual([0, 0, 0]);
  });

  it('behaves as a memfd does: seals, growth, cutting, mapping', () => {
    const { task, kernel, open } = start();
    const fd = sealedMemfd(task, 8192, 0);
    const address = task.mmap(fd, 16384);
    task.memory.view(address, 8192).fill(7);
    task.truncate(fd, 4096n);
    expect(() => task.memory.view(address + 4096n, 1)).toThrow(BusError);
    task.truncate(fd, 8192n);
    expect(task.memory.view(address + 4096n, 1)[0]).toBe(0);
    expect(task.fcntl(fd, F_GET_SEALS)).toBe(0);
    expect(errnoOf(() => task.fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE))).toBe('EBUSY');
    task.munmap(address, 16384);
    task.fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW);
    expect(errnoOf(() => task.pwrite(fd, Uint8Array.of(1), 0n))).toBe('EPERM');
    task.close(fd);
    expect([open(), kernel.memory.windows.count]).toEqual([0, 0]);
  });

  it('keeps a window for the next use, and takes it down for who needs room', () => {
    const { kernel, open } = start();
    const make = (bytes: number) => createBacking(kernel, bytes, { shareable: true });
    const backing = make(8 << 20);
    const first = backing.pin(0, 8 << 20);
    first[Symbol.dispose]();
    const second = backing.pin(8192, 4096);
    expect(second.address).toBe(first.address + 8192);
    const mappable = host?.canMap ?? false;
    expect(kernel.memory.windows.count).toBe(mappable ? 1 : 0);
    second[Symbol.dispose]();
    // 16 MiB hold one of the two at a time: pages of our own are refused, an idle window makes room.
    const attempt = () => {
      const other = make(9 << 20);
      other.pin(0, 9 << 20)[Symbol.dispose]();
      other[Symbol.dispose]();
    };
    expect(errnoOf(attempt)).toBe(mappable ? null : 'ENOMEM');
    backing[Symbol.dispose]();
    expect([open(), kernel.memory.windows.count, kernel.memory.used]).toEqual([0, 0, 0]);
  });

  it('carries a udmabuf too, whose descriptor says where it begins', () => {
    const { task, kernel, open } = start();
    const fd = createDmaBuf(task);
    const buffer = dmaBufOf(task.files.get(fd));
    expect(buffer.hostDescriptor() !== null).toBe(host?.canMap ?? false);
    task.memory.view(task.mmap(fd, 16384), 1)[0] = 4;
    const map = kernel.thread('vmap', buffer.vmap('read')).result();
    expect(map.bytes[0]).toBe(4);
    kernel.thread('vunmap', map.vunmap()).result();
    task.exit();
    expect([open(), kernel.memory.used, kernel.memory.windows.count]).toEqual([0, 0, 0]);
  });

  it('that another process made is mapped once it is sealed against shrinking', () => {
    const { task, kernel, open } = start();
    if (!host) return expect(openHostFiles()).toBeNull();
    const fd = kernel.adopt(task, host.memfd('client', 8192));
    const file = task.files.get(fd).as(MemFile, 'memfd');
    expect(task.fcntl(fd, F_GET_SEALS)).toBe(0);
    const pin = file.backing.pin(0, 8192, 'read');
    task.pwrite(fd, Uint8Array.of(8), 0n);
    expect(kernel.memory.bytes[pin.address]).toBe(host.canMap ? 8 : 0);
    expect(task.fcntl(fd, F_GET_SEALS)).toBe(host.canMap ? F_SEAL_SHRINK : 0);
    pin[Symbol.dispose]();
    task.exit();
    expect(open()).toBe(0);
  });

  it('goes on being written through mappings that are older than F_SEAL_FUTURE_WRITE, and can be mapped to be read', () => {
    const { task } = start();
    const fd = sealedMemfd(task, 8192);
    const older = task.mmap(fd, 4096);
    task.fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE);
    task.memory.view(older, 1)[0] = 6;
    const newer = task.mmap(fd, 8192, { protection: PROT_READ });
    expect(task.memory.view(newer, 1, false)[0]).toBe(6);
    task.munmap(older, 4096);
    task.munmap(newer, 8192);
    const last = task.mmap(fd, 8192, { protection: PROT_READ });
    expect(task.memory.view(last, 1, false)[0]).toBe(6);
  });

  it('cannot be sealed against writing while a process that it was lent to has it mapped', () => {
    const lentTo = (ask: boolean) => {
      const { task } = start();
      const fd = sealedMemfd(task, 8192);
      const file = task.files.get(fd).as(MemFile, 'memfd');
      // Another process, with a mapping of its own.
      const other = start();
      const real = file.backing.hostDescriptor;
      if (real === null) return null;
      if (ask) file.hostDescriptor();
      const copy = openSync(`/proc/self/fd/${real}`, 'r+');
      const theirs = other.task.files.get(other.kernel.adopt(other.task, copy)).as(MemFile, 'memfd');
      const mapped = theirs.backing.pin(0, 8192, 'write');
      const answer = errnoOf(() => task.fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
      mapped[Symbol.dispose]();
      return answer;
    };
    expect(lentTo(true)).toBe(host?.canMap ? 'EBUSY' : null);
    expect(lentTo(false)).toBeNull();
  });

  it('is cut although it is sealed against writing, and empty where it grows again', () => {
    const { task } = start();
    const fd = task.memfdCreate('cut');
    task.pwrite(fd, new Uint8Array(8192).fill(7), 0n);
    task.fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE);
    task.truncate(fd, 100n);
    task.truncate(fd, 8192n);
    const bytes = new Uint8Array(8192);
    expect(task.pread(fd, bytes, 0n)).toBe(8192);
    expect([bytes[99], bytes[100], bytes[8191]]).toEqual([7, 0, 0]);
    const address = task.mmap(fd, 8192, { protection: PROT_READ });
    expect([...task.memory.view(address + 99n, 2, false)]).toEqual([7, 0]);
  });

  it('is cut at once, however large it was said to be', () => {
    const { task } = start();
    const fd = task.memfdCreate('sparse');
    task.truncate(fd, 1n << 42n);
    // Pages of our own lie in a row, from the start of the file on.
    const written = errnoOf(() => task.pwrite(fd, Uint8Array.of(7), 1n << 41n));
    expect(written).toBe(host?.canMap ? null : 'ENOMEM');
    task.truncate(fd, 100n);
    task.truncate(fd, 1n << 42n);
    const bytes = new Uint8Array(1).fill(1);
    task.pread(fd, bytes, 1n << 41n);
    expect([bytes[0], errnoOf(() => task.seek(fd, 0n, SEEK_DATA))]).toEqual([0, 'ENXIO']);
  });
});
