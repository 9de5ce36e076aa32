import {
  closeSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import type { Libc } from '../host/libc.ts';
import { tryLock } from '../host/socket.ts';

type ListenErrorCode = 'EADDRINUSE' | 'ENOTSOCK' | 'ENOTSUP';

/** A server cannot listen where it was told to: someone else does, something else is there, or it cannot at all. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code: ListenErrorCode;
  constructor(code: ListenErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export function inUse(path: string, pid: number | null): ListenError {
  const who = pid === null ? 'another server' : `the server with process id ${pid}`;
  return new ListenError(
    'EADDRINUSE',
    `${path} is in use by ${who}: stop it, or listen elsewhere (give another path)`,
  );
}

/**
 * The right to a socket's path: an exclusive `flock(2)` of `path.lock`, which ends with its process however that dies.
 * The file holds the owner's process id for people and for error messages.
 */
export class SocketLock implements Disposable {
  readonly #file: string;
  readonly #fd: number;
  #held = true;

  /** Throws `ListenError` when another server has it. */
  constructor(libc: Libc, path: string) {
    this.#file = `${path}.lock`;
    this.#fd = lockFile(libc, path, this.#file);
    ftruncateSync(this.#fd, 0);
    writeSync(this.#fd, `${process.pid}\n`, 0);
  }

  [Symbol.dispose](): void {
    if (!this.#held) return;
    this.#held = false;
    removeFile(this.#file);
    closeSync(this.#fd);
  }
}

/** The process id in a lock file, or `null` where there is none. */
export function lockOwner(file: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

/** Whether a socket is at the path. Throws `ListenError` when something else is. */
export function socketExists(path: string): boolean {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return false;
  if (status.isSocket()) return true;
  throw new ListenError('ENOTSOCK', `${path} exists and is not a socket: remove it, or listen elsewhere`);
}

export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function lockFile(libc: Libc, path: string, file: string): number {
  for (;;) {
    const fd = openSync(file, 'a+', 0o600);
    if (!tryLock(libc, fd)) {
      closeSync(fd);
      throw inUse(path, lockOwner(file));
    }
    // The owner before may have removed the file between our open and our lock: then this is a lock of nothing.
    if (statSync(file, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino) return fd;
    closeSync(fd);
  }
}
