/**
 * The simulated display's own interface: a histogram of what a CRTC shows, bound to the commit that asked for it.
 *
 * **Using it.** A client opts in with {@link DRM_CLIENT_CAP_SIMKMS_HISTOGRAM}; the CRTC properties are hidden from it
 * before. It reads the modes from the blob of `HISTOGRAM_CAPS`, makes a memfd of at least the mode's `record_size`,
 * seals it (F_SEAL_SHRINK, not F_SEAL_WRITE, as udmabuf asks), and in an atomic commit sets `HISTOGRAM_ENABLE` to the
 * mode and `HISTOGRAM_FD` to the descriptor, and `HISTOGRAM_FENCE_PTR` to the address of an s32 if it wants to be told. The first
 * scan-out of that commit is counted; when the scan has ended the record lies in the memfd and the fence signals.
 *
 * **Why so.** The commit path may not touch user memory (a page fault would break the rules of dma-fence), so no user
 * pointer is kept: the kernel pins the memfd's pages while a CRTC state holds them, and writes those. Blobs are
 * immutable, so the data is none. An event says nothing about which frame it belongs to; a record names its vblank and
 * its commit. Several records come of several memfds, each owned by its one commit: nothing is overwritten in use.
 *
 * **Where it is taken.** After the CRTC's gamma, as the pixels leave for the connector, so the axis is that of the
 * electrical signal and a client knows its own look-up table to be in it. No dithering or range compression comes
 * after. Modes of other tap points get records of their own in the caps.
 *
 * **Who may.** The counts are a measure of the screen's content: the properties belong to the CRTC and so to the master.
 *
 * Types are of fixed width, no structure holds a pointer, and nothing is keyed on the kind of hardware: a client can be
 * written from the caps alone.
 *
 * ```text
 * for each pixel of the active area, after gamma:
 *   v = max(red, green, blue)                  unsigned, bits_per_channel wide
 *   bins[v * bin_count >> bits_per_channel] += 1, staying at 2^counter_bits - 1 (flag OVERFLOW)
 * pixels = number of pixels counted            the sum of bins unless OVERFLOW is set
 * ```
 */
import { array, struct, u32, u64 } from './struct.ts';

/**
 * Client capability, in a range that DRM does not use. Value 1 shows the histogram's properties; it needs
 * DRM_CLIENT_CAP_ATOMIC first (EINVAL).
 */
export const DRM_CLIENT_CAP_SIMKMS_HISTOGRAM = 0x5349_4d4b_0001n;

/** CRTC property, immutable blob: {@link simkms_histogram_caps}. */
export const SIMKMS_HISTOGRAM_CAPS = 'HISTOGRAM_CAPS';
/** CRTC property, enum: the mode of this commit's histogram. Goes back to off with the next commit. */
export const SIMKMS_HISTOGRAM_ENABLE = 'HISTOGRAM_ENABLE';
/** CRTC property, signed range: the memfd's descriptor, of this commit alone as IN_FENCE_FD; reads as -1. */
export const SIMKMS_HISTOGRAM_FD = 'HISTOGRAM_FD';
/**
 * CRTC property, range: address of an s32 that receives a sync file as OUT_FENCE_PTR does; reads as 0. Its fence
 * signals when the record is complete, and in error when the frame was never scanned out.
 */
export const SIMKMS_HISTOGRAM_FENCE_PTR = 'HISTOGRAM_FENCE_PTR';

/** Values of {@link SIMKMS_HISTOGRAM_ENABLE}, a plain enumeration. */
export const SIMKMS_HISTOGRAM_OFF = 0;
/** Counts the largest of red, green and blue. */
export const SIMKMS_HISTOGRAM_MAX_RGB = 1;

/** Tap point: the output of the CRTC's GAMMA_LUT. */
export const SIMKMS_HISTOGRAM_TAP_POST_GAMMA = 1;

/** Version of the layouts of caps and record. */
export const SIMKMS_HISTOGRAM_VERSION = 1;
/** Bins of a channel in the record. */
export const SIMKMS_HISTOGRAM_BINS = 256;

/** The record is whole. Set last: a reader that maps the memory without the fence looks at it first. */
export const SIMKMS_HISTOGRAM_COMPLETE = 1;
/** A counter reached its maximum and stayed there. */
export const SIMKMS_HISTOGRAM_OVERFLOW = 2;

/**
 * What a mode is. `bin_count` bins for each of `channels` channels, counters of `counter_bits` significant bits,
 * `tap` the place in the pixel pipeline, `bits_per_channel` the width of the values counted there, `record_size` the
 * bytes a memfd must have.
 */
export const simkms_histogram_mode = struct('simkms_histogram_mode', {
  mode: u32,
  bin_count: u32,
  channels: u32,
  counter_bits: u32,
  tap: u32,
  bits_per_channel: u32,
  record_size: u32,
  flags: u32,
});

/**
 * Head of the caps blob, followed at `modes_offset` by `mode_count` records `mode_stride` bytes apart. Readers step by
 * the stride, so that records may grow at their end.
 */
export const simkms_histogram_caps = struct('simkms_histogram_caps', {
  version: u32,
  mode_count: u32,
  modes_offset: u32,
  mode_stride: u32,
});

/**
 * The record at the start of the memfd. `sequence` and `time_ns` (CLOCK_MONOTONIC) are those of the vblank at which
 * the scan began, the same as in the commit's flip event; `user_data` is the commit's own (`drm_mode_atomic`).
 */
export const simkms_histogram_record = struct('simkms_histogram_record', {
  version: u32,
  flags: u32,
  sequence: u64,
  time_ns: u64,
  user_data: u64,
  mode: u32,
  bin_count: u32,
  channels: u32,
  counter_bits: u32,
  tap: u32,
  bits_per_channel: u32,
  pixels: u64,
  bins: array(u32, SIMKMS_HISTOGRAM_BINS),
});
