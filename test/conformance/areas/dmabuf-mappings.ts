import { madvise, mlock, mremap, msync } from '../../../compositor/kernel/task/memory-calls.ts';
import {
  MADV_DOFORK,
  MADV_DONTNEED,
  MADV_REMOVE,
  MAP_LOCKED,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_SYNC,
  MREMAP_MAYMOVE,
  MS_SYNC,
  PROT_EXEC,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
  SEEK_END,
} from '../../../protocol/uapi/fcntl.ts';
import { readByte, writeByte } from '../calls.ts';
import { openPipe } from '../pipe.ts';
import { outcomeOf, type Probe } from '../probe.ts';

const READ_WRITE = PROT_READ | PROT_WRITE;

type MapCase = [name: string, length: number, protection: number, flags: number, offset: number];

const mapCases = (size: number): MapCase[] => [
  ['shared-rw', size, READ_WRITE, MAP_SHARED, 0],
  ['shared-r', size, PROT_READ, MAP_SHARED, 0],
  ['shared-w', size, PROT_WRITE, MAP_SHARED, 0],
  ['shared-none', size, PROT_NONE, MAP_SHARED, 0],
  ['shared-exec', size, PROT_READ | PROT_EXEC, MAP_SHARED, 0],
  ['private-rw', size, READ_WRITE, MAP_PRIVATE, 0],
  ['private-r', size, PROT_READ, MAP_PRIVATE, 0],
  ['populate', size, READ_WRITE, MAP_SHARED | MAP_POPULATE, 0],
  ['shared-validate', size, READ_WRITE, MAP_SHARED_VALIDATE, 0],
  ['shared-validate-sync', size, READ_WRITE, MAP_SHARED_VALIDATE | MAP_SYNC, 0],
  ['map-locked', size, READ_WRITE, MAP_SHARED | MAP_LOCKED, 0],
  ['len-page', 4096, READ_WRITE, MAP_SHARED, 0],
  ['len-1', 1, READ_WRITE, MAP_SHARED, 0],
  ['len-0', 0, READ_WRITE, MAP_SHARED, 0],
  ['len-size+1', size + 1, READ_WRITE, MAP_SHARED, 0],
  ['len-size+page', size + 4096, READ_WRITE, MAP_SHARED, 0],
  ['off-page', 4096, READ_WRITE, MAP_SHARED, 4096],
  ['off-last-page', 4096, READ_WRITE, MAP_SHARED, size - 4096],
  ['off-page-len-size', size, READ_WRITE, MAP_SHARED, 4096],
  ['off-size', 4096, READ_WRITE, MAP_SHARED, size],
  ['off-unaligned', 4096, READ_WRITE, MAP_SHARED, 100],
];

/** Which mappings there can be, and what a byte of them says. */
export function mappings(probe: Probe, fd: number): void {
  const { task } = probe;
  const size = Number(task.seek(fd, 0n, SEEK_END));
  for (const [name, length, protection, flags, offset] of mapCases(size)) {
    let address = 0n;
    const what = `mmap(len=${length}, prot=${protection}, flags=0x${flags.toString(16)}, off=${offset})`;
    probe.call(
      `mmap.${name}`,
      what,
      () => {
        address = task.mmap(fd, length, { offset: BigInt(offset), protection, flags });
      },
      ({ errno }) => {
        if (errno) return {};
        const read_first = readByte(probe, address);
        return { read_first, write_first: writeByte(probe, address, 0), smaps_flags: '' };
      },
    );
    if (address !== 0n) task.munmap(address, length);
  }
}

/** What can be done with a mapping; two of them stay. */
export function mapped(probe: Probe, fd: number): void {
  const { task } = probe;
  const size = Number(task.seek(fd, 0n, SEEK_END));
  const address = task.mmap(fd, size);
  writeByte(probe, address, 0x5a);
  const call = (name: string, what: string, body: () => void): void => {
    probe.call(`mapped.${name}`, what, body);
  };
  call('msync', 'msync(MS_SYNC)', () => msync(task, address, size, MS_SYNC));
  call('mprotect-r', 'mprotect(PROT_READ)', () => task.mprotect(address, size, PROT_READ));
  call('mprotect-rw', 'mprotect(RW)', () => task.mprotect(address, size, READ_WRITE));
  call('madvise-dontneed', 'madvise(MADV_DONTNEED)', () => madvise(task, address, size, MADV_DONTNEED));
  const kept = { byte: readByte(probe, address) };
  probe.observe('mapped.after-dontneed', 'read byte 0 (was 0x5a)', kept);
  call('madvise-remove', 'madvise(MADV_REMOVE)', () => madvise(task, address, size, MADV_REMOVE));
  call('madvise-dofork', 'madvise(MADV_DOFORK)', () => madvise(task, address, size, MADV_DOFORK));
  call('mlock', 'mlock', () => mlock(task, address, 4096));
  const moved = growing(probe, address, size);
  const second = task.mmap(fd, size);
  const coherent = { byte: readByte(probe, second) };
  probe.observe('mapped.second-mapping-coherent', 'byte 0 through a second mapping', coherent);
  throughPipe(probe, moved);
}

/** Returns where the mapping is afterwards. The program looked at the address and not at errno. */
function growing(probe: Probe, address: bigint, size: number): bigint {
  let moved = address;
  const { errno } = outcomeOf(() => {
    moved = mremap(probe.task, address, size, size * 2, MREMAP_MAYMOVE);
  });
  probe.call(
    'mapped.mremap-grow',
    'mremap(size -> 2*size, MAYMOVE)',
    () => ({ ret: errno ? -1 : 0, errno: null }),
    () => (errno ? {} : { touch_past_end: readByte(probe, moved + BigInt(size)) }),
  );
  return moved;
}

/** The kernel itself copies from and to the mapping. */
function throughPipe(probe: Probe, address: bigint): void {
  const { task } = probe;
  const pipe = openPipe(probe);
  probe.call('mapped.write-from-mapping', 'write(pipe, mapping, 64)', () =>
    task.write(pipe.to, task.memory.copyFromUser(address, 64)),
  );
  probe.call('mapped.read-into-mapping', 'read(pipe, mapping, 64)', () => {
    const read = task.readTo(pipe.from, address, 64);
    return typeof read === 'number' ? read : probe.finish(read);
  });
  task.close(pipe.from);
  task.close(pipe.to);
}
