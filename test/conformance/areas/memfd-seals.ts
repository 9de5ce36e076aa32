import {
  F_ADD_SEALS,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  MAP_PRIVATE,
  MAP_SHARED,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
  SEEK_END,
} from '../../../protocol/uapi/fcntl.ts';
import { writeByte } from '../calls.ts';
import type { State } from '../line.ts';
import { createMemfd, mapPage, ownPath, sealsOf, text } from '../memfds.ts';
import { type Answer, okOrErrno, outcomeOf, type Probe, returned } from '../probe.ts';
import { SEALS } from './memfd.ts';

const READ_WRITE = PROT_READ | PROT_WRITE;

/** What exists while a seal is added: the mapping's address, and another descriptor of the memfd. */
interface Before {
  readonly address?: bigint;
  readonly other?: number;
}

const BEFORE: readonly (readonly [name: string, make: (probe: Probe, fd: number) => Before])[] = [
  ['none', () => ({})],
  ['shared-ro', (probe, fd) => ({ address: mapPage(probe, fd, PROT_READ) })],
  ['shared-rw', (probe, fd) => ({ address: mapPage(probe, fd) })],
  [
    'shared-rw-then-mprotect-ro',
    (probe, fd) => {
      const address = mapPage(probe, fd);
      probe.task.mprotect(address, 4096, PROT_READ);
      return { address };
    },
  ],
  ['shared-none-from-rw-fd', (probe, fd) => ({ address: mapPage(probe, fd, PROT_NONE) })],
  ['private-rw', (probe, fd) => ({ address: mapPage(probe, fd, READ_WRITE, MAP_PRIVATE) })],
  [
    'shared-ro-of-rdonly-fd',
    (probe, fd) => {
      const other = probe.task.open(ownPath(fd), O_RDONLY);
      return { other, address: mapPage(probe, other, PROT_READ) };
    },
  ],
  [
    'shared-rw-unmapped',
    (probe, fd) => {
      probe.task.munmap(mapPage(probe, fd), 4096);
      return {};
    },
  ],
  ['second-rw-fd-open', (probe, fd) => ({ other: probe.task.open(ownPath(fd), O_RDWR) })],
];

/** Each seal against each mapping that exists. */
export function sealMatrix(probe: Probe): void {
  for (const [seal, bit] of SEALS) for (const [name, make] of BEFORE) sealOver(probe, seal, bit, name, make);
}

function sealOver(
  probe: Probe,
  seal: string,
  bit: number,
  name: string,
  make: (probe: Probe, fd: number) => Before,
): void {
  const { task } = probe;
  const fd = createMemfd(probe, 8192);
  const { address, other } = make(probe, fd);
  const add = () => task.fcntl(fd, F_ADD_SEALS, bit);
  probe.setup = `memfd 8192 bytes; existing mapping/open: ${name}`;
  const { errno } = probe.call(`matrix.${seal}.${name}`, `F_ADD_SEALS F_SEAL_${seal}`, add, () => {
    if (address === undefined) return { seals: sealsOf(probe, fd) };
    // The arguments of the C program's format, from the last to the first.
    const written = name === 'shared-rw' ? { write_through_existing: writeByte(probe, address, 1) } : {};
    const protectedAgain = okOrErrno(() => task.mprotect(address, 4096, READ_WRITE));
    return { seals: sealsOf(probe, fd), mprotect_existing_to_rw: protectedAgain, ...written };
  });
  if (address !== undefined) task.munmap(address, 4096);
  if (address !== undefined && errno)
    probe.call(`matrix.${seal}.${name}.after-munmap`, `munmap; F_ADD_SEALS F_SEAL_${seal}`, add);
  if (other !== undefined) task.close(other);
  task.close(fd);
}

const SETS = [0, 0x1, 0x2, 0x4, 0x6, 0x8, 0x10, 0x20, 0xe, 0xf];

/** Each operation under each set of seals. */
export function sealedOperations(probe: Probe): void {
  for (const seals of SETS) {
    const fd = createMemfd(probe, 8192);
    outcomeOf(() => probe.task.fcntl(fd, F_ADD_SEALS, seals));
    probe.setup =
      'memfd 8192 bytes, sealed, no mappings; size put back to 8192 after each change where allowed';
    const name = `0x${seals.toString(16)}`;
    const ops = operations(probe, fd);
    probe.observe(`ops.seals-${name}`, `operations under seals ${name}`, { seals: sealsOf(probe, fd), ops });
    probe.task.close(fd);
  }
}

/** What each operation says on a memfd of 8192 bytes; the size is put back where that is allowed. */
function operations(probe: Probe, fd: number): State {
  const { task } = probe;
  const said: { [operation: string]: string | number } = {};
  const say = (operation: string, body: () => Answer): number => {
    const outcome = outcomeOf(body);
    said[operation] = outcome.errno ?? 'ok';
    return outcome.ret;
  };
  const restore = () => outcomeOf(() => task.truncate(fd, 8192n));
  const end = () => returned(() => task.seek(fd, 0n, SEEK_END));
  const allocate = (mode: number, offset: bigint, length: bigint) => () =>
    task.fallocate(fd, mode, offset, length);

  say('write', () => task.pwrite(fd, text('abcd'), 0n));
  say('write_across_eof', () => task.pwrite(fd, text('abcd'), 8190n));
  said['size_after'] = end();
  say('write_past_eof', () => task.pwrite(fd, text('abcd'), 12_288n));
  restore();
  say('truncate_same', () => task.truncate(fd, 8192n));
  say('truncate_shrink', () => task.truncate(fd, 4096n));
  restore();
  say('truncate_grow', () => task.truncate(fd, 16_384n));
  restore();
  say('fallocate_inside', allocate(0, 0n, 4096n));
  say('fallocate_grow', allocate(0, 0n, 16_384n));
  restore();
  say('fallocate_keep_size_past', allocate(FALLOC_FL_KEEP_SIZE, 8192n, 4096n));
  say('punch_hole', allocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0n, 4096n));
  mapping(probe, fd, say);
  reopening(probe, fd, say);
  said['size_after_trunc'] = end();
  restore();
  say('fchmod_0777', () => task.fchmod(fd, 0o777));
  say('fchmod_0666', () => task.fchmod(fd, 0o666));
  return said;
}

type Say = (operation: string, body: () => Answer) => number;

function mapping(probe: Probe, fd: number, say: Say): void {
  const { task } = probe;
  const map = (operation: string, protection: number, flags = MAP_SHARED): bigint => {
    let address = 0n;
    say(operation, () => {
      address = mapPage(probe, fd, protection, flags);
    });
    return address;
  };
  const shared = map('mmap_shared_rw', READ_WRITE);
  if (shared !== 0n) task.munmap(shared, 4096);
  map('mmap_shared_w', PROT_WRITE);
  map('mmap_private_rw', READ_WRITE, MAP_PRIVATE);
  const readable = map('mmap_shared_r', PROT_READ);
  if (readable === 0n) return;
  say('mprotect_shared_r_to_rw', () => task.mprotect(readable, 4096, READ_WRITE));
  task.munmap(readable, 4096);
}

function reopening(probe: Probe, fd: number, say: Say): void {
  const { task } = probe;
  const readOnly = returned(() => task.open(ownPath(fd), O_RDONLY));
  const readWrite = returned(() => task.open(ownPath(fd), O_RDWR));
  say('reopen_rdonly', () => readOnly);
  say('reopen_rdwr', () => readWrite);
  if (readWrite >= 0) {
    say('reopened_rdwr_write', () => task.pwrite(readWrite, text('a'), 0n));
    task.close(readWrite);
  }
  if (readOnly >= 0) task.close(readOnly);
  const truncated = say('reopen_trunc', () => task.open(ownPath(fd), O_RDWR | O_TRUNC));
  if (truncated >= 0) task.close(truncated);
}
