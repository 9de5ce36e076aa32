import {
  DMA_BUF_IOCTL_EXPORT_SYNC_FILE,
  DMA_BUF_IOCTL_IMPORT_SYNC_FILE,
  DMA_BUF_IOCTL_SYNC,
  DMA_BUF_SET_NAME_A,
  DMA_BUF_SET_NAME_B,
} from '../../../protocol/uapi/dma-buf.ts';
import { F_GETFD, F_GETFL, O_RDWR, POLLPRI } from '../../../protocol/uapi/fcntl.ts';
import { encode } from '../../../protocol/uapi/ioctl.ts';
import { SYNC_IOC_FILE_INFO } from '../../../protocol/uapi/sync-file.ts';
import { eventNames, ioctl, pollRow, rawIoctl } from '../calls.ts';
import { cpuAccess, exportSyncFile, importSyncFile, syncFile } from '../fences.ts';
import { ownPath, text } from '../memfds.ts';
import { octal, type Probe } from '../probe.ts';
import { READ, reservation } from './dmabuf-exporters.ts';
import { fdinfo } from './dmabuf-file.ts';

const CPU_ACCESS_FLAGS = [
  0n,
  1n,
  2n,
  3n,
  4n,
  5n,
  6n,
  7n,
  8n,
  9n,
  16n,
  0x11n,
  0x100n,
  0x8000_0000_0000_0001n,
  0xffff_ffff_ffff_ffffn,
];
const ACCESS_FLAGS = [0, 1, 2, 3, 4, 5, 8, 0x8000_0000, 0xffff_ffff];
const IOC_WRITE = 1;
const FIONREAD = 0x541b;

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

/** The calls on a dma-buf without fences: which arguments they take. */
export function ioctls(probe: Probe, fd: number): void {
  cpuAccesses(probe, fd);
  snapshots(probe, fd);
  unknown(probe, fd);
  names(probe, fd);
  imports(probe, fd);
}

function cpuAccesses(probe: Probe, fd: number): void {
  for (const flags of CPU_ACCESS_FLAGS)
    probe.call(`sync.flags-${hex(flags)}`, `DMA_BUF_IOCTL_SYNC flags=${hex(flags)}`, () =>
      cpuAccess(probe, fd, flags),
    );
  const sequence: [name: string, what: string, flags: bigint][] = [
    ['end-without-start', 'DMA_BUF_IOCTL_SYNC END|RW first', 7n],
    ['start-r', 'START|READ', 1n],
    ['start-w-nested', 'START|WRITE while READ open', 2n],
    ['end-rw', 'END|RW', 7n],
  ];
  for (const [name, what, flags] of sequence)
    probe.call(`sync.${name}`, what, () => cpuAccess(probe, fd, flags));
  probe.call('sync.efault', 'DMA_BUF_IOCTL_SYNC NULL', () => rawIoctl(probe, fd, DMA_BUF_IOCTL_SYNC.number));
}

function snapshots(probe: Probe, fd: number): void {
  const { task } = probe;
  for (const flags of ACCESS_FLAGS) {
    const made = exportSyncFile(probe, fd, flags);
    probe.call(
      `export.nofence.flags-${hex(flags)}`,
      `EXPORT_SYNC_FILE flags=${hex(flags)} fd=-1`,
      () => made,
      ({ errno }) =>
        errno
          ? { fd_field_after: made.fd }
          : {
              sync_file: syncFile(probe, made.fd),
              F_GETFD: task.fcntl(made.fd, F_GETFD),
              F_GETFL: octal(task.fcntl(made.fd, F_GETFL)),
            },
    );
    if (made.fd >= 0) task.close(made.fd);
  }
  const what = 'EXPORT_SYNC_FILE flags=READ fd=5 (input value must not matter)';
  probe.call('export.fd-field-5-in', what, () =>
    ioctl(probe, fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, { flags: READ, fd: 5 }),
  );
  probe.call('export.efault', 'EXPORT_SYNC_FILE NULL', () =>
    rawIoctl(probe, fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE.number),
  );
}

function unknown(probe: Probe, fd: number): void {
  const buffer = probe.task.memory.mapAnonymous(4096);
  const raw = (name: string, what: string, request: number): void => {
    probe.call(`ioctl.${name}`, what, () => rawIoctl(probe, fd, request, buffer));
  };
  raw('unknown-nr', "_IOW('b', 9, u32)", encode(IOC_WRITE, 'b', 9, 4));
  raw('wrong-size', "_IOW('b', 0, u32) (SYNC with a wrong size)", encode(IOC_WRITE, 'b', 0, 4));
  raw('other-type', "_IOW('x',0,u32)", encode(IOC_WRITE, 'x', 0, 4));
  raw('TCGETS-like', 'ioctl(FIONREAD)', FIONREAD);
  probe.observe('poll.nofence', 'poll on a dma-buf with no fences', { poll: pollRow(probe, fd) });
  const revents = (events: number) => ({ revents: eventNames(probe.poll(fd, events, 0).revents) });
  probe.observe('poll.pri', 'poll POLLPRI only', revents(POLLPRI));
  probe.observe('poll.zero', 'poll events=0', revents(0));
}

function names(probe: Probe, fd: number): void {
  const { task } = probe;
  const memory = task.memory.mapAnonymous(4096);
  const setName = (name: string, request: number) => (): number => {
    task.memory.copyToUser(memory, text(`${name}\0`));
    return rawIoctl(probe, fd, request, memory);
  };
  const B = DMA_BUF_SET_NAME_B.number;
  const info = () => ({ fdinfo: fdinfo(probe, fd) });
  const link = () => ({ readlink: task.readlink(ownPath(fd)) });
  probe.call('name.set', 'DMA_BUF_SET_NAME_B "hello"', setName('hello', B), info);
  probe.observe('name.readlink', 'readlink /proc/self/fd/N after SET_NAME', link());
  probe.call('name.set-A', 'DMA_BUF_SET_NAME_A "again"', setName('again', DMA_BUF_SET_NAME_A.number));
  probe.call('name.empty', 'SET_NAME ""', setName('', B));
  probe.observe('name.empty-readlink', 'readlink after empty name', { ...link(), ...info() });
  for (const length of [30, 31, 32, 33])
    probe.call(
      `name.len-${length}`,
      `SET_NAME with ${length} characters`,
      setName('a'.repeat(length), B),
      info,
    );
  probe.call('name.efault', 'SET_NAME NULL', () => rawIoctl(probe, fd, B));
}

function imports(probe: Probe, fd: number): void {
  const stub = exportSyncFile(probe, fd, READ).fd;
  for (const flags of ACCESS_FLAGS)
    probe.call(
      `import.stub.flags-${hex(flags)}`,
      `IMPORT_SYNC_FILE flags=${hex(flags)} fd=<signalled stub>`,
      () => importSyncFile(probe, fd, flags, stub),
      () => reservation(probe, fd),
    );
  const refused = (name: string, what: string, flags: number, other: number): void => {
    probe.call(`import.${name}`, `IMPORT_SYNC_FILE ${what}`, () => importSyncFile(probe, fd, flags, other));
  };
  refused('fd-neg1', 'READ fd=-1', READ, -1);
  refused('fd-9999', 'READ fd=9999', READ, 9999);
  refused('fd-dmabuf', 'READ fd=<a dma-buf>', READ, fd);
  const none = probe.task.open('/dev/null', O_RDWR);
  refused('fd-devnull', 'READ fd=</dev/null>', READ, none);
  refused('badflags-and-badfd', 'flags=8 fd=-1', 8, -1);
  probe.call('import.efault', 'IMPORT_SYNC_FILE NULL', () =>
    rawIoctl(probe, fd, DMA_BUF_IOCTL_IMPORT_SYNC_FILE.number),
  );
  probe.task.close(none);
  const what = 'EXPORT_SYNC_FILE ioctl on a sync_file fd';
  probe.call('stub.EXPORT-on-syncfile', what, () => exportSyncFile(probe, stub, READ));
  probe.call('dmabuf.FILE_INFO', 'SYNC_IOC_FILE_INFO ioctl on a dma-buf fd', () =>
    ioctl(probe, fd, SYNC_IOC_FILE_INFO, {}),
  );
  probe.task.close(stub);
}
