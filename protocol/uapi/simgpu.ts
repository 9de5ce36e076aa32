/**
 * The simulated GPU's own calls. Userspace creates buffers and contexts and submits jobs: lists of commands over
 * images, run in order within a context, while contexts run beside each other. A job waits for its in-fences, and
 * unless told otherwise for the fences in the reservations of its buffers, leaves its own fence there (as a writer's in
 * targets, as a reader's in sources), and gives it out as a sync file or into sync objects. A job that does not end is
 * stopped by the device after a time-out: its fence ends in error and its context is told so by CONTEXT_QUERY.
 */
import { DRM_COMMAND_BASE } from './drm.ts';
import { drmIowr } from './ioctl.ts';
import { array, pointer, s32, s64, struct, u16, u32, u64 } from './struct.ts';

/** `size` is rounded up to whole pages; `flags` must be 0. */
export const simgpu_gem_create = struct('simgpu_gem_create', { size: u64, flags: u32, handle: u32 });
/** `offset` is the one to give mmap on the device's descriptor. */
export const simgpu_gem_mmap_offset = struct('simgpu_gem_mmap_offset', {
  handle: u32,
  pad: u32,
  offset: u64,
});

/** Wait as a writer would, for readers too; without it for writers alone. */
export const SIMGPU_GEM_WAIT_WRITE = 1;
/** `timeout` is in nanoseconds, absolute on CLOCK_MONOTONIC; ETIME once it has passed, 0 or a past time asks without sleeping. */
export const simgpu_gem_wait = struct('simgpu_gem_wait', { handle: u32, flags: u32, timeout: s64 });

export const SIMGPU_PRIORITY_LOW = 0;
export const SIMGPU_PRIORITY_NORMAL = 1;
/** For the master and CAP_SYS_NICE, EACCES otherwise. */
export const SIMGPU_PRIORITY_HIGH = 2;

/** `flags` must be 0. */
export const simgpu_context_create = struct('simgpu_context_create', {
  flags: u32,
  priority: u32,
  id: u32,
  pad: u32,
});
export const simgpu_context_destroy = struct('simgpu_context_destroy', { id: u32, pad: u32 });

export const SIMGPU_RESET_NONE = 0;
/** A job of this context was the one that did not end. The context takes no more jobs (ECANCELED). */
export const SIMGPU_RESET_GUILTY = 1;
/** The device was reset under this context by another's job. */
export const SIMGPU_RESET_INNOCENT = 2;
export const simgpu_context_query = struct('simgpu_context_query', { id: u32, reset_status: u32 });

export const SIMGPU_OP_FILL = 1;
/** Source to destination of the same size and format, without blending. */
export const SIMGPU_OP_COPY = 2;
/** Scale, transform, convert and blend the source onto the target. */
export const SIMGPU_OP_COMPOSITE = 3;
/** Occupy the engine for `duration_ns` of device time, {@link SIMGPU_SPIN_FOREVER} until the reset. */
export const SIMGPU_OP_SPIN = 4;
export const SIMGPU_SPIN_FOREVER = 0xffff_ffff_ffff_ffffn;

/**
 * COMPOSITE of a picture that has more planes than {@link simgpu_image} can say: its planes are in a
 * {@link simgpu_record}, in the memfd `record_fd`, and lie in the buffer `source.handle`. The record is copied when the job
 * is submitted. An experiment: nothing but this opcode knows of records, least of all a display.
 */
export const SIMGPU_OP_COMPOSITE_RECORD = 5;

export const SIMGPU_FILTER_NEAREST = 0;
export const SIMGPU_FILTER_BILINEAR = 1;

/** As the plane property `pixel blend mode`: source alpha ignored, multiplied in already, or to be multiplied. */
export const SIMGPU_BLEND_NONE = 0;
export const SIMGPU_BLEND_PREMULTIPLIED = 1;
export const SIMGPU_BLEND_COVERAGE = 2;

/** As the plane property COLOR_ENCODING. */
export const SIMGPU_ENCODING_BT601 = 0;
export const SIMGPU_ENCODING_BT709 = 1;
export const SIMGPU_ENCODING_BT2020 = 2;
/** As the plane property COLOR_RANGE. */
export const SIMGPU_RANGE_LIMITED = 0;
export const SIMGPU_RANGE_FULL = 1;

/** Pixels in a buffer, as a framebuffer describes them: `format` a fourcc, `offsets` and `pitches` in bytes for up to two planes. */
export const simgpu_image = struct('simgpu_image', {
  handle: u32,
  format: u32,
  width: u32,
  height: u32,
  offsets: array(u32, 2),
  pitches: array(u32, 2),
});

/** In pixels of the target; right and bottom edge exclusive. */
export const simgpu_rect = struct('simgpu_rect', { x1: s32, y1: s32, x2: s32, y2: s32 });
/** In pixels of the source, 16.16 fixed point, before the transform. */
export const simgpu_source_rect = struct('simgpu_source_rect', { x: u32, y: u32, w: u32, h: u32 });

/**
 * One operation; nothing outside `clip` and the target is touched. `destination` is what FILL fills and where COPY and
 * COMPOSITE put `source_rect` (COPY: of the same size, in whole pixels). `transform` is one of wl_output.transform, 0
 * to 7: how the source was turned, which is undone. `alpha` is 0 to 0xffff as the plane property. `color` is
 * 0xAARRGGBB, premultiplied, for FILL. A part that is known to be opaque is a command of its own with BLEND_NONE.
 * `record_fd` is for COMPOSITE_RECORD alone, which divides `destination` among the tiles of its picture, in whole pixels, and
 * takes neither `source_rect` nor `transform`. `flags` and what an opcode does not use must be 0.
 */
export const simgpu_command = struct('simgpu_command', {
  opcode: u32,
  flags: u32,
  target: simgpu_image,
  source: simgpu_image,
  destination: simgpu_rect,
  clip: simgpu_rect,
  source_rect: simgpu_source_rect,
  transform: u32,
  filter: u32,
  alpha: u16,
  blend_mode: u16,
  color_encoding: u16,
  color_range: u16,
  color: u32,
  record_fd: u32,
  duration_ns: u64,
});

export const SIMGPU_RECORD_VERSION = 1;
export const SIMGPU_RECORD_PLANES = 8;
/** In bytes, from the start of the buffer. */
export const simgpu_record_plane = struct('simgpu_record_plane', { offset: u32, pitch: u32 });
/**
 * A picture of tiles, row by row, `columns` in each row. Every tile has the same `format` (a fourcc) and size in pixels, and
 * as many `planes` as its format, one after the other; those beyond `plane_count` are 0.
 */
export const simgpu_record = struct('simgpu_record', {
  version: u32,
  plane_count: u32,
  format: u32,
  columns: u32,
  width: u32,
  height: u32,
  planes: array(simgpu_record_plane, SIMGPU_RECORD_PLANES),
});

/** A point of a timeline, or with `point` 0 the fence of a binary sync object. */
export const simgpu_sync = struct('simgpu_sync', { handle: u32, pad: u32, point: u64 });

/** `in_fence_fd` is a sync file to wait for. */
export const SIMGPU_SUBMIT_FENCE_IN = 1;
/** Return the job's fence as a sync file in `out_fence_fd`, -1 on failure. */
export const SIMGPU_SUBMIT_FENCE_OUT = 2;
/** Wait for no fence of the buffers' reservations. The job's own is left there all the same. */
export const SIMGPU_SUBMIT_NO_IMPLICIT = 4;
/** `in_syncs` and `out_syncs` are meant. */
export const SIMGPU_SUBMIT_SYNCOBJ = 8;
export const SIMGPU_SUBMIT_FLAGS = 15;
export const SIMGPU_SUBMIT_MAX_COMMANDS = 4096;
export const SIMGPU_SUBMIT_MAX_SYNCS = 1024;

export const simgpu_submit = struct('simgpu_submit', {
  context: u32,
  flags: u32,
  command_count: u32,
  in_fence_fd: s32,
  out_fence_fd: s32,
  in_sync_count: u32,
  out_sync_count: u32,
  pad: u32,
  in_syncs: pointer(simgpu_sync, { count: 'in_sync_count' }),
  out_syncs: pointer(simgpu_sync, { count: 'out_sync_count' }),
  commands: pointer(simgpu_command, { count: 'command_count' }),
});

const render = { permission: 'render' } as const;

/** After the numbers of vgem, so that a recording of both devices names every call by its number alone. */
const FIRST = DRM_COMMAND_BASE + 0x10;

export const simgpuIoctls = {
  SIMGPU_GEM_CREATE: drmIowr('SIMGPU_GEM_CREATE', FIRST, simgpu_gem_create, render),
  SIMGPU_GEM_MMAP_OFFSET: drmIowr('SIMGPU_GEM_MMAP_OFFSET', FIRST + 1, simgpu_gem_mmap_offset, render),
  SIMGPU_GEM_WAIT: drmIowr('SIMGPU_GEM_WAIT', FIRST + 2, simgpu_gem_wait, {
    permission: 'render',
    sleeps: true,
  }),
  SIMGPU_CONTEXT_CREATE: drmIowr('SIMGPU_CONTEXT_CREATE', FIRST + 3, simgpu_context_create, render),
  SIMGPU_CONTEXT_DESTROY: drmIowr('SIMGPU_CONTEXT_DESTROY', FIRST + 4, simgpu_context_destroy, render),
  SIMGPU_CONTEXT_QUERY: drmIowr('SIMGPU_CONTEXT_QUERY', FIRST + 5, simgpu_context_query, render),
  SIMGPU_SUBMIT: drmIowr('SIMGPU_SUBMIT', FIRST + 6, simgpu_submit, render),
};
