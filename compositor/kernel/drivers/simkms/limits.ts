import { DRM_PLANE_TYPE_CURSOR, DRM_PLANE_TYPE_PRIMARY } from '../../../../protocol/uapi/drm-mode.ts';
import { MILLISECOND, SECOND } from '../../../machine/machine.ts';
import type { AtomicState } from '../../drm/kms/atomic-state.ts';
import type { Crtc } from '../../drm/kms/crtc.ts';
import { framesDuration, type Mode } from '../../drm/kms/mode.ts';
import type { PlaneState } from '../../drm/kms/plane.ts';
import { require } from '../../task/kernel-error.ts';
import { isVisible } from './frame.ts';

/** Framebuffers in pixels. */
export const SIZE_LIMITS = { minWidth: 10, maxWidth: 8192, minHeight: 10, maxHeight: 8192 } as const;
/** Widest cursor. */
export const CURSOR_MAXIMUM = 256;
/** What one device can do with its overlays and another cannot. */
export interface OverlayLimits {
  /** How many times overlays grow or shrink a picture at most; 1: they do not scale. */
  readonly scale: number;
  /** How many screens full of pixels the overlays of a CRTC may read for one frame: memory bandwidth is finite. */
  readonly screens: number;
}
export const DEFAULT_OVERLAYS: OverlayLimits = { scale: 4, screens: 2 };
/** Time between two frames that the hardware can keep to. */
const SHORTEST_FRAME = MILLISECOND / 2n;
const LONGEST_FRAME = 2n * SECOND;
/** The engine's coordinates and sides have 15 bits, coordinates and a sign. */
const FARTHEST = 32767;

/** What the hardware cannot do, though the core finds nothing wrong with it. `native` is the size of each CRTC's panel. */
export function checkLimits(
  state: AtomicState,
  native: ReadonlyMap<Crtc, { readonly width: number; readonly height: number }>,
  overlays: OverlayLimits,
): void {
  for (const [crtc, { draft }] of state.crtcs) {
    const { mode } = draft;
    if (!mode) continue;
    const panel = native.get(crtc)!;
    const fits = mode.hdisplay <= panel.width && mode.vdisplay <= panel.height;
    require(fits, 'EINVAL', `${crtc.name} drives at most ${panel.width}x${panel.height}, not ${mode.name}`);
    checkRate(mode);
    const shown = planesOn(state, crtc).filter(({ state: plane }) => isVisible(plane, mode));
    for (const { type, state: plane } of shown) checkPlane(type, plane);
    const pixels = shown
      .filter(({ type }) => type !== DRM_PLANE_TYPE_PRIMARY)
      .reduce((sum, { state: plane }) => sum + (plane.srcW / 65536) * (plane.srcH / 65536), 0);
    const budget = overlays.screens * mode.hdisplay * mode.vdisplay;
    require(pixels <=
      budget, 'ENOSPC', `overlays of ${crtc.name} would read ${Math.ceil(pixels)} pixels a frame, its bandwidth allows ${budget}`);
  }
}

/** Throws EINVAL for a mode whose frames come faster or slower than the hardware can. */
export function checkRate(mode: Mode): void {
  const frame = framesDuration(mode, 1n);
  const can = frame >= SHORTEST_FRAME && frame <= LONGEST_FRAME;
  require(can, 'EINVAL', `mode ${mode.name} has a frame in ${frame} ns; ${SHORTEST_FRAME} to ${LONGEST_FRAME} are possible`);
}

function planesOn(state: AtomicState, crtc: Crtc): { type: number; state: PlaneState }[] {
  return state.device.planes
    .map(plane => ({ type: plane.options.type, state: state.planes.get(plane)?.draft ?? plane.state }))
    .filter(plane => plane.state.crtc === crtc);
}

function checkPlane(type: number, { fb, crtcX, crtcY, crtcW, crtcH }: PlaneState): void {
  const reach = Math.max(Math.abs(crtcX), Math.abs(crtcY), crtcX + crtcW, crtcY + crtcH, crtcW, crtcH);
  require(reach <=
    FARTHEST, 'ERANGE', `the display engine reaches ${FARTHEST} pixels, ${reach} are asked for`);
  if (type !== DRM_PLANE_TYPE_CURSOR || !fb) return;
  const { width, height } = fb.layout;
  const fits = width <= CURSOR_MAXIMUM && height <= CURSOR_MAXIMUM;
  require(fits, 'EINVAL', `a cursor has at most ${CURSOR_MAXIMUM}x${CURSOR_MAXIMUM} pixels, not ${width}x${height}`);
}
