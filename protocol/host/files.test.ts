import { closeSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Errno, HostError } from './error.ts';
import { F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_WRITE, type HostFiles } from './host-files.ts';
import { loadLibc } from './libc.ts';
import { openHostFiles } from './native-files.ts';

function files(): HostFiles {
  const opened = openHostFiles();
  if (opened === null) throw new Error('these tests need koffi');
  return opened;
}

function errorOf(run: () => unknown): HostError {
  try {
    run();
  } catch (error) {
    if (error instanceof HostError) return error;
    throw error;
  }
  throw new Error('expected a HostError');
}

describe('HostFiles', () => {
  it('makes memfds of a size, reads and writes them', () => {
    const host = files();
    const fd = host.memfd('test', 10_000);
    expect(host.size(fd)).toBe(10_000);
    expect(host.pwrite(fd, new Uint8Array([1, 2, 3, 4]), 9_998)).toBe(4);
    expect(host.size(fd)).toBe(10_002);
    const target = new Uint8Array(10);
    expect(host.pread(fd, target, 9_997)).toBe(5);
    expect([...target]).toEqual([0, 1, 2, 3, 4, 0, 0, 0, 0, 0]);
    host.truncate(fd, 100);
    expect(host.size(fd)).toBe(100);
    host.close(fd);
  });

  it('gives pages back, and finds where data and holes begin', () => {
    const host = files();
    const fd = host.memfd('test', 4 * host.pageBytes);
    expect([host.nextRange(fd, 0, 'data'), host.nextRange(fd, 5, 'hole')]).toEqual([null, 5]);
    host.pwrite(fd, new Uint8Array(2 * host.pageBytes).fill(7), host.pageBytes);
    expect(host.nextRange(fd, 0, 'data')).toBe(host.pageBytes);
    host.punch(fd, host.pageBytes, host.pageBytes + 1);
    const bytes = new Uint8Array(2);
    host.pread(fd, bytes, 2 * host.pageBytes);
    expect([host.nextRange(fd, 0, 'data'), host.size(fd), ...bytes]).toEqual([
      2 * host.pageBytes,
      4 * host.pageBytes,
      0,
      7,
    ]);
    host.addSeals(fd, F_SEAL_WRITE);
    expect(errorOf(() => host.punch(fd, 0, 1)).code).toBe('EPERM');
    host.close(fd);
  });

  it('reads straight into a shared WebAssembly memory', () => {
    const host = files();
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const fd = host.memfd('test', 4096);
    host.pwrite(fd, new Uint8Array([9, 8, 7]), 0);
    expect(host.pread(fd, new Uint8Array(memory.buffer, 100, 3), 0)).toBe(3);
    expect([...new Uint8Array(memory.buffer, 99, 5)]).toEqual([0, 9, 8, 7, 0]);
    host.close(fd);
  });

  it('seals, and says EPERM where a seal forbids', () => {
    const host = files();
    const fd = host.memfd('test', 4096);
    expect(host.seals(fd)).toBe(0);
    host.addSeals(fd, F_SEAL_SHRINK | F_SEAL_GROW);
    expect(host.seals(fd)).toBe(F_SEAL_SHRINK | F_SEAL_GROW);
    const shrunk = errorOf(() => host.truncate(fd, 0));
    expect([shrunk.code, shrunk.errno, shrunk.syscall]).toEqual(['EPERM', Errno.EPERM, 'ftruncate']);
    host.addSeals(fd, F_SEAL_SEAL);
    expect(errorOf(() => host.addSeals(fd, F_SEAL_SHRINK)).code).toBe('EPERM');
    host.close(fd);
  });

  it('knows a file that cannot have seals', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fencepost-test-'));
    writeFileSync(join(directory, 'plain'), 'x');
    const fd = openSync(join(directory, 'plain'), 'r+');
    expect(files().seals(fd)).toBeNull();
    expect(errorOf(() => files().addSeals(fd, F_SEAL_SHRINK)).code).toBe('EINVAL');
    closeSync(fd);
    await rm(directory, { recursive: true });
  });

  it('names the call and the error for a number that is not open', () => {
    const host = files();
    for (const run of [
      () => host.size(9999),
      () => host.seals(9999),
      () => host.dup(9999),
      () => host.close(9999),
      () => host.pread(9999, new Uint8Array(4), 0),
    ])
      expect(errorOf(run).code).toBe('EBADF');
  });

  it('counts what it holds open', () => {
    const before = readdirSync('/proc/self/fd').length;
    const host = files();
    const one = host.memfd('test', 1);
    const two = host.dup(one);
    expect(host.open).toBe(2);
    expect(readdirSync('/proc/self/fd')).toHaveLength(before + 2);
    host.close(one);
    expect(host.size(two)).toBe(1);
    host.close(two);
    expect(host.open).toBe(0);
    expect(readdirSync('/proc/self/fd')).toHaveLength(before);
  });
});

describe('mapping a file into a WebAssembly memory', () => {
  /** Exports `r(address)`, which loads a word of a shared memory of at most four pages. */
  const reader = new WebAssembly.Module(
    new Uint8Array([
      0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f, 2, 9, 1, 1, 0x65, 1, 0x6d, 2, 3, 1, 4,
      3, 2, 1, 0, 7, 5, 1, 1, 0x72, 0, 0, 10, 9, 1, 7, 0, 0x20, 0, 0x28, 2, 0, 0x0b,
    ]),
  );

  function setUp() {
    const host = files();
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true });
    const instance = new WebAssembly.Instance(reader, { e: { m: memory } });
    return { host, memory, read: instance.exports['r'] as (address: number) => number, page: host.pageBytes };
  }

  const word = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);

  it('passes its self-test', () => {
    expect(files().cannotMapReason).toBe('');
    expect(files().canMap).toBe(true);
  });

  it('shows WebAssembly what is written to the file, at once, both ways, and after the descriptor is closed', () => {
    const { host, memory, read, page } = setUp();
    const fd = host.memfd('test', 3 * page);
    host.pwrite(fd, word(0x11223344), 2 * page + 8);
    const twin = host.dup(fd);
    host.mapFixed(memory, 4 * page, page, fd, 2 * page);
    host.close(fd);
    expect(read(4 * page + 8)).toBe(0x11223344);
    host.pwrite(twin, word(0x55667788), 2 * page + 8);
    expect(read(4 * page + 8)).toBe(0x55667788);
    new Uint32Array(memory.buffer, 4 * page)[0] = 77;
    const target = new Uint8Array(4);
    host.pread(twin, target, 2 * page);
    expect(target).toEqual(word(77));
    host.close(twin);
  });

  it('leaves the pages beside the range alone, and zeros after unmapping', () => {
    const { host, memory, read, page } = setUp();
    const bytes = new Uint8Array(memory.buffer);
    bytes.fill(0xee, 0, 8 * page);
    const fd = host.memfd('test', page);
    host.pwrite(fd, word(5), 0);
    host.mapFixed(memory, 4 * page, page, fd, 0);
    expect([bytes[4 * page - 1], read(4 * page), bytes[5 * page]]).toEqual([0xee, 5, 0xee]);
    host.unmapFixed(memory, 4 * page, page);
    expect([bytes[4 * page - 1], read(4 * page), bytes[5 * page]]).toEqual([0xee, 0, 0xee]);
    bytes[4 * page] = 3;
    const target = new Uint8Array(4);
    host.pread(fd, target, 0);
    expect(target).toEqual(word(5));
    host.close(fd);
  });

  it('keeps the mapping when the memory grows', () => {
    const { host, memory, read, page } = setUp();
    const fd = host.memfd('test', page);
    host.mapFixed(memory, page, page, fd, 0);
    memory.grow(2);
    host.pwrite(fd, word(31), 0);
    expect(read(page)).toBe(31);
    host.close(fd);
  });

  it('refuses ranges that would harm the process', () => {
    const { host, memory, page } = setUp();
    const fd = host.memfd('test', page);
    const size = memory.buffer.byteLength;
    const map = (address: number, length: number, offset: number) => () =>
      host.mapFixed(memory, address, length, fd, offset);
    expect(errorOf(map(1, page, 0)).message).toMatch(/address 1 is not a multiple of the page size/);
    for (const run of [
      map(0, page - 1, 0),
      map(0, page, 7),
      map(-page, page, 0),
      map(size, page, 0),
      map(size - page, 2 * page, 0),
      map(0, 0, 0),
      map(0, 2 * page, 0),
      map(0, page, page),
      map(Number.NaN, page, 0),
      map(2 ** 60, page, 0),
      () => host.unmapFixed(memory, size, page),
      () => host.unmapFixed(memory, 0, size + page),
    ])
      expect(errorOf(run).code).toBe('EINVAL');
    host.close(fd);
  });
});

describe('loadLibc', () => {
  it('says why there are no native calls when they are switched off', () => {
    process.env['FENCEPOST_NO_NATIVE'] = '1';
    try {
      expect(loadLibc()).toEqual({ libc: null, reason: 'FENCEPOST_NO_NATIVE=1 is set' });
      expect(openHostFiles()).toBeNull();
    } finally {
      delete process.env['FENCEPOST_NO_NATIVE'];
    }
  });
});
