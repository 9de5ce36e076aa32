import {
  DMA_BUF_IOCTL_EXPORT_SYNC_FILE,
  DMA_BUF_IOCTL_IMPORT_SYNC_FILE,
  DMA_BUF_IOCTL_SYNC,
  DMA_BUF_NAME_LEN,
  DMA_BUF_SET_NAME_A,
  DMA_BUF_SET_NAME_B,
  DMA_BUF_SYNC_END,
  DMA_BUF_SYNC_READ,
  DMA_BUF_SYNC_RW,
  DMA_BUF_SYNC_VALID_FLAGS_MASK,
  DMA_BUF_SYNC_WRITE,
  dma_buf_export_sync_file,
  dma_buf_import_sync_file,
  dma_buf_sync,
} from '../../../protocol/uapi/dma-buf.ts';
import type { Fence } from '../sync/fence.ts';
import { unwrap } from '../sync/fence-unwrap.ts';
import { createSyncFile, fenceOf } from '../sync/sync-file.ts';
import { KernelError, require } from '../task/kernel-error.ts';
import type { Sleeping } from '../task/kernel-thread.ts';
import type { OpenFile } from '../task/open-file.ts';
import type { Task } from '../task/task.ts';
import type { AccessDirection, DmaBuf } from './dma-buf.ts';
import { Usage, usageToWaitFor } from './reservation.ts';

/** The calls on a dma-buf (`dma_buf_ioctl`). ENOTTY for anything else. */
export function dmaBufIoctl(
  buffer: DmaBuf,
  task: Task,
  request: number,
  argument: bigint,
): number | Sleeping<number> {
  switch (request) {
    case DMA_BUF_IOCTL_SYNC.number:
      return sync(buffer, task, argument);
    case DMA_BUF_SET_NAME_A.number:
    case DMA_BUF_SET_NAME_B.number:
      buffer.name = task.memory.readString(argument, DMA_BUF_NAME_LEN);
      return 0;
    case DMA_BUF_IOCTL_EXPORT_SYNC_FILE.number:
      return exportSyncFile(buffer, task, argument);
    case DMA_BUF_IOCTL_IMPORT_SYNC_FILE.number:
      return importSyncFile(buffer, task, argument);
    default:
      throw new KernelError('ENOTTY', `a dma-buf has no ioctl 0x${request.toString(16)}`);
  }
}

const DIRECTIONS: { readonly [flags: number]: AccessDirection } = {
  [DMA_BUF_SYNC_READ]: 'read',
  [DMA_BUF_SYNC_WRITE]: 'write',
  [DMA_BUF_SYNC_RW]: 'both',
};

function sync(buffer: DmaBuf, task: Task, address: bigint): number | Sleeping<number> {
  const { flags } = task.memory.readStruct(dma_buf_sync, address);
  const direction = DIRECTIONS[Number(flags) & DMA_BUF_SYNC_RW];
  require((flags & ~BigInt(DMA_BUF_SYNC_VALID_FLAGS_MASK)) === 0n &&
    direction, 'EINVAL', `DMA_BUF_IOCTL_SYNC takes READ, WRITE or both, with START or END, got flags 0x${flags.toString(16)}`);
  if ((flags & BigInt(DMA_BUF_SYNC_END)) === 0n) return begin(buffer, direction, task);
  buffer.endCpuAccess(direction, task);
  return 0;
}

function* begin(buffer: DmaBuf, direction: AccessDirection, task: Task): Sleeping<number> {
  yield* buffer.beginCpuAccess(direction, task);
  return 0;
}

/** `dma_buf_export_sync_file`: a snapshot. The number is copied out before it is given its file: nothing can leak. */
function exportSyncFile(buffer: DmaBuf, task: Task, address: bigint): number {
  const argument = task.memory.readStruct(dma_buf_export_sync_file, address);
  const write = requireAccess(argument.flags);
  const fd = task.files.reserve();
  let file: OpenFile | null = null;
  try {
    buffer.kernel.mayAllocate('fence array');
    file = createSyncFile(buffer.kernel, buffer.reservation.snapshot(usageToWaitFor(write)));
    task.memory.writeStruct(dma_buf_export_sync_file, address, { ...argument, fd });
  } catch (error) {
    file?.put();
    task.files.unreserve(fd);
    throw error;
  }
  task.files.install(fd, file);
  return 0;
}

/** `dma_buf_import_sync_file`: containers are unwrapped, and nothing is waited for or taken out. */
function importSyncFile(buffer: DmaBuf, task: Task, address: bigint): number | Sleeping<number> {
  const argument = task.memory.readStruct(dma_buf_import_sync_file, address);
  const usage = requireAccess(argument.flags) ? Usage.WRITE : Usage.READ;
  const fences = [...unwrap(fenceOf(task, argument.fd))];
  const { lock } = buffer.reservation;
  if (!lock.lockAtOnce()) return importWhenUnlocked(buffer, fences, usage);
  addAll(buffer, fences, usage);
  return 0;
}

function* importWhenUnlocked(buffer: DmaBuf, fences: readonly Fence[], usage: Usage): Sleeping<number> {
  yield* buffer.reservation.lock.lock(undefined, false);
  addAll(buffer, fences, usage);
  return 0;
}

/** With the lock held, which it gives back. */
function addAll(buffer: DmaBuf, fences: readonly Fence[], usage: Usage): void {
  try {
    if (fences.length === 0) return;
    buffer.kernel.mayAllocate('reservation slot');
    buffer.reservation.reserveFences(fences.length);
    for (const fence of fences) buffer.reservation.addFence(fence, usage);
  } finally {
    buffer.reservation.lock.unlock();
  }
}

/** Whether the flags mean a writer. EINVAL for none of READ and WRITE, or for anything else. */
function requireAccess(flags: number): boolean {
  require((flags & ~DMA_BUF_SYNC_RW) === 0 &&
    (flags & DMA_BUF_SYNC_RW) !==
      0, 'EINVAL', `flags are DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE or both, got 0x${flags.toString(16)}`);
  return (flags & DMA_BUF_SYNC_WRITE) !== 0;
}
