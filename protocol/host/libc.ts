import { createRequire } from 'node:module';
import { HostError } from './error.ts';

/** An address in this process. */
export type Address = bigint | number;
/** Memory handed to a call: its bytes, not a copy. */
export type Bytes = ArrayBufferView;

/** The C library, as far as this project calls it. Raw: a negative result means that `errno` is set. */
export interface Libc {
  errno(): number;
  /** Where the bytes are. They stay there while the array lives, if it is of more than 64 bytes or on a buffer of its own. */
  address(bytes: Bytes): bigint;
  getpagesize(): number;
  close(fd: number): number;
  fcntl(fd: number, command: number, kind: 'int', argument: number): number;
  flock(fd: number, operation: number): number;
  memfd_create(name: string, flags: number): number;
  ftruncate(fd: number, bytes: number): number;
  fallocate(fd: number, mode: number, offset: number, bytes: number): number;
  lseek(fd: number, offset: number, whence: number): number;
  pread(fd: number, target: Bytes, bytes: number, offset: number): number;
  pwrite(fd: number, source: Bytes, bytes: number, offset: number): number;
  mmap(
    address: Address,
    bytes: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ): Address;
  eventfd(initial: number, flags: number): number;
  write(fd: number, source: Bytes, bytes: number): number;
  read(fd: number, target: Bytes, bytes: number): number;
  pipe2(pair: Bytes, flags: number): number;
  poll(descriptors: Bytes, count: number, milliseconds: number): number;
  socket(domain: number, type: number, protocol: number): number;
  socketpair(domain: number, type: number, protocol: number, pair: Bytes): number;
  bind(fd: number, address: Bytes, length: number): number;
  listen(fd: number, backlog: number): number;
  connect(fd: number, address: Bytes, length: number): number;
  accept4(fd: number, address: null, length: null, flags: number): number;
  getsockopt(fd: number, level: number, name: number, value: Bytes, length: Bytes): number;
  sendmsg(fd: number, header: Bytes, flags: number): number;
  recvmsg(fd: number, header: Bytes, flags: number): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: Bytes): number;
  epoll_wait(epoll: number, events: Bytes, count: number, milliseconds: number): number;
  /** `epoll_wait` without end, on a thread of libuv's pool; calls back with the result on the event loop. */
  epollWaitAsync(epoll: number, events: Bytes, count: number, done: (result: number) => void): void;
}

export type LibcOrReason = { readonly libc: Libc } | { readonly libc: null; readonly reason: string };

let loaded: LibcOrReason | null = null;

/**
 * Loads the C library on first use, through koffi. Where that is not possible (no prebuilt koffi for the platform, not
 * Linux, or `FENCEPOST_NO_NATIVE=1`), the answer says why, and callers copy through sockets instead.
 */
export function loadLibc(): LibcOrReason {
  const wanted = process.env['FENCEPOST_NO_NATIVE'];
  if (wanted !== undefined && wanted !== '' && wanted !== '0')
    return { libc: null, reason: `FENCEPOST_NO_NATIVE=${wanted} is set` };
  loaded ??= load();
  return loaded;
}

/** The result of a call, or the error that it left. */
export function checked(libc: Libc, syscall: string, result: number, detail?: string): number {
  if (result < 0) throw new HostError(syscall, libc.errno(), detail);
  return result;
}

function load(): LibcOrReason {
  if (process.platform !== 'linux')
    return { libc: null, reason: `native calls are for Linux, and this is ${process.platform}` };
  try {
    return { libc: declare(createRequire(import.meta.url)('koffi') as typeof import('koffi')) };
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return { libc: null, reason: `koffi could not be loaded: ${why}` };
  }
}

function declare(koffi: typeof import('koffi')): Libc {
  const library = koffi.load(null);
  const declared = (signature: string) => library.func(signature);
  const epollWait = declared('int epoll_wait(int, void *, int, int)');
  return {
    errno: () => koffi.errno(),
    address: bytes => koffi.address(bytes),
    getpagesize: declared('int getpagesize()'),
    close: declared('int close(int)'),
    fcntl: declared('int fcntl(int, int, ...)'),
    flock: declared('int flock(int, int)'),
    memfd_create: declared('int memfd_create(str, unsigned int)'),
    ftruncate: declared('int ftruncate(int, int64_t)'),
    fallocate: declared('int fallocate(int, int, int64_t, int64_t)'),
    lseek: declared('int64_t lseek(int, int64_t, int)'),
    pread: declared('intptr_t pread(int, void *, size_t, int64_t)'),
    pwrite: declared('intptr_t pwrite(int, void *, size_t, int64_t)'),
    mmap: declared('uintptr_t mmap(uintptr_t, size_t, int, int, int, int64_t)'),
    eventfd: declared('int eventfd(unsigned int, int)'),
    write: declared('intptr_t write(int, void *, size_t)'),
    read: declared('intptr_t read(int, void *, size_t)'),
    pipe2: declared('int pipe2(void *, int)'),
    poll: declared('int poll(void *, unsigned long, int)'),
    socket: declared('int socket(int, int, int)'),
    socketpair: declared('int socketpair(int, int, int, void *)'),
    bind: declared('int bind(int, void *, uint32_t)'),
    listen: declared('int listen(int, int)'),
    connect: declared('int connect(int, void *, uint32_t)'),
    accept4: declared('int accept4(int, void *, void *, int)'),
    getsockopt: declared('int getsockopt(int, int, int, void *, void *)'),
    sendmsg: declared('intptr_t sendmsg(int, void *, int)'),
    recvmsg: declared('intptr_t recvmsg(int, void *, int)'),
    epoll_create1: declared('int epoll_create1(int)'),
    epoll_ctl: declared('int epoll_ctl(int, int, int, void *)'),
    epoll_wait: epollWait,
    epollWaitAsync: (epoll, events, count, done) =>
      epollWait.async(epoll, events, count, -1, (error: Error | null, result: number) =>
        done(error ? -1 : result),
      ),
  };
}
