// wl_shm memory as a source of the render engine: its own pages, where that is safe.
import { F_ADD_SEALS, F_GET_SEALS, F_SEAL_SHRINK, F_SEAL_WRITE } from '../../protocol/uapi/fcntl.ts';
import { UDMABUF_CREATE, UDMABUF_FLAGS_CLOEXEC } from '../../protocol/uapi/udmabuf.ts';
import { PAGE_SIZE, type Task } from '../kernel/task/index.ts';
import type { ShmBuffer, ShmMemory } from '../scene/client-buffer.ts';
import type { GpuImage, RenderDevice } from './render-device.ts';

export const UDMABUF_NODE = '/dev/udmabuf';

/**
 * The client's own pages as an image (`drivers/dma-buf/udmabuf.c` wants them sealed against shrinking and not against
 * writing, and whole pages of the file). Jobs read them, so they must not be released before these are over. Null when
 * that can't be: they are copied then.
 */
export function shareShm(
  device: RenderDevice,
  udmabuf: number,
  buffer: ShmBuffer,
): (Disposable & { readonly image: GpuImage }) | null {
  const { task, buffers } = device;
  const pages = shmPages(task, udmabuf, buffer);
  if (!pages) return null;
  try {
    const handle = buffers.import(pages.dmabuf);
    return {
      image: imageOf(buffer, handle, pages.offset),
      [Symbol.dispose]: () => buffers.drop(handle),
    };
  } catch {
    return null;
  } finally {
    task.close(pages.dmabuf);
  }
}

/** The buffer's pages as a dma-buf of the caller's, and where in it the buffer begins; null when that can't be. */
export function shmPages(
  task: Task,
  udmabuf: number,
  buffer: ShmBuffer,
): { readonly dmabuf: number; readonly offset: number } | null {
  const { fd } = buffer.memory;
  const start = Math.floor(buffer.offset / PAGE_SIZE) * PAGE_SIZE;
  const end = Math.ceil((buffer.offset + buffer.byteLength) / PAGE_SIZE) * PAGE_SIZE;
  try {
    if (!isShareable(task, buffer.memory)) return null;
    fillLastPage(task, fd, end);
    return {
      dmabuf: createUdmabuf(task, udmabuf, { fd, start, length: end - start }),
      offset: buffer.offset - start,
    };
  } catch {
    // Too large, too short, or no memfd.
    return null;
  }
}

/** Whether the memory can neither be cut short under a mapping nor refuses one that is written. */
export function isShareable(task: Task, { fd }: ShmMemory): boolean {
  try {
    task.fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK);
  } catch {
    // Sealed against sealing: it may have the right seals all the same.
  }
  try {
    const seals = task.fcntl(fd, F_GET_SEALS);
    return (seals & F_SEAL_SHRINK) !== 0 && (seals & F_SEAL_WRITE) === 0;
  } catch {
    // A file that knows no seals.
    return false;
  }
}

/**
 * A udmabuf is made of whole pages inside the file, and few clients round the size of theirs: the rest of the last page,
 * which is there anyway, is made part of it. Throws a KernelError where the file is sealed against growing.
 */
function fillLastPage(task: Task, fd: number, end: number): void {
  const { size } = task.status(fd);
  if (size < BigInt(end) && size > BigInt(end - PAGE_SIZE)) task.truncate(fd, BigInt(end));
}

/** UDMABUF_CREATE returns the descriptor as the result of the call. */
function createUdmabuf(
  task: Task,
  udmabuf: number,
  range: { fd: number; start: number; length: number },
): number {
  return task.callForNumber(udmabuf, UDMABUF_CREATE, {
    memfd: range.fd,
    flags: UDMABUF_FLAGS_CLOEXEC,
    offset: BigInt(range.start),
    size: BigInt(range.length),
  });
}

export const imageOf = (buffer: ShmBuffer, handle: number, offset: number): GpuImage => ({
  handle,
  format: buffer.format,
  width: buffer.width,
  height: buffer.height,
  offsets: [offset, 0],
  pitches: [buffer.stride, 0],
});
