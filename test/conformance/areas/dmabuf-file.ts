import { epollControl, epollCreate, epollWait } from '../../../compositor/kernel/task/epoll.ts';
import { fsync } from '../../../compositor/kernel/task/memory-calls.ts';
import {
  EPOLL_CTL_ADD,
  F_GET_SEALS,
  F_GETFD,
  F_GETFL,
  F_SETFL,
  O_NONBLOCK,
  O_RDWR,
  POLLIN,
  POLLOUT,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
} from '../../../protocol/uapi/fcntl.ts';
import { eventNames } from '../calls.ts';
import { ownPath } from '../memfds.ts';
import { octal, type Probe } from '../probe.ts';

const WHENCE = { SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE };

/** What /proc/self/fdinfo shows of a descriptor. */
export function fdinfo({ task }: Probe, fd: number): string {
  const file = task.open(`/proc/self/fdinfo/${fd}`);
  const text = new TextDecoder().decode(task.read(file, 65536));
  task.close(file);
  return text;
}

/** A dma-buf is a file, but nothing to read, write or seek in. */
export function asFile(probe: Probe, fd: number): void {
  const { task } = probe;
  const size = task.seek(fd, 0n, SEEK_END);
  const status = task.status(fd);
  probe.observe('fstat', 'fstat(dmabuf)', {
    st_size: Number(status.size),
    st_mode: octal(status.mode),
    st_nlink: status.links,
    lseek_end: Number(size),
    F_GETFL: octal(task.fcntl(fd, F_GETFL)),
    F_GETFD: task.fcntl(fd, F_GETFD),
    st_blksize: status.blockSize,
    st_blocks: Number(status.blocks),
  });
  const shown = { readlink: task.readlink(ownPath(fd)), fdinfo: fdinfo(probe, fd) };
  probe.observe('fdinfo', 'readlink + fdinfo of dma-buf', shown);
  seeking(probe, fd, size);
  contents(probe, fd, size);
  polled(probe, fd);
}

function seeking(probe: Probe, fd: number, size: bigint): void {
  const cases: [name: string, offset: bigint, whence: keyof typeof WHENCE][] = [
    ['set0', 0n, 'SEEK_SET'],
    ['set1', 1n, 'SEEK_SET'],
    ['set-neg', -1n, 'SEEK_SET'],
    ['set-size', size, 'SEEK_SET'],
    ['end0', 0n, 'SEEK_END'],
    ['end1', 1n, 'SEEK_END'],
    ['end-neg', -1n, 'SEEK_END'],
    ['cur0', 0n, 'SEEK_CUR'],
    ['cur1', 1n, 'SEEK_CUR'],
    ['data0', 0n, 'SEEK_DATA'],
    ['hole0', 0n, 'SEEK_HOLE'],
  ];
  for (const [name, offset, whence] of cases)
    probe.call(`lseek.${name}`, `lseek(dmabuf, ${offset}, ${whence})`, () =>
      probe.task.seek(fd, offset, WHENCE[whence]),
    );
}

function contents(probe: Probe, fd: number, size: bigint): void {
  const { task } = probe;
  const bytes = new Uint8Array(16);
  probe.call('read', 'read(dmabuf, buf, 16)', () => task.read(fd, 16).length);
  probe.call('write', 'write(dmabuf, buf, 16)', () => task.write(fd, bytes));
  probe.call('pread', 'pread(dmabuf, buf, 16, 0)', () => task.pread(fd, bytes, 0n));
  probe.call('pwrite-past-end', 'pwrite(dmabuf, buf, 16, size)', () => task.pwrite(fd, bytes, size));
  probe.call('ftruncate-same', 'ftruncate(dmabuf, size)', () => task.truncate(fd, size));
  probe.call('ftruncate-0', 'ftruncate(dmabuf, 0)', () => task.truncate(fd, 0n));
  probe.call('fallocate', 'fallocate(dmabuf, 0, 0, size)', () => task.fallocate(fd, 0, 0n, size));
  probe.call('fsync', 'fsync(dmabuf)', () => fsync(task, fd));
  probe.call('F_GET_SEALS', 'fcntl(dmabuf, F_GET_SEALS)', () => task.fcntl(fd, F_GET_SEALS));
  probe.call('F_SETFL-NONBLOCK', 'fcntl(dmabuf, F_SETFL, O_NONBLOCK)', () =>
    task.fcntl(fd, F_SETFL, O_NONBLOCK),
  );
  probe.call('reopen-proc', 'open(/proc/self/fd/N, O_RDWR)', () => task.open(ownPath(fd), O_RDWR));
}

function polled(probe: Probe, fd: number): void {
  const { task } = probe;
  const epoll = epollCreate(task, 0);
  probe.call('epoll-add', 'epoll_ctl(ADD, EPOLLIN|EPOLLOUT)', () =>
    epollControl(task, epoll, EPOLL_CTL_ADD, fd, { events: POLLIN | POLLOUT, data: 0n }),
  );
  const ready = epollWait(task, epoll, 1);
  probe.call(
    'epoll-wait',
    'epoll_wait(0)',
    () => ready.length,
    () => ({ events: eventNames(ready[0]?.events ?? 0) }),
  );
  task.close(epoll);
}
