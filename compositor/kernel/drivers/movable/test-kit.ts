import { DRM_CLOEXEC, DRM_RDWR, drmIoctls } from '../../../../protocol/uapi/drm.ts';
import { modeIoctls } from '../../../../protocol/uapi/drm-mode.ts';
import { type DmaBuf, dmaBufOf } from '../../dma-buf/dma-buf.ts';
import type { DrmDevice } from '../../drm/device.ts';
import type { GemObject } from '../../drm/gem.ts';
import type { KernelOptions } from '../../kernel.ts';
import { startKernel } from '../../task/fixture.ts';
import type { Sleeping } from '../../task/kernel-thread.ts';
import { createVgem } from '../vgem/index.ts';
import { movableOf } from './device.ts';
import { createShmem } from './shmem.ts';
import { createTtm } from './ttm.ts';

const PAGE = 4096;

/** A buffer of a device as its process has it. */
export interface MadeBuffer {
  readonly fd: number;
  readonly handle: number;
  readonly object: GemObject;
}

/** A process and three exporters: a card of four pages, a device that purges, and vgem, which does neither. */
export function startMovable(options: Partial<KernelOptions> = {}) {
  const fixture = startKernel(options);
  const { kernel, machine, task } = fixture;
  const ttm = createTtm(kernel, { vramBytes: 4 * PAGE });
  const shmem = createShmem(kernel);
  const vgem = createVgem(kernel);

  /** Runs a kernel thread to its end. */
  function run<T>(body: Sleeping<T>): T {
    const thread = kernel.thread('driver', body);
    for (let turn = 0; !thread.ended && turn < 20; turn++) machine.advance(100_000n);
    return thread.result();
  }

  function make(device: DrmDevice, pages = 1): MadeBuffer {
    const fd = task.open(device.nodes[0]!.path);
    const size = { width: 1024, height: pages, bpp: 32 };
    const handle = task.call(fd, modeIoctls.DRM_IOCTL_MODE_CREATE_DUMB, size).handle!;
    return { fd, handle, object: [...device.objects].at(-1)! };
  }

  /** Maps it through the exporter's device file. */
  function mapNode({ fd, handle, object }: MadeBuffer): bigint {
    const { offset } = task.call(fd, modeIoctls.DRM_IOCTL_MODE_MAP_DUMB, { handle });
    return task.mmap(fd, object.size, { offset: offset! });
  }

  function toFd({ fd, handle }: MadeBuffer): number {
    const flags = DRM_RDWR | DRM_CLOEXEC;
    return task.call(fd, drmIoctls.DRM_IOCTL_PRIME_HANDLE_TO_FD, { handle, flags, fd: -1 }).fd!;
  }

  const exportOf = (made: MadeBuffer): DmaBuf => dmaBufOf(task.files.get(toFd(made)));
  const read = (address: bigint): number => task.memory.view(address, 1, false)[0]!;
  const write = (address: bigint, value: number): void => {
    task.memory.view(address, 1)[0] = value;
  };
  const addressOf = ({ object }: MadeBuffer): number => movableOf(object).place().address;
  return { ...fixture, ttm, shmem, vgem, run, make, mapNode, toFd, exportOf, read, write, addressOf };
}
