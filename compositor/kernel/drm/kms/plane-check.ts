import {
  DRM_MODE_ROTATE_90,
  DRM_MODE_ROTATE_270,
  drm_mode_rect,
} from '../../../../protocol/uapi/drm-mode.ts';
import { fourccText } from '../../../../protocol/uapi/fourcc.ts';
import { KernelError, require } from '../../task/kernel-error.ts';
import type { Framebuffer } from './framebuffer.ts';
import type { Plane, PlaneState } from './plane.ts';

const INT_MAX = 0x7fffffff;
const ONE = 65536;

/**
 * `drm_atomic_plane_check` (`drivers/gpu/drm/drm_atomic.c`), in its order: bindings EINVAL, format EINVAL, destination
 * beyond INT_MAX ERANGE, source outside of the framebuffer ENOSPC, damage EINVAL, hop to another CRTC EINVAL.
 */
export function checkPlane(plane: Plane, old: PlaneState, state: PlaneState): void {
  const { crtc, fb } = state;
  require(!crtc || fb, 'EINVAL', `${plane.name} has a CRTC but no framebuffer`);
  require(!fb || crtc, 'EINVAL', `${plane.name} has a framebuffer but no CRTC`);
  if (!crtc || !fb) return;
  const { possibleCrtcs, formats } = plane.options;
  require(possibleCrtcs & (1 << crtc.index), 'EINVAL', `${plane.name} cannot be shown on ${crtc.name}`);
  const { fourcc } = fb.layout.format;
  require(formats.includes(fourcc), 'EINVAL', `${plane.name} cannot show format ${fourccText(fourcc)}`);
  checkDestination(plane, state);
  checkSource(plane, state, fb);
  checkDamage(plane, state, fb);
  require(!old.crtc ||
    old.crtc === crtc, 'EINVAL', `${plane.name} has to be off before it goes to ${crtc.name}`);
}

function checkDestination(plane: Plane, { crtcX, crtcY, crtcW, crtcH }: PlaneState): void {
  const fits = crtcW <= INT_MAX && crtcX <= INT_MAX - crtcW && crtcH <= INT_MAX && crtcY <= INT_MAX - crtcH;
  require(fits, 'ERANGE', `${plane.name}: ${crtcW}x${crtcH} at ${crtcX},${crtcY} ends beyond INT_MAX`);
}

function checkSource(plane: Plane, { srcX, srcY, srcW, srcH }: PlaneState, fb: Framebuffer): void {
  const width = fb.layout.width * ONE;
  const height = fb.layout.height * ONE;
  const inside = srcW <= width && srcX <= width - srcW && srcH <= height && srcY <= height - srcH;
  const pixels = [srcW, srcH, srcX, srcY].map(value => value / ONE);
  require(inside, 'ENOSPC', `${plane.name}: source ${pixels[0]}x${pixels[1]} at ${pixels[2]},${pixels[3]} is not inside of framebuffer ${fb.id}, which has ${fb.layout.width}x${fb.layout.height}`);
}

/** Clips are compared with the framebuffer's size in 16.16, as Linux does, so clips far outside of it pass. */
function checkDamage(plane: Plane, { damage }: PlaneState, fb: Framebuffer): void {
  if (!damage) return;
  const { bytes } = damage;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; at += drm_mode_rect.size) {
    const { x1, y1, x2, y2 } = drm_mode_rect.read(view, at);
    const inside = x1 >= 0 && y1 >= 0 && x2 <= fb.layout.width * ONE && y2 <= fb.layout.height * ONE;
    if (x1 >= x2 || y1 >= y2 || !inside)
      throw new KernelError('EINVAL', `${plane.name}: damage ${x1},${y1} to ${x2},${y2} is empty or outside`);
  }
}

/**
 * The scaling part of `drm_atomic_helper_check_plane_state`: ERANGE when the plane cannot scale so much. Source sides
 * are swapped for rotations by 90 and 270 degrees; a destination without area is fine.
 */
export function checkScaling(plane: Plane, state: PlaneState): void {
  if (!state.fb || !state.crtc) return;
  const turned = (state.rotation & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270)) !== 0;
  const { srcW, srcH, crtcW, crtcH } = state;
  checkScale(plane, turned ? srcH : srcW, crtcW);
  checkScale(plane, turned ? srcW : srcH, crtcH);
}

function checkScale(plane: Plane, source: number, destination: number): void {
  if (destination === 0) return;
  // 16.16 factor by which the source is shrunk: rounded towards the side on which it would be refused.
  const factor =
    source > destination * ONE ? Math.ceil(source / destination) : Math.floor(source / destination);
  const { least, greatest } = plane.options.scale;
  const smallest = Math.floor(ONE / greatest);
  const largest = Math.floor(ONE / least);
  if (factor >= smallest && factor <= largest) return;
  const limits = least === greatest ? 'cannot scale' : `scales by ${least} to ${greatest}`;
  throw new KernelError(
    'ERANGE',
    `${plane.name} ${limits}; ${source / ONE} on ${destination} pixels is asked for`,
  );
}
