import { describe, expect, it } from 'vitest';
import {
  F_ADD_SEALS,
  F_GET_SEALS,
  F_GETFD,
  F_GETFL,
  F_SEAL_EXEC,
  F_SEAL_FUTURE_WRITE,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  F_SETFL,
  MAP_PRIVATE,
  MFD_ALLOW_SEALING,
  MFD_CLOEXEC,
  MFD_EXEC,
  MFD_HUGETLB,
  MFD_NOEXEC_SEAL,
  O_APPEND,
  O_LARGEFILE,
  O_RDWR,
  POLLIN,
  POLLOUT,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
} from '../../../protocol/uapi/fcntl.ts';
import { BusError, SegmentationFault } from '../task/address-space.ts';
import { createTimeline, errnoOf, sealedMemfd, startKernel } from '../task/fixture.ts';
import { MemFile } from './memfd.ts';

describe('memfd_create', () => {
  it.each([
    ['none', 0, F_SEAL_SEAL, 0o100777, 0],
    ['CLOEXEC', MFD_CLOEXEC, F_SEAL_SEAL, 0o100777, 1],
    ['ALLOW_SEALING', MFD_ALLOW_SEALING, 0, 0o100777, 0],
    ['NOEXEC_SEAL', MFD_NOEXEC_SEAL, F_SEAL_EXEC, 0o100666, 0],
    ['ALLOW_SEALING|NOEXEC_SEAL', MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL, F_SEAL_EXEC, 0o100666, 0],
    ['EXEC', MFD_EXEC, F_SEAL_SEAL, 0o100777, 0],
    ['HUGETLB with a size', MFD_HUGETLB | (21 << 26), F_SEAL_SEAL, 0o100777, 0],
  ])('with flags %s', (_name, flags, seals, mode, closeOnExec) => {
    const { task } = startKernel();
    const fd = task.memfdCreate('n', flags);
    expect([task.fcntl(fd, F_GET_SEALS), task.status(fd).mode, task.fcntl(fd, F_GETFD)]).toEqual([
      seals,
      mode,
      closeOnExec,
    ]);
    expect(task.status(fd).size).toBe(0n);
    expect(task.fcntl(fd, F_GETFL)).toBe(O_RDWR | O_LARGEFILE);
  });

  it('refuses flags it does not know, and names of 250 bytes', () => {
    const { task } = startKernel();
    for (const flags of [0x20, 0x8000_0000, MFD_EXEC | MFD_NOEXEC_SEAL, 21 << 26])
      expect(errnoOf(() => task.memfdCreate('n', flags))).toBe('EINVAL');
    expect(errnoOf(() => task.memfdCreate('n'.repeat(249)))).toBeNull();
    expect(errnoOf(() => task.memfdCreate('n'.repeat(250)))).toBe('EINVAL');
    const fd = task.memfdCreate('nm');
    expect(task.files.get(fd).operations.describe()).toBe('/memfd:nm (deleted)');
  });
});

describe('seals', () => {
  it('need F_SEAL_SEAL to be absent, known bits, and a descriptor open for writing', () => {
    const { task } = startKernel();
    const unsealable = task.memfdCreate('n', 0);
    expect(errnoOf(() => task.fcntl(unsealable, F_ADD_SEALS, 0))).toBe('EPERM');
    const fd = task.memfdCreate('n');
    expect(errnoOf(() => task.fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | 0x40))).toBe('EINVAL');
    expect(task.fcntl(fd, F_GET_SEALS)).toBe(0);
    task.fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK);
    task.fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK);
    task.fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_GROW);
    expect(task.fcntl(fd, F_GET_SEALS)).toBe(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW);
    expect(errnoOf(() => task.fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK))).toBe('EPERM');
    task.files.get(fd).flags = 0;
    expect(errnoOf(() => task.fcntl(fd, F_ADD_SEALS, 0))).toBe('EPERM');
    expect(errnoOf(() => task.fcntl(task.eventfd(), F_GET_SEALS))).toBe('EINVAL');
  });

  const mappings: { readonly [name: string]: { protection: number; flags?: number } | null } = {
    none: null,
    'shared, read-only': { protection: PROT_READ },
    'shared, read and write': { protection: PROT_READ | PROT_WRITE },
    'shared, no access': { protection: PROT_NONE },
    private: { protection: PROT_READ | PROT_WRITE, flags: MAP_PRIVATE },
  };
  const deniesWriteSeal = (name: string) => name.startsWith('shared');

  for (const [name, mapping] of Object.entries(mappings))
    for (const seal of [
      F_SEAL_SEAL,
      F_SEAL_SHRINK,
      F_SEAL_GROW,
      F_SEAL_WRITE,
      F_SEAL_FUTURE_WRITE,
      F_SEAL_EXEC,
    ]) {
      const busy = deniesWriteSeal(name) && (seal === F_SEAL_WRITE || seal === F_SEAL_EXEC);
      it(`0x${seal.toString(16)} with a mapping: ${name} is ${busy ? 'EBUSY until it is unmapped' : 'fine'}`, () => {
        const { task } = startKernel();
        const fd = sealedMemfd(task, 8192, 0);
        const address = mapping ? task.mmap(fd, 4096, mapping) : 0n;
        expect(errnoOf(() => task.fcntl(fd, F_ADD_SEALS, seal))).toBe(busy ? 'EBUSY' : null);
        expect(task.fcntl(fd, F_GET_SEALS)).toBe(busy ? 0 : seal === F_SEAL_EXEC ? 0x3e : seal);
        if (!busy) return;
        task.munmap(address, 4096);
        expect(errnoOf(() => task.fcntl(fd, F_ADD_SEALS, seal))).toBeNull();
      });
    }

  it('count both halves of a mapping that was split', () => {
    const { task } = startKernel();
    const fd = sealedMemfd(task, 3 * 4096, 0);
    const address = task.mmap(fd, 3 * 4096);
    task.munmap(address + 4096n, 4096);
    task.munmap(address, 4096);
    expect(errnoOf(() => task.fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE))).toBe('EBUSY');
    task.munmap(address + 8192n, 4096);
    expect(errnoOf(() => task.fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE))).toBeNull();
  });

  it('against writing stay away while pages are pinned', () => {
    const { task } = startKernel();
    const fd = sealedMemfd(task, 8192, 0);
    const pin = task.files.get(fd).as(MemFile, 'memfd').backing.pin(0, 4096);
    expect(errnoOf(() => task.fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE))).toBe('EBUSY');
    pin[Symbol.dispose]();
    expect(errnoOf(() => task.fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE))).toBeNull();
  });

  it.each([
    [0, { write: null, across: 4, beyond: null, shrink: null, grow: null, mapWrite: null }],
    [F_SEAL_SHRINK, { write: null, across: 4, beyond: null, shrink: 'EPERM', grow: null, mapWrite: null }],
    [F_SEAL_GROW, { write: null, across: 2, beyond: 'EPERM', shrink: null, grow: 'EPERM', mapWrite: null }],
    [
      F_SEAL_WRITE,
      { write: 'EPERM', across: 'EPERM', beyond: 'EPERM', shrink: null, grow: null, mapWrite: 'EPERM' },
    ],
    [
      F_SEAL_FUTURE_WRITE,
      { write: 'EPERM', across: 'EPERM', beyond: 'EPERM', shrink: null, grow: null, mapWrite: 'EPERM' },
    ],
    [
      F_SEAL_EXEC,
      { write: 'EPERM', across: 'EPERM', beyond: 'EPERM', shrink: 'EPERM', grow: 'EPERM', mapWrite: 'EPERM' },
    ],
  ])('0x%s decide what may still be done', (seals, expected) => {
    const operation = (act: (task: ReturnType<typeof startKernel>['task'], fd: number) => unknown) => {
      const { task } = startKernel();
      const fd = sealedMemfd(task, 8192, seals);
      return errnoOf(() => act(task, fd));
    };
    const { task } = startKernel();
    const fd = sealedMemfd(task, 8192, seals);
    const across = errnoOf(() => task.pwrite(fd, new Uint8Array(4), 8190n));
    expect({
      write: operation((t, f) => t.pwrite(f, new Uint8Array(4), 0n)),
      across: across ?? Number(task.status(fd).size) - 8190,
      beyond: operation((t, f) => t.pwrite(f, new Uint8Array(4), 12288n)),
      shrink: operation((t, f) => t.truncate(f, 4096n)),
      grow: operation((t, f) => t.truncate(f, 16384n)),
      mapWrite: operation((t, f) => t.mmap(f, 4096, { protection: PROT_WRITE })),
    }).toEqual(expected);
    expect(operation((t, f) => t.mmap(f, 4096, { protection: PROT_READ }))).toBeNull();
    expect(operation((t, f) => t.mmap(f, 4096, { flags: MAP_PRIVATE }))).toBeNull();
  });

  it('of the future leave a mapping that exists writable', () => {
    const { task } = startKernel();
    const fd = sealedMemfd(task, 8192, 0);
    const address = task.mmap(fd, 4096);
    task.fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE);
    task.memory.view(address, 1)[0] = 3;
    expect(task.memory.view(address, 1)[0]).toBe(3);
    expect(errnoOf(() => task.fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE))).toBe('EBUSY');
  });
});

describe('the bytes of a memfd', () => {
  it('are read and written at a position shared by duplicates', () => {
    const { task } = startKernel();
    const fd = task.memfdCreate('n');
    expect(task.write(fd, Uint8Array.of(1, 2, 3, 4, 5))).toBe(5);
    expect(task.seek(task.dup(fd), 1n, SEEK_SET)).toBe(1n);
    expect([...task.read(fd, 2)]).toEqual([2, 3]);
    expect(task.seek(fd, 0n, SEEK_CUR)).toBe(3n);
    expect([...task.read(fd, 16)]).toEqual([4, 5]);
    expect(task.read(fd, 16)).toHaveLength(0);
    expect(task.seek(fd, -1n, SEEK_END)).toBe(4n);
    expect(errnoOf(() => task.seek(fd, -9n, SEEK_END))).toBe('EINVAL');
    expect(task.poll(fd, POLLIN | POLLOUT)).toBe(POLLIN | POLLOUT);
  });

  it('end where the file ends', () => {
    const { task } = startKernel();
    const fd = sealedMemfd(task, 4096, 0);
    const sixteen = new Uint8Array(16);
    expect([task.pread(fd, sixteen, 4096n), task.pread(fd, sixteen, 4090n)]).toEqual([0, 6]);
    expect(errnoOf(() => task.truncate(fd, -1n))).toBe('EINVAL');
    expect(errnoOf(() => task.truncate(fd, 2n ** 60n))).toBe('EFBIG');
    expect(task.pwrite(fd, Uint8Array.of(9), 10_000n)).toBe(1);
    expect(task.status(fd).size).toBe(10_001n);
  });

  it('are ENOMEM, and no larger, where there is no room for what lies before them', () => {
    const { task, kernel } = startKernel();
    const fd = task.memfdCreate('sparse');
    for (const offset of [2n ** 32n, 2n ** 44n, 2n ** 52n])
      expect(errnoOf(() => task.pwrite(fd, Uint8Array.of(1), offset))).toBe('ENOMEM');
    expect([task.status(fd).size, kernel.memory.used]).toEqual([0n, 0]);
    expect(task.pwrite(fd, Uint8Array.of(1), 0n)).toBe(1);
  });

  it('fault with SIGBUS beyond the last page, and are zero when they come back', () => {
    const { task } = startKernel();
    const fd = sealedMemfd(task, 8192, 0);
    const address = task.mmap(fd, 16384);
    task.memory.view(address, 8192).fill(7);
    expect(() => task.memory.view(address + 8192n, 1)).toThrow(BusError);
    task.truncate(fd, 2048n);
    expect(() => task.memory.view(address + 4096n, 1)).toThrow(BusError);
    expect(errnoOf(() => task.memory.copyFromUser(address + 4096n, 1))).toBe('EFAULT');
    expect([...task.memory.view(address + 2047n, 2)]).toEqual([7, 0]);
    task.truncate(fd, 8192n);
    expect(task.memory.view(address + 4096n, 1)[0]).toBe(0);
  });

  it('are added at the end, and nothing is written over, by whoever asked for that', () => {
    const { task } = startKernel();
    const fd = task.memfdCreate('log');
    task.write(fd, Uint8Array.of(1, 2));
    task.seek(fd, 0n, SEEK_SET);
    task.fcntl(fd, F_SETFL, O_APPEND);
    task.write(fd, Uint8Array.of(3));
    expect(task.seek(fd, 0n, SEEK_CUR)).toBe(3n);
    task.pwrite(fd, Uint8Array.of(4), 0n);
    const bytes = new Uint8Array(4);
    task.pread(fd, bytes, 0n);
    expect([...bytes]).toEqual([1, 2, 3, 4]);
  });

  it('are asked for with an offset that is looked at first, of a file that has offsets', () => {
    const fixture = startKernel();
    const { task } = fixture;
    const bytes = new Uint8Array(1);
    const syncFile = createTimeline(fixture).syncFile(1);
    expect(errnoOf(() => task.pread(99, bytes, -1n))).toBe('EINVAL');
    expect(errnoOf(() => task.pwrite(99, bytes, 0n))).toBe('EBADF');
    expect(errnoOf(() => task.pwrite(syncFile, bytes, 0n))).toBe('ESPIPE');
  });

  it('stay what they are when the file grows under a mapping', () => {
    const { task } = startKernel();
    const fd = sealedMemfd(task, 4096, 0);
    const address = task.mmap(fd, 12288);
    task.memory.view(address, 1)[0] = 5;
    task.truncate(fd, 12288n);
    task.memory.view(address + 8192n, 1)[0] = 6;
    const bytes = new Uint8Array(1);
    task.pread(fd, bytes, 8192n);
    expect([task.memory.view(address, 1)[0], bytes[0]]).toEqual([5, 6]);
  });

  it('are a copy in a private mapping, and protected as the mapping says', () => {
    const { task } = startKernel();
    const fd = sealedMemfd(task, 4096, 0);
    const own = task.mmap(fd, 4096, { flags: MAP_PRIVATE });
    task.memory.view(own, 1)[0] = 1;
    const bytes = new Uint8Array(1);
    task.pread(fd, bytes, 0n);
    expect(bytes[0]).toBe(0);
    const readOnly = task.mmap(fd, 4096, { protection: PROT_READ });
    expect(() => task.memory.view(readOnly, 1, true)).toThrow(SegmentationFault);
    expect(task.memory.view(readOnly, 1, false)[0]).toBe(0);
  });

  it('go with the last descriptor and mapping', () => {
    const { task, kernel } = startKernel();
    const fd = sealedMemfd(task, 8192, 0);
    const address = task.mmap(fd, 8192);
    task.memory.view(address, 1)[0] = 1;
    task.close(fd);
    expect(kernel.memory.used).toBe(8192);
    task.munmap(address, 8192);
    expect(kernel.memory.used).toBe(0);
  });
});
