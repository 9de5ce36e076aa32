import { fchmodSync } from 'node:fs';
import { Errno, HostError } from './error.ts';
import { checked, type Libc } from './libc.ts';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** `sun_path` with its terminating NUL. */
const PATH_BYTES = 108;
const BACKLOG = 128;

/** `SO_PEERCRED`: who connected, as of the moment of `connect(2)`. */
export interface Credentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** A non-blocking stream socket that listens at a path which only its owner may connect to. Throws `HostError`. */
export function listenAt(libc: Libc, path: string): number {
  const address = addressOf(path);
  return withSocket(libc, fd => {
    // The mode of a socket's inode before bind is the mode of the file that bind makes, so it is never open to others.
    fchmodSync(fd, 0o600);
    checked(libc, 'bind', libc.bind(fd, address, address.length), path);
    checked(libc, 'listen', libc.listen(fd, BACKLOG), path);
  });
}

/** A non-blocking stream socket connected to a path. Throws `HostError`: ENOENT, ECONNREFUSED, EAGAIN (backlog full). */
export function connectTo(libc: Libc, path: string): number {
  const address = addressOf(path);
  return withSocket(libc, fd => checked(libc, 'connect', libc.connect(fd, address, address.length), path));
}

/** Two connected non-blocking stream sockets. */
export function socketPair(libc: Libc): [number, number] {
  const pair = new Int32Array(new ArrayBuffer(8));
  checked(libc, 'socketpair', libc.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair));
  return [pair[0]!, pair[1]!];
}

/** The next connection, or -1 when there is none. Throws `HostError`, for example with EMFILE. */
export function accept(libc: Libc, listener: number): number {
  for (;;) {
    const fd = libc.accept4(listener, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) return fd;
    const errno = libc.errno();
    if (errno === Errno.EAGAIN) return -1;
    if (errno !== Errno.EINTR && errno !== Errno.ECONNABORTED) throw new HostError('accept4', errno);
  }
}

export function peerCredentials(libc: Libc, fd: number): Credentials {
  const value = new Uint32Array(new ArrayBuffer(12));
  const length = new Uint32Array(new ArrayBuffer(4));
  length[0] = value.byteLength;
  checked(libc, 'getsockopt(SO_PEERCRED)', libc.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, value, length));
  return { pid: value[0]!, uid: value[1]!, gid: value[2]! };
}

/** Takes the exclusive `flock(2)` of an open file, without waiting; false when another open file has it. */
export function tryLock(libc: Libc, fd: number): boolean {
  const LOCK_EX_NB = 2 | 4;
  if (libc.flock(fd, LOCK_EX_NB) === 0) return true;
  const errno = libc.errno();
  if (errno === Errno.EAGAIN) return false;
  throw new HostError('flock', errno);
}

function withSocket(libc: Libc, prepare: (fd: number) => void): number {
  const fd = checked(libc, 'socket', libc.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  try {
    prepare(fd);
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

function addressOf(path: string): Uint8Array {
  const bytes = new TextEncoder().encode(path);
  if (bytes.length === 0 || bytes.length >= PATH_BYTES)
    throw new HostError(
      'socket',
      Errno.ENAMETOOLONG,
      `${path}: a socket's path has at most ${PATH_BYTES - 1} bytes`,
    );
  const address = new Uint8Array(new ArrayBuffer(2 + bytes.length + 1));
  new Uint16Array(address.buffer, 0, 1)[0] = AF_UNIX;
  address.set(bytes, 2);
  return address;
}
