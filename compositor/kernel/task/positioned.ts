import { O_APPEND } from '../../../protocol/uapi/fcntl.ts';
import { needs, requireMode } from './file-checks.ts';
import { require } from './kernel-error.ts';
import type { OpenFile } from './open-file.ts';
import type { Task } from './task.ts';

/** pread(2) (`ksys_pread64`). EINVAL, EBADF, ESPIPE. */
export function pread(task: Task, fd: number, target: Uint8Array, offset: bigint): number {
  const file = fileAt(task, fd, offset);
  const readAt = needs(file, file.operations.readAt, 'ESPIPE');
  requireMode(file, 'read');
  return readAt.call(file.operations, target, offset);
}

/** pwrite(2), which under O_APPEND writes at the end, wherever it was told to. EINVAL, EBADF, ESPIPE. */
export function pwrite(task: Task, fd: number, source: Uint8Array, offset: bigint): number {
  const file = fileAt(task, fd, offset);
  const writeAt = needs(file, file.operations.writeAt, 'ESPIPE');
  requireMode(file, 'write');
  return writeAt.call(file.operations, source, writePosition(file, offset));
}

/** Where a write begins that was told to begin at `offset` (`generic_write_checks`). */
export function writePosition({ flags, operations }: OpenFile, offset: bigint): bigint {
  return (flags & O_APPEND) === 0 ? offset : operations.status().size;
}

/** The offset is looked at before the descriptor. */
function fileAt(task: Task, fd: number, offset: bigint): OpenFile {
  require(offset >= 0n, 'EINVAL', `offset ${offset} is negative`);
  return task.files.get(fd);
}
