/**
 * Software timelines for tests, on `/sys/kernel/debug/sync/sw_sync`. Debugfs has no header for userspace: the calls are
 * declared in `drivers/dma-buf/sw_sync.c`.
 */
import { iow, iowr } from './ioctl.ts';
import { chars, s32, struct, u32, u64 } from './struct.ts';

/** A sync file, `fence`, that signals when the timeline's counter reaches `value`. */
export const sw_sync_create_fence_data = struct('sw_sync_create_fence_data', {
  value: u32,
  name: chars(32),
  fence: s32,
});
/** By how much the counter goes on. */
export const sw_sync_inc = struct('sw_sync_inc', { value: u32 });
/** The deadline that a fence of a software timeline was given. */
export const sw_sync_get_deadline = struct('sw_sync_get_deadline', {
  deadline_ns: u64,
  pad: u32,
  fence_fd: s32,
});

const MAGIC = 'W';

export const SW_SYNC_IOC_CREATE_FENCE = iowr('SW_SYNC_IOC_CREATE_FENCE', MAGIC, 0, sw_sync_create_fence_data);
export const SW_SYNC_IOC_INC = iow('SW_SYNC_IOC_INC', MAGIC, 1, sw_sync_inc);
export const SW_SYNC_GET_DEADLINE = iowr('SW_SYNC_GET_DEADLINE', MAGIC, 2, sw_sync_get_deadline);

export const swSyncIoctls = { SW_SYNC_IOC_CREATE_FENCE, SW_SYNC_IOC_INC, SW_SYNC_GET_DEADLINE };
