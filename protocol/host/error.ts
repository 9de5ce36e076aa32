/** What a call to the host's C library came back with: Linux's own number, and the name of it. */
export class HostError extends Error {
  override readonly name = 'HostError';
  /** The symbolic name, for example `'EPERM'`; `'E<number>'` for one that has no name here. */
  readonly code: string;
  /** Linux's number, positive. */
  readonly errno: number;
  /** The call that failed, as its manual page names it. */
  readonly syscall: string;

  constructor(syscall: string, errno: number, detail = '') {
    const code = errnoName(errno);
    super(`${syscall}: ${code}${detail === '' ? '' : ` (${detail})`}`);
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
  }
}

/** The errors that the calls of this folder can meet, by Linux's generic numbering (x86-64 and arm64 agree). */
export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ETXTBSY: 26,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EPIPE: 32,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ENOTSOCK: 88,
  EMSGSIZE: 90,
  EPROTOTYPE: 91,
  EOPNOTSUPP: 95,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOBUFS: 105,
  ENOTCONN: 107,
  ETOOMANYREFS: 109,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
} as const;

const names = new Map<number, string>(Object.entries(Errno).map(([name, value]) => [value, name]));

function errnoName(errno: number): string {
  return names.get(errno) ?? `E${errno}`;
}
