import { DMA_HEAP_IOCTL_ALLOC } from '../../../protocol/uapi/dma-heap.ts';
import { DRM_CLOEXEC, DRM_RDWR } from '../../../protocol/uapi/drm.ts';
import { F_ADD_SEALS, F_SEAL_SHRINK, O_CLOEXEC, O_RDWR } from '../../../protocol/uapi/fcntl.ts';
import { UDMABUF_CREATE, UDMABUF_FLAGS_CLOEXEC } from '../../../protocol/uapi/udmabuf.ts';
import { createDumb, handleToFd } from '../buffers.ts';
import { ioctl, openDriver, pollRow } from '../calls.ts';
import { exportSyncFile, syncFile } from '../fences.ts';
import type { State } from '../line.ts';
import type { Probe } from '../probe.ts';

export const READ = 1;
export const WRITE = 2;
const SIZE = 16384;

export interface DumbDmaBuf {
  readonly fd: number;
  readonly device: number;
  readonly handle: number;
}

/** A dumb buffer of 64x64 pixels, shared, by a new open of its device. */
export function dumbDmaBuf(probe: Probe, driver: string): DumbDmaBuf {
  const device = openDriver(probe, driver);
  const { handle } = createDumb(probe, device, 64, 64, 32);
  return { fd: handleToFd(probe, device, handle, DRM_CLOEXEC | DRM_RDWR).fd, device, handle };
}

function udmabuf({ task }: Probe): number {
  const device = task.open('/dev/udmabuf', O_RDWR | O_CLOEXEC);
  const memfd = task.memfdCreate('u');
  task.truncate(memfd, BigInt(SIZE));
  task.fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK);
  const value = { memfd, flags: UDMABUF_FLAGS_CLOEXEC, offset: 0n, size: BigInt(SIZE) };
  const fd = task.callForNumber(device, UDMABUF_CREATE, value);
  task.close(memfd);
  task.close(device);
  return fd;
}

function ofHeap(probe: Probe): number {
  const heap = probe.task.open('/dev/dma_heap/system', O_RDWR | O_CLOEXEC);
  const { out } = ioctl(probe, heap, DMA_HEAP_IOCTL_ALLOC, {
    len: BigInt(SIZE),
    fd_flags: O_RDWR | O_CLOEXEC,
  });
  probe.task.close(heap);
  return out.fd;
}

/** A new dma-buf of 16 KiB. */
export function createDmaBuf(probe: Probe, exporter: string): number {
  if (exporter === 'udmabuf') return udmabuf(probe);
  if (exporter === 'system-heap') return ofHeap(probe);
  return dumbDmaBuf(probe, exporter).fd;
}

/** What can be seen of a dma-buf's fences: what each kind of access would wait for, and what poll says. */
export function reservation(probe: Probe, buffer: number): State {
  const read = exportSyncFile(probe, buffer, READ).fd;
  const write = exportSyncFile(probe, buffer, WRITE).fd;
  const state = {
    export_READ: syncFile(probe, read),
    export_WRITE: syncFile(probe, write),
    poll: pollRow(probe, buffer),
  };
  for (const fd of [read, write]) if (fd >= 0) probe.task.close(fd);
  return state;
}

/** Runs `body` while something happens after that time; both have happened when it returns. */
export function meanwhile<T>(probe: Probe, milliseconds: number, action: () => void, body: () => T): T {
  const when = probe.machine.now() + BigInt(milliseconds) * 1_000_000n;
  probe.later(milliseconds, action);
  const answer = body();
  if (probe.machine.now() < when) probe.machine.advanceTo(when);
  return answer;
}

/** The virtual milliseconds that a call took, and what it gave. */
export function timed<T>(probe: Probe, body: () => T): { readonly answer: T; readonly took: number } {
  const start = probe.machine.now();
  const answer = body();
  return { answer, took: Number(probe.machine.now() - start) / 1e6 };
}
