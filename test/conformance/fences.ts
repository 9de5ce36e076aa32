import { SW_SYNC_PATH } from '../../compositor/kernel/sync/sw-sync.ts';
import {
  DMA_BUF_IOCTL_EXPORT_SYNC_FILE,
  DMA_BUF_IOCTL_IMPORT_SYNC_FILE,
  DMA_BUF_IOCTL_SYNC,
} from '../../protocol/uapi/dma-buf.ts';
import { O_CLOEXEC, O_RDWR, POLLIN } from '../../protocol/uapi/fcntl.ts';
import { SW_SYNC_IOC_CREATE_FENCE, SW_SYNC_IOC_INC } from '../../protocol/uapi/sw-sync.ts';
import { SYNC_IOC_FILE_INFO, SYNC_IOC_MERGE } from '../../protocol/uapi/sync-file.ts';
import { vgemIoctls } from '../../protocol/uapi/vgem.ts';
import { type Asked, ioctl } from './calls.ts';
import type { Json, State } from './line.ts';
import type { Outcome, Probe } from './probe.ts';

const MOST_FENCES = 64;

/** Everything that a sync file tells of itself; null for what is no descriptor. */
export function syncFile(probe: Probe, fd: number): Json {
  if (fd < 0) return null;
  const counted = ioctl(probe, fd, SYNC_IOC_FILE_INFO, {});
  if (counted.errno) return { error: counted.errno };
  const room = Math.min(counted.out.num_fences, MOST_FENCES);
  const listed =
    room > 0 ? ioctl(probe, fd, SYNC_IOC_FILE_INFO, { sync_fence_info: Array(room).fill({}) }) : counted;
  if (listed.errno) return { error2: listed.errno };
  const fences = listed.out.sync_fence_info;
  return {
    name: listed.out.name,
    status: listed.out.status,
    num_fences: counted.out.num_fences,
    fences: (Array.isArray(fences) ? fences : []).map(fence => ({
      obj_name: fence.obj_name,
      driver_name: fence.driver_name,
      status: fence.status,
      flags: fence.flags,
      timestamp: fence.timestamp_ns === 0n ? '0' : 'nonzero',
    })),
    pollin: isReadable(probe, fd),
  };
}

/** Several sync files, by names. */
export const syncFiles = (probe: Probe, files: { readonly [name: string]: number }): State =>
  Object.fromEntries(Object.entries(files).map(([name, fd]) => [name, syncFile(probe, fd)]));

export const isReadable = (probe: Probe, fd: number): boolean =>
  (probe.poll(fd, POLLIN, 0).revents & POLLIN) !== 0;

/** The status of a sync file, -9999 when it cannot be asked. */
export function syncFileStatus(probe: Probe, fd: number): number {
  const info = ioctl(probe, fd, SYNC_IOC_FILE_INFO, {});
  return info.errno ? -9999 : info.out.status;
}

/** How many fences a sync file has, -1 when it cannot be asked. */
export function syncFileCount(probe: Probe, fd: number): number {
  const info = ioctl(probe, fd, SYNC_IOC_FILE_INFO, {});
  return info.errno ? -1 : info.out.num_fences;
}

/** The sync file of two others, -1 when they cannot be merged. */
export function merge(probe: Probe, one: number, other: number, name: string): number {
  const merged = ioctl(probe, one, SYNC_IOC_MERGE, { name: name.slice(0, 31), fd2: other });
  return merged.errno ? -1 : merged.out.fence;
}

/** A new software timeline. */
export const openTimeline = (probe: Probe): number => probe.task.open(SW_SYNC_PATH, O_RDWR | O_CLOEXEC);

/** A fence at a value of a timeline, -1 when there can be none. */
export function timelineFence(probe: Probe, timeline: number, value: number): number {
  const made = ioctl(probe, timeline, SW_SYNC_IOC_CREATE_FENCE, { value, name: 'f' });
  return made.errno ? -1 : made.out.fence;
}

export const incrementTimeline = (probe: Probe, timeline: number, by: number): Outcome =>
  ioctl(probe, timeline, SW_SYNC_IOC_INC, { value: by });

/** EXPORT_SYNC_FILE; `fd` is what the argument's field holds afterwards. */
export function exportSyncFile(
  probe: Probe,
  buffer: number,
  flags: number,
): Outcome & { readonly fd: number } {
  const exported = ioctl(probe, buffer, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, { flags, fd: -1 });
  return { ret: exported.ret, errno: exported.errno, fd: exported.out.fd };
}

export const importSyncFile = (probe: Probe, buffer: number, flags: number, fd: number): Outcome =>
  ioctl(probe, buffer, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, { flags, fd });

export const cpuAccess = (probe: Probe, buffer: number, flags: bigint): Outcome =>
  ioctl(probe, buffer, DMA_BUF_IOCTL_SYNC, { flags });

/** vgem's FENCE_ATTACH. */
export const attachFence = (
  probe: Probe,
  device: number,
  handle: number,
  flags: number,
): Asked<typeof vgemIoctls.DRM_IOCTL_VGEM_FENCE_ATTACH.struct> =>
  ioctl(probe, device, vgemIoctls.DRM_IOCTL_VGEM_FENCE_ATTACH, { handle, flags });

/** vgem's FENCE_SIGNAL. */
export const signalFence = (probe: Probe, device: number, fence: number): Outcome =>
  ioctl(probe, device, vgemIoctls.DRM_IOCTL_VGEM_FENCE_SIGNAL, { fence });
