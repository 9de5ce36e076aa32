import type { simgpu_sync } from '../../../../protocol/uapi/simgpu.ts';
import type { StructValue } from '../../../../protocol/uapi/struct.ts';
import type { DrmFile } from '../../drm/file.ts';
import type { Fence } from '../../sync/fence.ts';
import type { SyncobjPoint } from '../../sync/syncobj-wait.ts';
import { require } from '../../task/kernel-error.ts';

type Sync = StructValue<typeof simgpu_sync>;

/** The points that a submission names. ENOENT, EINVAL. */
export function syncPoints(file: DrmFile, syncs: readonly Sync[]): SyncobjPoint[] {
  return syncs.map(({ handle, pad, point }) => {
    require(pad === 0, 'EINVAL', `pad has to be 0, not ${pad}`);
    return { syncobj: file.syncobjs.lookup(handle), point };
  });
}

/**
 * The fences to wait for. EINVAL for a point that was not submitted yet: a job cannot wait for what nobody has promised
 * (`Documentation/driver-api/dma-buf.rst`, "Indefinite DMA Fences").
 */
export function inFences(file: DrmFile, syncs: readonly Sync[]): Fence[] {
  return syncPoints(file, syncs).map(({ syncobj, point }, at) => {
    const fence = syncobj.fenceAt(point);
    require(fence, 'EINVAL', `in_syncs[${at}]: nothing has been submitted for point ${point} yet`);
    return fence;
  });
}

/** Puts the fence of a job where its submitter wants it. */
export function attachFence({ syncobj, point }: SyncobjPoint, fence: Fence): void {
  if (point === 0n) syncobj.replaceFence(fence);
  else syncobj.addPoint(fence, point);
}
