// The fences of dma-bufs, and sync files.

import {
  DMA_BUF_IOCTL_EXPORT_SYNC_FILE,
  DMA_BUF_IOCTL_IMPORT_SYNC_FILE,
  DMA_BUF_SYNC_READ,
  DMA_BUF_SYNC_WRITE,
} from '../../protocol/uapi/dma-buf.ts';
import { SYNC_IOC_FILE_INFO, SYNC_IOC_MERGE } from '../../protocol/uapi/sync-file.ts';
import { KernelError, type Task } from '../kernel/task/index.ts';
import type { Nanoseconds } from '../machine/machine.ts';
import type { DmabufBuffer } from '../scene/client-buffer.ts';
import type { OwnedDescriptor } from '../scene/synchronisation.ts';
import { adoptDescriptor } from './descriptor.ts';

/** Who is going to use the buffers: a reader waits for writers, a writer for everybody. */
export type NextUse = 'read' | 'write';

/** One descriptor for each dma-buf of a buffer: its planes may lie in one dma-buf under several numbers. */
export function distinctDmabufs(task: Task, buffer: DmabufBuffer): number[] {
  if (buffer.planes.length === 1) return [buffer.planes[0]!.fd];
  const byInode = new Map<bigint, number>();
  for (const { fd } of buffer.planes) {
    const { inode } = task.status(fd);
    if (!byInode.has(inode)) byInode.set(inode, fd);
  }
  return [...byInode.values()];
}

/** A sync file with the fences on a dma-buf now that `next` has to wait for. Throws a KernelError. */
export function exportSyncFile(task: Task, dmabuf: number, next: NextUse): OwnedDescriptor {
  const flags = next === 'write' ? DMA_BUF_SYNC_WRITE : DMA_BUF_SYNC_READ;
  return adoptDescriptor(task, task.call(dmabuf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, { flags }).fd);
}

/** The fences on all dma-bufs as one sync file. Throws a KernelError, and then nothing is left open. */
export function exportMerged(task: Task, dmabufs: readonly number[], next: NextUse): OwnedDescriptor {
  let merged: OwnedDescriptor | null = null;
  for (const dmabuf of dmabufs) {
    try {
      const one: OwnedDescriptor = exportSyncFile(task, dmabuf, next);
      merged = merged === null ? one : mergeInto(task, merged, one);
    } catch (error) {
      merged?.[Symbol.dispose]();
      throw error;
    }
  }
  if (!merged) throw new KernelError('EINVAL', 'a buffer without dma-bufs has no fences');
  return merged;
}

/** Puts the fence of a sync file into a dma-buf's reservation as a reader's. Throws a KernelError. */
export function importReadFence(task: Task, dmabuf: number, syncFile: number): void {
  task.call(dmabuf, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, { flags: DMA_BUF_SYNC_READ, fd: syncFile });
}

export interface SyncFileStatus {
  /** All of its fences have signalled, in error or not. */
  readonly signalled: boolean;
  /** The negative errno of a fence that ended in error; 0 otherwise. */
  readonly error: number;
}

/** Fences described at once; a sync file with more is asked again with room for them. */
const USUAL_FENCES = 4;

/** Throws a KernelError when the descriptor is no sync file. */
export function syncFileStatus(task: Task, fd: number): SyncFileStatus {
  const { status } = task.call(fd, SYNC_IOC_FILE_INFO, { num_fences: 0 });
  return { signalled: status !== 0, error: Math.min(status, 0) };
}

export interface Completion extends SyncFileStatus {
  /** When the last of its fences signalled; 0 while one is pending. */
  readonly time: Nanoseconds;
}

/** Throws a KernelError when the descriptor is no sync file. */
function syncFileCompletion(task: Task, fd: number): Completion {
  const { num_fences, status } = task.call(fd, SYNC_IOC_FILE_INFO, { num_fences: 0 });
  const time = status === 0 ? 0n : lastSignalTime(task, fd, num_fences);
  return { signalled: status !== 0, error: Math.min(status, 0), time };
}

/** `syncFileCompletion` of a fence that has signalled; when it can't be asked, that is its error. */
export function completionOf(task: Task, fd: number): Completion {
  try {
    return syncFileCompletion(task, fd);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return { signalled: true, error: -error.errno, time: 0n };
  }
}

function lastSignalTime(task: Task, fd: number, num_fences: number): Nanoseconds {
  const room = Math.max(USUAL_FENCES, num_fences);
  const { sync_fence_info } = task.call(fd, SYNC_IOC_FILE_INFO, {
    num_fences: room,
    sync_fence_info: { length: room },
  });
  if (sync_fence_info === null || typeof sync_fence_info === 'bigint') return 0n;
  return sync_fence_info.reduce((last, { timestamp_ns }) => (timestamp_ns > last ? timestamp_ns : last), 0n);
}

/** Both sync files as a new one; the two are closed, whatever happens. */
function mergeInto(task: Task, first: OwnedDescriptor, second: OwnedDescriptor): OwnedDescriptor {
  try {
    const { fence } = task.call(first.fd, SYNC_IOC_MERGE, { name: 'fencepost', fd2: second.fd });
    return adoptDescriptor(task, fence);
  } finally {
    first[Symbol.dispose]();
    second[Symbol.dispose]();
  }
}
