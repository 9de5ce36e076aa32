import { MAP_SHARED, PROT_READ, PROT_WRITE } from '../../../protocol/uapi/fcntl.ts';
import { pageAlign } from './address-space.ts';
import { needs, requireMapping, requireMayMap, requirePage } from './file-checks.ts';
import type { Task } from './task.ts';

export interface MapOptions {
  /** Default 0. */
  offset?: bigint;
  /** PROT_READ, PROT_WRITE, PROT_EXEC; default the first two. */
  protection?: number;
  /** MAP_SHARED, the default, or MAP_PRIVATE. */
  flags?: number;
}

/** mmap(2) of a file (`mm/mmap.c`); returns the address. EINVAL, EBADF, EOPNOTSUPP, EACCES, EPERM, ENODEV, ENOMEM. */
export function mapFile(task: Task, fd: number, length: number, options: MapOptions): bigint {
  const { offset = 0n, protection = PROT_READ | PROT_WRITE, flags = MAP_SHARED } = options;
  requirePage(offset);
  const file = task.files.get(fd);
  requireMapping(length, flags);
  const shared = (flags & MAP_SHARED) !== 0;
  const allowed = requireMayMap(file, protection, shared);
  const map = needs(file, file.operations.map, 'ENODEV');
  task.kernel.mayAllocate('mapping');
  const request = { offset, length: BigInt(pageAlign(length)), protection, shared };
  const mapped = map.call(file.operations, { task, file }, request);
  return task.memory.map(mapped.object, length, {
    offset: mapped.offset,
    protection,
    allowed: allowed & ~(mapped.denied ?? 0),
    file,
    shared,
    pages: mapped.pages ?? 'ordinary',
  });
}
