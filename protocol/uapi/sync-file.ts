/** Calls on a sync file descriptor, `include/uapi/linux/sync_file.h`. */
import { iow, iowr } from './ioctl.ts';
import { chars, pointer, s32, struct, u32, u64 } from './struct.ts';

/** Merges the descriptor's fences with those of `fd2` into a new sync file, `fence`. */
export const sync_merge_data = struct('sync_merge_data', {
  name: chars(32),
  fd2: s32,
  fence: s32,
  flags: u32,
  pad: u32,
});

/** `status` is 1 when signalled, 0 when not, a negative errno when it ended in error; `timestamp_ns` is CLOCK_MONOTONIC. */
export const sync_fence_info = struct('sync_fence_info', {
  obj_name: chars(32),
  driver_name: chars(32),
  status: s32,
  flags: u32,
  timestamp_ns: u64,
});

/**
 * With `num_fences` 0 the kernel only says how many there are; otherwise it fills `sync_fence_info` and answers EINVAL
 * when there are more than fit (`drivers/dma-buf/sync_file.c`).
 */
export const sync_file_info = struct('sync_file_info', {
  name: chars(32),
  status: s32,
  flags: u32,
  num_fences: u32,
  pad: u32,
  sync_fence_info: pointer(sync_fence_info, { count: 'num_fences', direction: 'out' }),
});

/** A hint: somebody wants the fence signalled by this CLOCK_MONOTONIC time. */
export const sync_set_deadline = struct('sync_set_deadline', { deadline_ns: u64, pad: u64 });

const MAGIC = '>';

export const SYNC_IOC_MERGE = iowr('SYNC_IOC_MERGE', MAGIC, 3, sync_merge_data);
export const SYNC_IOC_FILE_INFO = iowr('SYNC_IOC_FILE_INFO', MAGIC, 4, sync_file_info);
export const SYNC_IOC_SET_DEADLINE = iow('SYNC_IOC_SET_DEADLINE', MAGIC, 5, sync_set_deadline);

export const syncFileIoctls = { SYNC_IOC_MERGE, SYNC_IOC_FILE_INFO, SYNC_IOC_SET_DEADLINE };
