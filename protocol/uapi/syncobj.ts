/**
 * DRM sync objects, `include/uapi/drm/drm.h` and `drivers/gpu/drm/drm_syncobj.c`. All calls may be made on a render
 * node. A binary sync object holds one fence; a timeline's points rise, and a point is signalled when its fence and
 * all before it are.
 */
import { drmIowr } from './ioctl.ts';
import { pointer, s32, s64, struct, u32, u64 } from './struct.ts';

export const DRM_SYNCOBJ_CREATE_SIGNALED = 1;
export const DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE = 1;
/** With IMPORT_SYNC_FILE: into the timeline's `point`. */
export const DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_TIMELINE = 2;
export const DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE = 1;
/** With EXPORT_SYNC_FILE: the fence of the timeline's `point`. */
export const DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_TIMELINE = 2;
/** Wait for every point rather than for the first. */
export const DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL = 1;
/** Wait for a fence to appear, where EINVAL is the answer otherwise. */
export const DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT = 2;
/** Wait for the fence to be there, not for it to signal. */
export const DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE = 4;
export const DRM_SYNCOBJ_WAIT_FLAGS_WAIT_DEADLINE = 8;
/** The last point submitted rather than the last one signalled. */
export const DRM_SYNCOBJ_QUERY_FLAGS_LAST_SUBMITTED = 1;

export const drm_syncobj_create = struct('drm_syncobj_create', { handle: u32, flags: u32 });
export const drm_syncobj_destroy = struct('drm_syncobj_destroy', { handle: u32, pad: u32 });
/** `point` came later: callers with the 16 bytes of older headers are served too. */
export const drm_syncobj_handle = struct('drm_syncobj_handle', {
  handle: u32,
  flags: u32,
  fd: s32,
  pad: u32,
  point: u64,
});
/** Point 0 means the binary fence. */
export const drm_syncobj_transfer = struct('drm_syncobj_transfer', {
  src_handle: u32,
  dst_handle: u32,
  src_point: u64,
  dst_point: u64,
  flags: u32,
  pad: u32,
});

const handles = pointer(u32, { count: 'count_handles' });

/** `timeout_nsec` is absolute on CLOCK_MONOTONIC; `first_signaled` is an index into `handles`. */
const waitTail = {
  timeout_nsec: s64,
  count_handles: u32,
  flags: u32,
  first_signaled: u32,
  pad: u32,
  deadline_nsec: u64,
};
export const drm_syncobj_wait = struct('drm_syncobj_wait', { handles, ...waitTail });
export const drm_syncobj_timeline_wait = struct('drm_syncobj_timeline_wait', {
  handles,
  points: pointer(u64, { count: 'count_handles' }),
  ...waitTail,
});
/** Adds 1 to the eventfd once the point's fence signals, or with WAIT_AVAILABLE once it is there. */
export const drm_syncobj_eventfd = struct('drm_syncobj_eventfd', {
  handle: u32,
  flags: u32,
  point: u64,
  fd: s32,
  pad: u32,
});
export const drm_syncobj_array = struct('drm_syncobj_array', { handles, count_handles: u32, pad: u32 });
/** `points` is written by QUERY and read by TIMELINE_SIGNAL. */
export const drm_syncobj_timeline_array = struct('drm_syncobj_timeline_array', {
  handles,
  points: pointer(u64, { count: 'count_handles', direction: 'inout' }),
  count_handles: u32,
  flags: u32,
});

const render = { permission: 'render' } as const;
const waits = { permission: 'render', sleeps: true } as const;

export const syncobjIoctls = {
  DRM_IOCTL_SYNCOBJ_CREATE: drmIowr('DRM_IOCTL_SYNCOBJ_CREATE', 0xbf, drm_syncobj_create, render),
  DRM_IOCTL_SYNCOBJ_DESTROY: drmIowr('DRM_IOCTL_SYNCOBJ_DESTROY', 0xc0, drm_syncobj_destroy, render),
  DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD: drmIowr('DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD', 0xc1, drm_syncobj_handle, render),
  DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE: drmIowr('DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE', 0xc2, drm_syncobj_handle, render),
  DRM_IOCTL_SYNCOBJ_WAIT: drmIowr('DRM_IOCTL_SYNCOBJ_WAIT', 0xc3, drm_syncobj_wait, waits),
  DRM_IOCTL_SYNCOBJ_RESET: drmIowr('DRM_IOCTL_SYNCOBJ_RESET', 0xc4, drm_syncobj_array, render),
  DRM_IOCTL_SYNCOBJ_SIGNAL: drmIowr('DRM_IOCTL_SYNCOBJ_SIGNAL', 0xc5, drm_syncobj_array, render),
  DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT: drmIowr(
    'DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT',
    0xca,
    drm_syncobj_timeline_wait,
    waits,
  ),
  DRM_IOCTL_SYNCOBJ_QUERY: drmIowr('DRM_IOCTL_SYNCOBJ_QUERY', 0xcb, drm_syncobj_timeline_array, render),
  /** Sleeps with WAIT_FOR_SUBMIT while the source has no fence. */
  DRM_IOCTL_SYNCOBJ_TRANSFER: drmIowr('DRM_IOCTL_SYNCOBJ_TRANSFER', 0xcc, drm_syncobj_transfer, waits),
  DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL: drmIowr(
    'DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL',
    0xcd,
    drm_syncobj_timeline_array,
    render,
  ),
  DRM_IOCTL_SYNCOBJ_EVENTFD: drmIowr('DRM_IOCTL_SYNCOBJ_EVENTFD', 0xcf, drm_syncobj_eventfd, render),
};
