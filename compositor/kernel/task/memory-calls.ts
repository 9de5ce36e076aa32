import {
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  MADV_DOFORK,
  MADV_DONTFORK,
  MADV_DONTNEED,
  MADV_REMOVE,
  MADV_WILLNEED,
  MREMAP_MAYMOVE,
  MS_ASYNC,
  MS_INVALIDATE,
  MS_SYNC,
  PROT_WRITE,
} from '../../../protocol/uapi/fcntl.ts';
import { BusError, type Mapping, PAGE_SIZE, pageAlign } from './address-space.ts';
import { needs, requireAllocation } from './file-checks.ts';
import { KernelError, require } from './kernel-error.ts';
import type { FileMapping, OpenFile } from './open-file.ts';
import { naming } from './system-call.ts';
import type { Task } from './task.ts';

/*
 * Calls on mappings that few programs make, as functions over the process that makes them.
 */

function requireAligned(address: bigint): void {
  require(address % BigInt(PAGE_SIZE) === 0n, 'EINVAL', `0x${address.toString(16)} is not page-aligned`);
}

function synchronise(file: OpenFile): void {
  needs(file, file.operations.sync, 'EINVAL').call(file.operations);
}

/** fsync(2). EBADF, EINVAL for a file that has nothing to write anything back to. */
export function fsync(task: Task, fd: number): void {
  naming('fsync', () => synchronise(task.files.get(fd)));
}

/** msync(2) (`mm/msync.c`): only MS_SYNC of shared mappings does anything. EINVAL, ENOMEM. */
export function msync(task: Task, address: bigint, length: number, flags: number): void {
  naming('msync', () => {
    requireAligned(address);
    require((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) === 0 &&
      (flags & (MS_ASYNC | MS_SYNC)) !==
        (MS_ASYNC | MS_SYNC), 'EINVAL', `msync is MS_SYNC or MS_ASYNC, got flags ${flags}`);
    for (const { file, shared } of task.memory.covering(address, length))
      if ((flags & MS_SYNC) !== 0 && shared && file) synchronise(file);
  });
}

/** mlock(2): pages stay, as they do here anyway. ENOMEM for a gap. */
export function mlock(task: Task, address: bigint, length: number): void {
  naming('mlock', () => void task.memory.covering(address, length));
}

/** madvise(2) (`mm/madvise.c`). EINVAL, ENOMEM; for MADV_REMOVE EACCES and what fallocate says. */
export function madvise(task: Task, address: bigint, length: number, advice: number): void {
  naming('madvise', () => {
    requireAligned(address);
    require(isAdvice(advice), 'EINVAL', `there is no advice ${advice}`);
    for (const mapping of task.memory.covering(address, length))
      advise(task, mapping, rangeIn(mapping, address, length), advice);
  });
}

interface Range {
  /** In the mapped object. */
  readonly offset: bigint;
  readonly length: bigint;
}

function rangeIn(mapping: Mapping, address: bigint, length: number): Range {
  const end = address + BigInt(pageAlign(length));
  const first = address > mapping.start ? address : mapping.start;
  const last = end < mapping.end ? end : mapping.end;
  return { offset: mapping.offset + (first - mapping.start), length: last - first };
}

const isAdvice = (advice: number): boolean =>
  (advice >= 0 && advice <= MADV_WILLNEED) ||
  [MADV_DONTNEED, MADV_REMOVE, MADV_DONTFORK, MADV_DOFORK].includes(advice);

function advise(task: Task, mapping: Mapping, { offset, length }: Range, advice: number): void {
  const { pages, object } = mapping;
  if (advice === MADV_DONTNEED) {
    require(pages === 'ordinary', 'EINVAL', 'pages of a driver cannot be dropped and found again');
    object.discard?.(Number(offset), Number(length));
  } else if (advice === MADV_REMOVE) punchHole(mapping, { offset, length });
  else if (advice === MADV_DOFORK) {
    const refused = task.kernel.behaviour.specialMappingsInheritOnFork ? ['device'] : ['device', 'special'];
    require(!refused.includes(
      pages,
    ), 'EINVAL', `a mapping of ${pages} pages is inherited as its driver says`);
  }
}

function punchHole({ file, shared, allowed }: Mapping, { offset, length }: Range): void {
  require(file, 'EINVAL', 'anonymous memory has no file to make a hole in');
  require(shared &&
    (allowed & PROT_WRITE) !== 0, 'EACCES', 'only a writable shared mapping removes pages of its file');
  const mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  requireAllocation(file, mode, offset, length);
  needs(file, file.operations.allocate, 'ENODEV').call(file.operations, mode, offset, length);
}

/**
 * mremap(2) of a whole mapping of a file (`mm/mremap.c`): shorter, or longer at another address. Returns the address.
 * EINVAL; EFAULT for what is not mapped, or is made of a driver's pages; ENOMEM where it may not move.
 */
export function mremap(
  task: Task,
  address: bigint,
  oldLength: number,
  newLength: number,
  flags: number,
): bigint {
  return naming('mremap', () => {
    requireAligned(address);
    require((flags & ~MREMAP_MAYMOVE) === 0 && newLength > 0, 'EINVAL', `mremap to ${newLength} bytes`);
    const [from, to] = [pageAlign(oldLength), pageAlign(newLength)];
    if (to <= from) {
      if (to < from) task.memory.unmap(address + BigInt(to), from - to);
      return address;
    }
    const mapping = mappingToGrow(task, address, from);
    require((flags & MREMAP_MAYMOVE) !==
      0, 'ENOMEM', 'there is no room after the mapping, and it may not move');
    return grow(task, mapping, to);
  });
}

/** `vma_to_resize`. */
function mappingToGrow(task: Task, address: bigint, length: number): Mapping {
  const [mapping] = task.memory.mappings.filter(({ start, end }) => start <= address && address < end);
  const whole = mapping?.start === address && mapping.end === address + BigInt(length);
  if (!mapping || !whole || mapping.pages !== 'ordinary')
    throw new KernelError(
      'EFAULT',
      `${length} bytes at 0x${address.toString(16)} are not a mapping that can grow`,
    );
  return mapping;
}

function grow(task: Task, mapping: Mapping, length: number): bigint {
  const { file, offset, protection, shared, start, end } = mapping;
  const size = Number(end - start);
  let address: bigint;
  if (file?.operations.map) {
    const request = { offset, length: BigInt(length), protection, shared };
    const mapped = file.operations.map({ task, file }, request);
    if (!shared) carryOver(mapping, mapped, size);
    address = task.memory.map(mapped.object, length, { ...mapping, offset: mapped.offset });
  } else {
    address = task.memory.mapAnonymous(length);
    task.memory.copyToUser(address, mapping.object.view(Number(offset), size, false));
  }
  task.memory.unmap(start, size);
  return address;
}

/** What the process has written into private pages goes with them, up to where its file ends. */
function carryOver({ object, offset }: Mapping, to: FileMapping, size: number): void {
  for (let at = 0; at < size; at += PAGE_SIZE)
    try {
      const from = object.view(Number(offset) + at, PAGE_SIZE, false);
      to.object.view(Number(to.offset) + at, PAGE_SIZE, true).set(from);
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      return;
    }
}
