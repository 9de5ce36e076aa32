/** The DRM core's calls, capabilities and events, `include/uapi/drm/drm.h`. */
import { drmIo, drmIor, drmIow, drmIowr } from './ioctl.ts';
import { array, pointer, s32, s64, struct, u32, u64, union } from './struct.ts';

/** Numbers of a driver's own calls. */
export const DRM_COMMAND_BASE = 0x40;
export const DRM_COMMAND_END = 0xa0;

export const DRM_CAP_DUMB_BUFFER = 0x1n;
export const DRM_CAP_VBLANK_HIGH_CRTC = 0x2n;
export const DRM_CAP_DUMB_PREFERRED_DEPTH = 0x3n;
export const DRM_CAP_DUMB_PREFER_SHADOW = 0x4n;
/** Value: {@link DRM_PRIME_CAP_IMPORT} and {@link DRM_PRIME_CAP_EXPORT}; both always set since Linux 6.6. */
export const DRM_CAP_PRIME = 0x5n;
export const DRM_CAP_TIMESTAMP_MONOTONIC = 0x6n;
export const DRM_CAP_ASYNC_PAGE_FLIP = 0x7n;
export const DRM_CAP_CURSOR_WIDTH = 0x8n;
export const DRM_CAP_CURSOR_HEIGHT = 0x9n;
export const DRM_CAP_ADDFB2_MODIFIERS = 0x10n;
export const DRM_CAP_PAGE_FLIP_TARGET = 0x11n;
export const DRM_CAP_CRTC_IN_VBLANK_EVENT = 0x12n;
export const DRM_CAP_SYNCOBJ = 0x13n;
export const DRM_CAP_SYNCOBJ_TIMELINE = 0x14n;
export const DRM_CAP_ATOMIC_ASYNC_PAGE_FLIP = 0x15n;

export const DRM_PRIME_CAP_IMPORT = 1n;
export const DRM_PRIME_CAP_EXPORT = 2n;

export const DRM_CLIENT_CAP_STEREO_3D = 1n;
export const DRM_CLIENT_CAP_UNIVERSAL_PLANES = 2n;
/** Value 1; implies UNIVERSAL_PLANES and ASPECT_RATIO. */
export const DRM_CLIENT_CAP_ATOMIC = 3n;
export const DRM_CLIENT_CAP_ASPECT_RATIO = 4n;
export const DRM_CLIENT_CAP_WRITEBACK_CONNECTORS = 5n;
export const DRM_CLIENT_CAP_CURSOR_PLANE_HOTSPOT = 6n;
export const DRM_CLIENT_CAP_PLANE_COLOR_PIPELINE = 7n;

/** Flags of PRIME_HANDLE_TO_FD: O_RDWR and O_CLOEXEC. */
export const DRM_RDWR = 0o2;
export const DRM_CLOEXEC = 0o2000000;

export const DRM_CLIENT_NAME_MAX_LEN = 64;

export const _DRM_VBLANK_ABSOLUTE = 0x0;
export const _DRM_VBLANK_RELATIVE = 0x1;
export const _DRM_VBLANK_HIGH_CRTC_MASK = 0x3e;
export const _DRM_VBLANK_HIGH_CRTC_SHIFT = 1;
/** Send a vblank event instead of sleeping. */
export const _DRM_VBLANK_EVENT = 0x4000000;
/** Reserved for page flips that were never asked for this way; outside the mask, so EINVAL. */
export const _DRM_VBLANK_FLIP = 0x8000000;
/** When the sequence has passed already, take the next vblank. */
export const _DRM_VBLANK_NEXTONMISS = 0x10000000;
/** The second CRTC, from before {@link _DRM_VBLANK_HIGH_CRTC_MASK}. */
export const _DRM_VBLANK_SECONDARY = 0x20000000;
export const _DRM_VBLANK_SIGNAL = 0x40000000;
export const _DRM_VBLANK_TYPES_MASK = _DRM_VBLANK_ABSOLUTE | _DRM_VBLANK_RELATIVE;
export const _DRM_VBLANK_FLAGS_MASK =
  _DRM_VBLANK_EVENT | _DRM_VBLANK_SIGNAL | _DRM_VBLANK_SECONDARY | _DRM_VBLANK_NEXTONMISS;

export const DRM_CRTC_SEQUENCE_RELATIVE = 0x1;
export const DRM_CRTC_SEQUENCE_NEXT_ON_MISS = 0x2;

export const DRM_EVENT_VBLANK = 0x01;
export const DRM_EVENT_FLIP_COMPLETE = 0x02;
export const DRM_EVENT_CRTC_SEQUENCE = 0x03;

/** On return each length is the text's whole length, however much of it fitted. */
export const drm_version = struct('drm_version', {
  version_major: s32,
  version_minor: s32,
  version_patchlevel: s32,
  name_len: u64,
  name: pointer('string', { count: 'name_len', direction: 'out' }),
  date_len: u64,
  date: pointer('string', { count: 'date_len', direction: 'out' }),
  desc_len: u64,
  desc: pointer('string', { count: 'desc_len', direction: 'out' }),
});

export const drm_unique = struct('drm_unique', {
  unique_len: u64,
  unique: pointer('string', { count: 'unique_len', direction: 'out' }),
});
export const drm_set_version = struct('drm_set_version', {
  drm_di_major: s32,
  drm_di_minor: s32,
  drm_dd_major: s32,
  drm_dd_minor: s32,
});
export const drm_auth = struct('drm_auth', { magic: u32 });
/** Of the client with number `idx`, of which only 0, the caller, is told about; `uid` is nobody's. */
export const drm_client = struct('drm_client', {
  idx: s32,
  auth: s32,
  pid: u64,
  uid: u64,
  magic: u64,
  iocs: u64,
});
const drm_stats_entry = struct('drm_stats_entry', { value: u64, type: u32 });
/** All zero since nothing is counted any more. */
export const drm_stats = struct('drm_stats', { count: u64, data: array(drm_stats_entry, 15) });
export const drm_get_cap = struct('drm_get_cap', { capability: u64, value: u64 });
export const drm_set_client_cap = struct('drm_set_client_cap', { capability: u64, value: u64 });
export const drm_set_client_name = struct('drm_set_client_name', {
  name_len: u64,
  name: pointer('string', { count: 'name_len' }),
});
export const drm_gem_close = struct('drm_gem_close', { handle: u32, pad: u32 });
export const drm_gem_flink = struct('drm_gem_flink', { handle: u32, name: u32 });
export const drm_gem_open = struct('drm_gem_open', { name: u32, handle: u32, size: u64 });
export const drm_gem_change_handle = struct('drm_gem_change_handle', { handle: u32, new_handle: u32 });
export const drm_prime_handle = struct('drm_prime_handle', { handle: u32, flags: u32, fd: s32 });

/** `signal` is the event's `user_data`. */
export const drm_wait_vblank_request = struct('drm_wait_vblank_request', {
  type: u32,
  sequence: u32,
  signal: u64,
});
export const drm_wait_vblank_reply = struct('drm_wait_vblank_reply', {
  type: u32,
  sequence: u32,
  tval_sec: s64,
  tval_usec: s64,
});
export const drm_wait_vblank = union('drm_wait_vblank', {
  request: drm_wait_vblank_request,
  reply: drm_wait_vblank_reply,
});

export const drm_crtc_get_sequence = struct('drm_crtc_get_sequence', {
  crtc_id: u32,
  active: u32,
  sequence: u64,
  sequence_ns: s64,
});
/** On return `sequence` is the absolute one that the event is queued for. */
export const drm_crtc_queue_sequence = struct('drm_crtc_queue_sequence', {
  crtc_id: u32,
  flags: u32,
  sequence: u64,
  user_data: u64,
});

/** What is read from a DRM descriptor begins so; `length` counts this header. */
export const drm_event = struct('drm_event', { type: u32, length: u32 });
/** VBLANK and FLIP_COMPLETE; the time is CLOCK_MONOTONIC's, of the vblank's start of active scan-out. */
export const drm_event_vblank = struct('drm_event_vblank', {
  base: drm_event,
  user_data: u64,
  tv_sec: u32,
  tv_usec: u32,
  sequence: u32,
  crtc_id: u32,
});
export const drm_event_crtc_sequence = struct('drm_event_crtc_sequence', {
  base: drm_event,
  user_data: u64,
  time_ns: s64,
  sequence: u64,
});

const render = { permission: 'render' } as const;
const auth = { permission: 'auth' } as const;
const master = { permission: 'master' } as const;

/** Permissions as `drivers/gpu/drm/drm_ioctl.c` lists them; SET_MASTER and DROP_MASTER check for themselves. */
export const drmIoctls = {
  DRM_IOCTL_VERSION: drmIowr('DRM_IOCTL_VERSION', 0x00, drm_version, render),
  DRM_IOCTL_GET_UNIQUE: drmIowr('DRM_IOCTL_GET_UNIQUE', 0x01, drm_unique),
  DRM_IOCTL_GET_MAGIC: drmIor('DRM_IOCTL_GET_MAGIC', 0x02, drm_auth),
  DRM_IOCTL_GET_CLIENT: drmIowr('DRM_IOCTL_GET_CLIENT', 0x05, drm_client),
  DRM_IOCTL_GET_STATS: drmIor('DRM_IOCTL_GET_STATS', 0x06, drm_stats),
  DRM_IOCTL_SET_VERSION: drmIowr('DRM_IOCTL_SET_VERSION', 0x07, drm_set_version, master),
  DRM_IOCTL_GEM_CLOSE: drmIow('DRM_IOCTL_GEM_CLOSE', 0x09, drm_gem_close, render),
  DRM_IOCTL_GEM_FLINK: drmIowr('DRM_IOCTL_GEM_FLINK', 0x0a, drm_gem_flink, auth),
  DRM_IOCTL_GEM_OPEN: drmIowr('DRM_IOCTL_GEM_OPEN', 0x0b, drm_gem_open, auth),
  DRM_IOCTL_GET_CAP: drmIowr('DRM_IOCTL_GET_CAP', 0x0c, drm_get_cap, render),
  DRM_IOCTL_SET_CLIENT_CAP: drmIow('DRM_IOCTL_SET_CLIENT_CAP', 0x0d, drm_set_client_cap),
  DRM_IOCTL_AUTH_MAGIC: drmIow('DRM_IOCTL_AUTH_MAGIC', 0x11, drm_auth, master),
  DRM_IOCTL_SET_MASTER: drmIo('DRM_IOCTL_SET_MASTER', 0x1e),
  DRM_IOCTL_DROP_MASTER: drmIo('DRM_IOCTL_DROP_MASTER', 0x1f),
  DRM_IOCTL_PRIME_HANDLE_TO_FD: drmIowr('DRM_IOCTL_PRIME_HANDLE_TO_FD', 0x2d, drm_prime_handle, render),
  DRM_IOCTL_PRIME_FD_TO_HANDLE: drmIowr('DRM_IOCTL_PRIME_FD_TO_HANDLE', 0x2e, drm_prime_handle, render),
  /** Sleeps until the vblank unless an event is asked for. */
  DRM_IOCTL_WAIT_VBLANK: drmIowr('DRM_IOCTL_WAIT_VBLANK', 0x3a, drm_wait_vblank, { sleeps: true }),
  DRM_IOCTL_CRTC_GET_SEQUENCE: drmIowr('DRM_IOCTL_CRTC_GET_SEQUENCE', 0x3b, drm_crtc_get_sequence),
  DRM_IOCTL_CRTC_QUEUE_SEQUENCE: drmIowr('DRM_IOCTL_CRTC_QUEUE_SEQUENCE', 0x3c, drm_crtc_queue_sequence),
  DRM_IOCTL_SET_CLIENT_NAME: drmIowr('DRM_IOCTL_SET_CLIENT_NAME', 0xd1, drm_set_client_name, render),
  DRM_IOCTL_GEM_CHANGE_HANDLE: drmIowr('DRM_IOCTL_GEM_CHANGE_HANDLE', 0xd2, drm_gem_change_handle, render),
};
