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
  MFD_ALLOW_SEALING,
  MFD_HUGETLB,
  O_CLOEXEC,
  O_CREAT,
  O_RDONLY,
  O_RDWR,
  SEEK_END,
} from '../../../protocol/uapi/fcntl.ts';
import { encode } from '../../../protocol/uapi/ioctl.ts';
import { UDMABUF_CREATE } from '../../../protocol/uapi/udmabuf.ts';
import { rawIoctl, readAll } from '../calls.ts';
import { createMemfd, ownPath } from '../memfds.ts';
import { octal, okOrErrno, outcomeOf, type Probe } from '../probe.ts';
import { coherence } from './udmabuf-coherence.ts';
import { limits, lists } from './udmabuf-lists.ts';

/** The rules of making dma-bufs of memfds, and that they are the same memory. */
export const udmabuf = {
  name: 'udmabuf',
  run(probe: Probe): void {
    const device = probe.task.open('/dev/udmabuf', O_RDWR | O_CLOEXEC);
    probe.prefix = 'udmabuf.';
    probe.observe('params', '/sys/module/udmabuf/parameters', {
      list_limit: readAll(probe, '/sys/module/udmabuf/parameters/list_limit'),
      size_limit_mb: readAll(probe, '/sys/module/udmabuf/parameters/size_limit_mb'),
    });
    seals(probe, device);
    const memfd = creation(probe, device);
    readOnly(probe, device, memfd);
    hugePages(probe, device);
    coherence(probe, device, memfd);
    lists(probe, device);
    limits(probe, device);
  },
};

/** UDMABUF_CREATE; the descriptor. */
export function createUdmabuf(
  probe: Probe,
  device: number,
  memfd: number,
  size: bigint,
  options: { offset?: bigint; flags?: number } = {},
): number {
  return probe.task.callForNumber(device, UDMABUF_CREATE, { memfd: memfd >>> 0, size, ...options });
}

const SETS = [
  0,
  F_SEAL_SHRINK,
  F_SEAL_GROW,
  F_SEAL_SHRINK | F_SEAL_GROW,
  F_SEAL_WRITE,
  F_SEAL_SHRINK | F_SEAL_WRITE,
  F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE,
  F_SEAL_SHRINK | F_SEAL_SEAL,
  F_SEAL_SEAL,
  F_SEAL_SHRINK | F_SEAL_EXEC,
];

function seals(probe: Probe, device: number): void {
  const { task } = probe;
  for (const set of SETS) {
    const memfd = createMemfd(probe, 16_384);
    outcomeOf(() => task.fcntl(memfd, F_ADD_SEALS, set));
    const name = `0x${set.toString(16)}`;
    probe.setup = `memfd 16384 bytes, seals ${name}`;
    const { ret: fd } = probe.call(
      `create.seals-${name}`,
      'UDMABUF_CREATE offset=0 size=16384 flags=0',
      () => createUdmabuf(probe, device, memfd, 16_384n),
      ({ ret }) =>
        ret < 0
          ? {}
          : {
              F_GETFL: octal(task.fcntl(ret, F_GETFL)),
              F_GETFD: task.fcntl(ret, F_GETFD),
              lseek_end: Number(task.seek(ret, 0n, SEEK_END)),
              mmap_rw: okOrErrno(() => void task.mmap(ret, 16_384)),
            },
    );
    if (fd >= 0) task.close(fd);
    task.close(memfd);
  }
  const memfd = task.memfdCreate('n', 0);
  task.truncate(memfd, 16_384n);
  probe.setup = 'memfd without MFD_ALLOW_SEALING';
  probe.call('create.noallow', 'UDMABUF_CREATE', () => createUdmabuf(probe, device, memfd, 16_384n));
  task.close(memfd);
}

const NEAR_THE_TOP = 0xffff_ffff_ffff_f000n;

const ARGUMENTS: readonly (readonly [name: string, flags: number, offset: bigint, size: bigint])[] = [
  ['cloexec', 1, 0n, 16_384n],
  ['flags-2', 2, 0n, 16_384n],
  ['flags-0x80000000', 0x8000_0000, 0n, 16_384n],
  ['size-0', 0, 0n, 0n],
  ['size-1', 0, 0n, 1n],
  ['size-4096', 0, 0n, 4096n],
  ['size-4097', 0, 0n, 4097n],
  ['size-too-big', 0, 0n, 20_480n],
  ['off-4096', 0, 4096n, 4096n],
  ['off-4096-to-end', 0, 4096n, 12_288n],
  ['off-4096-past-end', 0, 4096n, 16_384n],
  ['off-1', 0, 1n, 4096n],
  ['off-size', 0, 16_384n, 4096n],
  ['off-huge', 0, NEAR_THE_TOP, 4096n],
  ['off-wrap', 0, NEAR_THE_TOP, 8192n],
  ['size-huge', 0, 0n, NEAR_THE_TOP],
];

/** The memfd, which the following cases use. */
function creation(probe: Probe, device: number): number {
  const { task } = probe;
  const memfd = createMemfd(probe, 16_384);
  task.fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK);
  probe.setup = 'memfd 16384 bytes, F_SEAL_SHRINK';
  for (const [name, flags, offset, size] of ARGUMENTS) {
    const hex = (value: number | bigint) => `0x${value.toString(16)}`;
    const { ret: fd } = probe.call(
      `create.${name}`,
      `UDMABUF_CREATE flags=${hex(flags)} offset=${hex(offset)} size=${hex(size)}`,
      () => createUdmabuf(probe, device, memfd, size, { offset, flags }),
      ({ ret }) =>
        ret < 0 ? {} : { F_GETFD: task.fcntl(ret, F_GETFD), lseek_end: Number(task.seek(ret, 0n, SEEK_END)) },
    );
    if (fd >= 0) task.close(fd);
  }
  otherFiles(probe, device);
  return memfd;
}

function otherFiles(probe: Probe, device: number): void {
  const { task } = probe;
  const create = (name: string, what: string, fd: number) =>
    probe.call(`create.${name}`, `UDMABUF_CREATE memfd=${what}`, () =>
      createUdmabuf(probe, device, fd, 4096n),
    );
  create('fd-neg1', '-1', -1);
  const shared = task.open('/dev/shm/y', O_RDWR | O_CREAT);
  task.truncate(shared, 16_384n);
  create('fd-tmpfs', '<tmpfs file>', shared);
  task.close(shared);
  const nothing = task.open('/dev/null', O_RDWR);
  create('fd-devnull', '</dev/null>', nothing);
  create('fd-udmabuf-dev', '<udmabuf dev>', device);
  task.close(nothing);
  probe.call('create.efault', 'UDMABUF_CREATE NULL', () => rawIoctl(probe, device, UDMABUF_CREATE.number));
  probe.call('ioctl.unknown', "_IOW('u', 0x50, u32)", () =>
    rawIoctl(probe, device, encode(1, 'u', 0x50, 4), 1n),
  );
}

function readOnly(probe: Probe, device: number, memfd: number): void {
  const { task } = probe;
  const again = task.open(ownPath(memfd), O_RDONLY);
  probe.setup = 'O_RDONLY reopen of a shrink-sealed memfd';
  const { ret: fd } = probe.call(
    'create.rdonly-memfd',
    'UDMABUF_CREATE from an O_RDONLY memfd fd',
    () => createUdmabuf(probe, device, again, 16_384n),
    ({ ret }) =>
      ret < 0
        ? {}
        : { F_GETFL: octal(task.fcntl(ret, F_GETFL)), mmap_rw: okOrErrno(() => void task.mmap(ret, 4096)) },
  );
  if (fd >= 0) task.close(fd);
  task.close(again);
}

function hugePages(probe: Probe, device: number): void {
  const { task } = probe;
  const memfd = task.memfdCreate('h', MFD_HUGETLB | MFD_ALLOW_SEALING);
  probe.setup = 'hugetlb memfd';
  probe.call('hugetlb.truncate', 'ftruncate 2 MiB', () => task.truncate(memfd, 2n << 20n));
  task.fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK);
  probe.call('hugetlb.create', 'UDMABUF_CREATE 4096 of a hugetlb memfd (no huge pages reserved)', () =>
    createUdmabuf(probe, device, memfd, 4096n),
  );
  task.close(memfd);
}
