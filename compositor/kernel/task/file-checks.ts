import {
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_SYNC,
  MAP_TYPE,
  O_ACCMODE,
  O_RDONLY,
  O_WRONLY,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from '../../../protocol/uapi/fcntl.ts';
import { PAGE_SIZE } from './address-space.ts';
import { type ErrnoName, KernelError, require } from './kernel-error.ts';
import type { OpenFile } from './open-file.ts';

const PROT_ALL = PROT_READ | PROT_WRITE | PROT_EXEC;

/** An operation that a file has, or the errno that the VFS gives for one that is missing. */
export function needs<F>(file: OpenFile, operation: F | undefined, code: ErrnoName): F {
  if (operation) return operation;
  throw new KernelError(code, `a ${file.operations.kind} has no such operation`);
}

/** EBADF when the file is not open for it. */
export function requireMode(file: OpenFile, access: 'read' | 'write'): void {
  const other = access === 'read' ? O_WRONLY : O_RDONLY;
  require((file.flags & O_ACCMODE) !==
    other, 'EBADF', `the ${file.operations.kind} is not open to ${access}`);
}

/** mmap(2) looks at the offset before it looks at the descriptor. EINVAL. */
export function requirePage(offset: bigint): void {
  require(offset % BigInt(PAGE_SIZE) === 0n, 'EINVAL', `offset ${offset} is not page-aligned`);
}

/**
 * EINVAL for what is no mapping of any file. MAP_SHARED overlooks flags that it does not know, MAP_SHARED_VALIDATE does
 * not; and no file here lies in persistent memory, which MAP_SYNC is for: EOPNOTSUPP.
 */
export function requireMapping(length: number, flags: number): void {
  require((flags & MAP_TYPE) !== MAP_SHARED_VALIDATE ||
    (flags & MAP_SYNC) === 0, 'EOPNOTSUPP', 'MAP_SYNC needs a file in persistent memory');
  require(length > 0 &&
    (flags & (MAP_SHARED | MAP_PRIVATE)) !==
      0, 'EINVAL', `mmap of ${length} bytes with flags ${flags}: needs a length, and shared or private`);
}

/**
 * What do_mmap asks of the descriptor before it asks the file (`mm/mmap.c`): EACCES, EPERM. Returns the protection that
 * mprotect may give the mapping later.
 */
export function requireMayMap(file: OpenFile, protection: number, shared: boolean): number {
  const mode = file.flags & O_ACCMODE;
  const writes = shared && (protection & PROT_WRITE) !== 0;
  require(mode !== O_WRONLY &&
    !(
      writes && mode === O_RDONLY
    ), 'EACCES', `the ${file.operations.kind} is not open for this kind of mapping`);
  const executable = !file.operations.noExec;
  require(executable ||
    (protection & PROT_EXEC) === 0, 'EPERM', `a ${file.operations.kind} cannot be mapped for execution`);
  let allowed = PROT_ALL;
  if (shared && mode === O_RDONLY) allowed &= ~PROT_WRITE;
  return executable ? allowed : allowed & ~PROT_EXEC;
}

/** `vfs_fallocate`: what it asks before it asks the file. EINVAL, EOPNOTSUPP, EBADF. */
export function requireAllocation(file: OpenFile, mode: number, offset: bigint, length: bigint): void {
  require(offset >= 0n && length > 0n, 'EINVAL', `fallocate of ${length} bytes at ${offset}`);
  const punches = (mode & FALLOC_FL_PUNCH_HOLE) !== 0;
  require((mode & ~(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)) === 0 &&
    (!punches || (mode & FALLOC_FL_KEEP_SIZE) !== 0), 'EOPNOTSUPP', `fallocate mode 0x${mode.toString(16)}`);
  requireMode(file, 'write');
}
