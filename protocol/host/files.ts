import { fstatSync } from 'node:fs';
import { Errno, HostError } from './error.ts';
import { checked, type Libc } from './libc.ts';

const MFD_CLOEXEC = 0x1;
const MFD_ALLOW_SEALING = 0x2;
const F_ADD_SEALS = 1033;
const F_GET_SEALS = 1034;
const F_DUPFD_CLOEXEC = 1030;
const FALLOC_FL_KEEP_SIZE = 0x1;
const FALLOC_FL_PUNCH_HOLE = 0x2;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const ENXIO = 6;

/** A sealable, close-on-exec memfd of zero bytes. */
export function memfdCreate(libc: Libc, name: string, bytes: number): number {
  const fd = checked(libc, 'memfd_create', libc.memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  try {
    truncate(libc, fd, bytes);
  } catch (error) {
    libc.close(fd);
    throw error;
  }
  return fd;
}

export function truncate(libc: Libc, fd: number, bytes: number): void {
  checked(libc, 'ftruncate', libc.ftruncate(fd, bytes), `fd ${fd} to ${bytes} bytes`);
}

/** Gives a range back, so that it reads as zeros. */
export function punch(libc: Libc, fd: number, offset: number, bytes: number): void {
  const mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  checked(
    libc,
    'fallocate',
    libc.fallocate(fd, mode, offset, bytes),
    `${bytes} bytes at ${offset} of fd ${fd}`,
  );
}

/** Where data, or a hole, begins from `offset` on; `null` when nothing follows. Moves the file's position. */
export function nextRange(libc: Libc, fd: number, offset: number, kind: 'data' | 'hole'): number | null {
  const found = libc.lseek(fd, offset, kind === 'data' ? SEEK_DATA : SEEK_HOLE);
  if (found < 0 && libc.errno() === ENXIO) return null;
  return checked(libc, 'lseek', found, `${kind} from ${offset} of fd ${fd}`);
}

/** `st_size`. */
export function sizeOf(fd: number): number {
  try {
    return fstatSync(fd).size;
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).errno;
    throw new HostError('fstat', errno === undefined ? Errno.EBADF : -errno, `fd ${fd}`);
  }
}

/** The seals, or `null` where the file's kind has none. */
export function getSeals(libc: Libc, fd: number): number | null {
  const seals = libc.fcntl(fd, F_GET_SEALS, 'int', 0);
  if (seals >= 0) return seals;
  const errno = libc.errno();
  if (errno === Errno.EINVAL) return null;
  throw new HostError('fcntl(F_GET_SEALS)', errno, `fd ${fd}`);
}

export function addSeals(libc: Libc, fd: number, seals: number): void {
  checked(libc, 'fcntl(F_ADD_SEALS)', libc.fcntl(fd, F_ADD_SEALS, 'int', seals), `fd ${fd}`);
}

export function duplicate(libc: Libc, fd: number): number {
  return checked(libc, 'fcntl(F_DUPFD_CLOEXEC)', libc.fcntl(fd, F_DUPFD_CLOEXEC, 'int', 0), `fd ${fd}`);
}

/** Closes a descriptor. Linux frees the number whatever `close(2)` answers, so only EBADF is worth an error. */
export function closeDescriptor(libc: Libc, fd: number): void {
  if (libc.close(fd) < 0 && libc.errno() === Errno.EBADF)
    throw new HostError('close', Errno.EBADF, `fd ${fd}`);
}

/** Reads until `target` is full or the file ends; returns the bytes read. */
export function preadFully(libc: Libc, fd: number, target: Uint8Array, offset: number): number {
  let done = 0;
  while (done < target.length) {
    const part = done === 0 ? target : target.subarray(done);
    const result = libc.pread(fd, part, part.length, offset + done);
    if (result < 0 && libc.errno() === Errno.EINTR) continue;
    if (checked(libc, 'pread', result, `fd ${fd}`) === 0) break;
    done += result;
  }
  return done;
}

/** Writes all of `source`; returns the bytes written. */
export function pwriteFully(libc: Libc, fd: number, source: Uint8Array, offset: number): number {
  let done = 0;
  while (done < source.length) {
    const part = done === 0 ? source : source.subarray(done);
    const result = libc.pwrite(fd, part, part.length, offset + done);
    if (result < 0 && libc.errno() === Errno.EINTR) continue;
    done += checked(libc, 'pwrite', result, `fd ${fd}`);
  }
  return done;
}
