import { describe, expect, it } from 'vitest';
import { F_ADD_SEALS, F_SEAL_GROW, F_SEAL_SHRINK, F_SEAL_WRITE } from '../../protocol/uapi/fcntl.ts';
import { Kernel } from '../kernel/kernel.ts';
import { openHostFiles } from '../machine/host-files.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { OwnedDescriptor } from '../server/descriptors.ts';
import { copyTable, hasToCopy, mapTable, missingSeals } from './metadata-table.ts';

const SIZE = 128 << 10;

describe('a table in a real memfd', () => {
  it.each(['another process made', 'the kernel made'])('that %s is copied and mapped alike', whose => {
    const host = openHostFiles();
    if (!host) return expect(openHostFiles()).toBeNull();
    const kernel = new Kernel({ machine: new VirtualMachine(), memoryBytes: 64 << 20, host });
    const task = kernel.createTask({ name: 'compositor' });
    const before = host.open;
    const fd =
      whose === 'the kernel made' ? task.memfdCreate('table') : kernel.adopt(task, host.memfd('table', SIZE));
    task.truncate(fd, BigInt(SIZE));
    task.pwrite(fd, Uint8Array.of(1, 2, 3), BigInt(SIZE - 3));
    expect(missingSeals(task, fd)).toHaveLength(3);
    task.fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    expect([missingSeals(task, fd), hasToCopy(task, fd, SIZE)]).toEqual([[], false]);
    for (const take of [copyTable, mapTable]) {
      const table = take(task, new OwnedDescriptor(task, task.dup(fd)), SIZE);
      expect(table.record(SIZE - 3, 3)).toEqual(Uint8Array.of(1, 2, 3));
      expect(table.record(0, 32)).toEqual(new Uint8Array(32));
      table[Symbol.dispose]();
    }
    task.exit();
    expect(host.open).toBe(before);
    kernel[Symbol.dispose]();
  });
});
