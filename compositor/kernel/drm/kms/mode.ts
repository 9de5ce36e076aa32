import {
  DRM_MODE_FLAG_3D_MASK,
  DRM_MODE_FLAG_DBLSCAN,
  DRM_MODE_FLAG_INTERLACE,
  DRM_MODE_FLAG_PIC_AR_MASK,
  DRM_MODE_TYPE_DRIVER,
  DRM_MODE_TYPE_PREFERRED,
  drm_mode_modeinfo,
} from '../../../../protocol/uapi/drm-mode.ts';
import type { StructValue } from '../../../../protocol/uapi/struct.ts';
import type { Nanoseconds } from '../../../machine/machine.ts';
import { KernelError } from '../../task/kernel-error.ts';

/** A display mode: the timings that userspace sees. `clock` is in kHz. */
export type Mode = Readonly<StructValue<typeof drm_mode_modeinfo>>;

const LAST_3D_LAYOUT = 8;
const LAST_ASPECT_RATIO = 4;
/** All flags of the UAPI; BCAST and PIXMUX (bits 10 and 11) exist in the header and are refused. */
const KNOWN_FLAGS = 0x7fffff & ~(3 << 10);

/** Pixels of a whole frame, blanking included, at the pixel clock. */
function framePixels(mode: Mode): bigint {
  const doubled = mode.flags & DRM_MODE_FLAG_DBLSCAN ? 2n : 1n;
  const scans = BigInt(Math.max(1, mode.vscan));
  return BigInt(mode.htotal) * BigInt(mode.vtotal) * doubled * scans;
}

/**
 * Time of `frames` whole frames. Rounded down once and not per frame: times computed from one base do not drift.
 */
export function framesDuration(mode: Mode, frames: bigint): Nanoseconds {
  return (frames * framePixels(mode) * 1_000_000n) / BigInt(mode.clock);
}

/** Whole frames in `elapsed`: the largest n with framesDuration(n) <= elapsed. */
export function framesIn(mode: Mode, elapsed: Nanoseconds): bigint {
  return ((elapsed + 1n) * BigInt(mode.clock) - 1n) / (framePixels(mode) * 1_000_000n);
}

/** Time from the start of active scan-out to the end of line `line`. */
export function linesDuration(mode: Mode, line: number): Nanoseconds {
  return (framesDuration(mode, 1n) * BigInt(line)) / BigInt(mode.vtotal);
}

/** Refresh rate in Hz, rounded to the nearest (`drm_mode_vrefresh`). */
function refreshRate(mode: Mode): number {
  if (mode.htotal === 0 || mode.vtotal === 0) return 0;
  const interlaced = mode.flags & DRM_MODE_FLAG_INTERLACE ? 2 : 1;
  const pixels = Number(framePixels(mode));
  return Math.round((mode.clock * 1000 * interlaced) / pixels);
}

/**
 * `drm_mode_convert_umode` and `drm_mode_validate_basic`: EINVAL for timings that make no sense. Sizes are not bounded
 * here, they are the CRTC's business.
 */
export function checkMode(mode: Mode): void {
  const refuse = (why: string): never => {
    throw new KernelError('EINVAL', `mode ${mode.hdisplay}x${mode.vdisplay}: ${why}`);
  };
  if (mode.clock > 0x7fffffff || mode.vrefresh > 0x7fffffff) refuse('clock or refresh rate do not fit');
  if ((mode.flags & ~KNOWN_FLAGS) !== 0) refuse(`unknown flags 0x${mode.flags.toString(16)}`);
  if ((mode.flags & DRM_MODE_FLAG_3D_MASK) >>> 14 > LAST_3D_LAYOUT) refuse('unknown 3D layout');
  if ((mode.flags & DRM_MODE_FLAG_PIC_AR_MASK) >>> 19 > LAST_ASPECT_RATIO) refuse('unknown aspect ratio');
  if (mode.clock === 0) refuse('a clock of 0');
  if (!increasing(mode.hdisplay, mode.hsync_start, mode.hsync_end, mode.htotal))
    refuse('hdisplay, hsync_start, hsync_end, htotal have to be in this order and hdisplay at least 1');
  if (!increasing(mode.vdisplay, mode.vsync_start, mode.vsync_end, mode.vtotal))
    refuse('vdisplay, vsync_start, vsync_end, vtotal have to be in this order and vdisplay at least 1');
}

function increasing(display: number, start: number, end: number, total: number): boolean {
  return display > 0 && start >= display && end >= start && total >= end;
}

/** The mode in a MODE_ID blob: EINVAL for another length or bad timings. */
export function modeFromBlob(bytes: Uint8Array): Mode {
  if (bytes.length !== drm_mode_modeinfo.size)
    throw new KernelError(
      'EINVAL',
      `a mode blob has ${drm_mode_modeinfo.size} bytes, this one ${bytes.length}`,
    );
  const mode = drm_mode_modeinfo.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
  checkMode(mode);
  return mode;
}

export function modeToBytes(mode: Mode): Uint8Array {
  const bytes = new Uint8Array(drm_mode_modeinfo.size);
  drm_mode_modeinfo.write(new DataView(bytes.buffer), 0, mode);
  return bytes;
}

/** `drm_mode_equal`: same timings and flags; name, type and approximate refresh rate do not count. */
export function sameTimings(a: Mode | null, b: Mode | null): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  return TIMINGS.every(field => a[field] === b[field]);
}

const TIMINGS = [
  'clock',
  'hdisplay',
  'hsync_start',
  'hsync_end',
  'htotal',
  'hskew',
  'vdisplay',
  'vsync_start',
  'vsync_end',
  'vtotal',
  'vscan',
  'flags',
] as const;

const HORIZONTAL_BLANKING = 80;
const VERTICAL_BLANKING: Nanoseconds = 460_000n;

/**
 * A mode of the size and rate (in mHz) with reduced blanking: 80 pixels beside, and at least 460 us of lines below, as
 * CVT-RBv2 has them. The rate is met to the kHz of the pixel clock.
 */
export function makeMode(width: number, height: number, millihertz: number, preferred = false): Mode {
  const htotal = width + HORIZONTAL_BLANKING;
  const period = 1_000_000_000_000n / BigInt(millihertz);
  const activeTime = period > 2n * VERTICAL_BLANKING ? period - VERTICAL_BLANKING : period / 2n;
  const blankLines = Math.max(8, Number((VERTICAL_BLANKING * BigInt(height)) / activeTime) + 1);
  const vtotal = height + blankLines;
  const clock = Math.round((htotal * vtotal * millihertz) / 1_000_000);
  const mode = {
    clock,
    hdisplay: width,
    hsync_start: width + 8,
    hsync_end: width + 40,
    htotal,
    hskew: 0,
    vdisplay: height,
    vsync_start: vtotal - 7,
    vsync_end: vtotal - 6,
    vtotal,
    vscan: 0,
    vrefresh: 0,
    flags: 0x9,
    type: DRM_MODE_TYPE_DRIVER | (preferred ? DRM_MODE_TYPE_PREFERRED : 0),
    name: `${width}x${height}`,
  };
  return { ...mode, vrefresh: refreshRate(mode) };
}
