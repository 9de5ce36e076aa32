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
  O_CREAT,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
} from '../../../protocol/uapi/fcntl.ts';
import { createMemfd, ownPath, sealsOf } from '../memfds.ts';
import { octal, type Probe } from '../probe.ts';
import { mappings } from './memfd-mappings.ts';
import { sealedOperations, sealMatrix } from './memfd-seals.ts';

/** Flags and seals of memfds, and what is allowed under which. */
export const memfd = {
  name: 'memfd',
  run(probe: Probe): void {
    probe.prefix = 'memfd.';
    creation(probe);
    unsealable(probe);
    sealArguments(probe);
    otherFiles(probe);
    sealMatrix(probe);
    sealedOperations(probe);
    mappings(probe);
  },
};

export const SEALS: readonly (readonly [name: string, seal: number])[] = [
  ['SEAL', F_SEAL_SEAL],
  ['SHRINK', F_SEAL_SHRINK],
  ['GROW', F_SEAL_GROW],
  ['WRITE', F_SEAL_WRITE],
  ['FUTURE_WRITE', F_SEAL_FUTURE_WRITE],
  ['EXEC', F_SEAL_EXEC],
];

const TWO_MEGABYTES = 21 << 26;

const CREATE_FLAGS: readonly (readonly [name: string, flags: number])[] = [
  ['0', 0],
  ['CLOEXEC', 1],
  ['ALLOW_SEALING', 2],
  ['HUGETLB', 4],
  ['NOEXEC_SEAL', 8],
  ['EXEC', 0x10],
  ['EXEC|NOEXEC_SEAL', 0x18],
  ['ALLOW_SEALING|NOEXEC_SEAL', 0xa],
  ['ALLOW_SEALING|EXEC', 0x12],
  ['HUGETLB|ALLOW_SEALING', 6],
  ['bad-0x20', 0x20],
  ['bad-0x80000000', 0x8000_0000],
  ['HUGETLB|2MB', 4 | TWO_MEGABYTES],
  ['2MB-without-HUGETLB', TWO_MEGABYTES],
];

function creation(probe: Probe): void {
  const { task } = probe;
  for (const [name, flags] of CREATE_FLAGS) {
    const { ret: fd } = probe.call(
      `create.${name}`,
      `memfd_create("n", 0x${(flags >>> 0).toString(16)})`,
      () => task.memfdCreate('n', flags),
      ({ ret }) => {
        if (ret < 0) return {};
        const { mode, size, links = 1 } = task.status(ret);
        return {
          F_GET_SEALS: sealsOf(probe, ret),
          mode: octal(mode),
          F_GETFD: task.fcntl(ret, F_GETFD),
          F_GETFL: octal(task.fcntl(ret, F_GETFL)),
          st_size: Number(size),
          st_nlink: links,
        };
      },
    );
    if (fd >= 0) task.close(fd);
  }
  // From here on the program leaves the descriptors open.
  for (const length of [248, 249, 250, 251])
    probe.call(`create.name-${length}`, `memfd_create(name of ${length} chars)`, () =>
      task.memfdCreate('n'.repeat(length), 0),
    );
  probe.call('create.name-empty', 'memfd_create("")', () => task.memfdCreate('', 0));
  probe.call('create.name-null', 'memfd_create(NULL)', () => task.memfdCreate(0n, 0));
  probe.call('create.name-slash', 'memfd_create("a/b")', () => task.memfdCreate('a/b', 0));
  const fd = task.memfdCreate('nm', 0);
  const readlink = task.readlink(ownPath(fd));
  probe.observe('readlink', 'readlink(/proc/self/fd/N) of memfd "nm"', { readlink });
  task.close(fd);
}

function unsealable(probe: Probe): void {
  const { task } = probe;
  const fd = task.memfdCreate('n', 0);
  probe.setup = 'memfd made without MFD_ALLOW_SEALING';
  for (const [name, seal] of SEALS)
    probe.call(
      `noallow.${name}`,
      `F_ADD_SEALS F_SEAL_${name}`,
      () => task.fcntl(fd, F_ADD_SEALS, seal),
      () => ({ seals: sealsOf(probe, fd) }),
    );
  probe.call('noallow.0', 'F_ADD_SEALS 0', () => task.fcntl(fd, F_ADD_SEALS, 0));
  task.close(fd);
}

function sealArguments(probe: Probe): void {
  const { task } = probe;
  const fd = createMemfd(probe, 8192);
  probe.setup = 'memfd ALLOW_SEALING, 8192 bytes';
  const add = (name: string, what: string, seals: number, at = fd) =>
    probe.call(`add.${name}`, what, () => task.fcntl(at, F_ADD_SEALS, seals));
  const addAndLook = (name: string, what: string, seals: number) =>
    probe.call(
      `add.${name}`,
      what,
      () => task.fcntl(fd, F_ADD_SEALS, seals),
      () => ({ seals: sealsOf(probe, fd) }),
    );
  add('0', 'F_ADD_SEALS 0', 0);
  add('bad-0x40', 'F_ADD_SEALS 0x40', 0x40);
  add('bad-0x80000000', 'F_ADD_SEALS 0x80000000', 0x8000_0000);
  addAndLook('bad-and-good', 'F_ADD_SEALS SHRINK|0x40', F_SEAL_SHRINK | 0x40);
  const readOnly = task.open(ownPath(fd), O_RDONLY);
  add('on-rdonly-fd', 'F_ADD_SEALS SHRINK on an O_RDONLY reopen', F_SEAL_SHRINK, readOnly);
  probe.call('get.on-rdonly-fd', 'F_GET_SEALS on an O_RDONLY reopen', () =>
    task.fcntl(readOnly, F_GET_SEALS),
  );
  const writeOnly = task.open(ownPath(fd), O_WRONLY);
  add('on-wronly-fd', 'F_ADD_SEALS SHRINK on an O_WRONLY reopen', F_SEAL_SHRINK, writeOnly);
  probe.observe('shared-between-opens', 'seals seen on the original fd', { seals: sealsOf(probe, fd) });
  add('same-again', 'F_ADD_SEALS SHRINK again', F_SEAL_SHRINK);
  addAndLook('SEAL-with-others', 'F_ADD_SEALS SEAL|GROW', F_SEAL_SEAL | F_SEAL_GROW);
  add('after-SEAL', 'F_ADD_SEALS WRITE after SEAL', F_SEAL_WRITE);
  add('same-after-SEAL', 'F_ADD_SEALS SHRINK (held) after SEAL', F_SEAL_SHRINK);
  for (const one of [fd, readOnly, writeOnly]) task.close(one);
}

function otherFiles(probe: Probe): void {
  const { task } = probe;
  probe.setup = '';
  const nothing = task.open('/dev/null', O_RDWR);
  const shared = task.open('/dev/shm/x', O_RDWR | O_CREAT);
  const program = task.open('/init', O_RDONLY);
  const get = (name: string, what: string, fd: number) =>
    probe.call(`get.${name}`, what, () => task.fcntl(fd, F_GET_SEALS));
  get('devnull', 'F_GET_SEALS /dev/null', nothing);
  get('tmpfs-file', 'F_GET_SEALS on a tmpfs file', shared);
  probe.call('add.tmpfs-file', 'F_ADD_SEALS SHRINK on a tmpfs file', () =>
    task.fcntl(shared, F_ADD_SEALS, F_SEAL_SHRINK),
  );
  get('rootfs-file', 'F_GET_SEALS on an initramfs file (O_RDONLY)', program);
  for (const fd of [nothing, shared, program]) task.close(fd);
}
