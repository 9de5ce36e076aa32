import {
  DRM_MODE_CURSOR_BO,
  DRM_MODE_CURSOR_FLAGS,
  DRM_MODE_CURSOR_MOVE,
  type drm_mode_cursor,
  modeIoctls,
} from '../../../../protocol/uapi/drm-mode.ts';
import { DRM_FORMAT_ARGB8888 } from '../../../../protocol/uapi/fourcc.ts';
import type { StructValue } from '../../../../protocol/uapi/struct.ts';
import { require } from '../../task/kernel-error.ts';
import type { Sleeping } from '../../task/kernel-thread.ts';
import { type DrmCall, type DrmIoctl, drmIoctl } from '../ioctl.ts';
import { updatePlane } from './async-update.ts';
import { Crtc } from './crtc.ts';
import { Framebuffer } from './framebuffer.ts';
import { checkFramebuffer } from './framebuffer-check.ts';
import type { KmsDevice } from './kms-device.ts';
import { lookupFor, requireHeld } from './lookup.ts';
import { NOWHERE } from './plane.ts';

/** CURSOR and CURSOR2 as updates of the cursor plane (`drm_mode_cursor_universal`); hot spots are of no use here. */
export const cursorIoctls = (device: KmsDevice): DrmIoctl[] => [
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_CURSOR, (call, argument) => setCursor(device, call, argument)),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_CURSOR2, (call, argument) => setCursor(device, call, argument)),
];

/** EINVAL for flags and sizes, ENOENT for the CRTC or the handle. Waits for no vblank. */
function* setCursor(
  device: KmsDevice,
  call: DrmCall,
  argument: Readonly<StructValue<typeof drm_mode_cursor>>,
): Sleeping<void> {
  const { flags, crtc_id, x, y } = argument;
  const known = flags !== 0 && (flags & ~DRM_MODE_CURSOR_FLAGS) === 0;
  require(known, 'EINVAL', 'CURSOR sets a buffer, moves, or both');
  const crtc = lookupFor(device, call.file, crtc_id, Crtc);
  const { cursor } = crtc;
  requireHeld(call.file, cursor);
  const position = flags & DRM_MODE_CURSOR_MOVE ? { x, y } : crtc.cursorPosition;
  const changesBuffer = (flags & DRM_MODE_CURSOR_BO) !== 0;
  const made = changesBuffer ? cursorFramebuffer(device, call, argument) : null;
  try {
    if (made || cursor.state.fb)
      yield* updatePlane(device, cursor, state => {
        const draft = state.plane(cursor);
        const fb = changesBuffer ? made : draft.fb;
        state.setPlaneCrtc(draft, fb ? crtc : null);
        draft.fb = fb;
        Object.assign(draft, NOWHERE);
        if (!fb) return;
        const { width, height } = fb.layout;
        draft.crtcX = position.x;
        draft.crtcY = position.y;
        draft.crtcW = width;
        draft.crtcH = height;
        draft.srcW = width * 65536;
        draft.srcH = height * 65536;
      });
    crtc.cursorPosition = position;
  } finally {
    made?.put();
  }
}

/** A framebuffer of the handle that lives as long as it is shown; null for handle 0. */
function cursorFramebuffer(
  device: KmsDevice,
  { file }: DrmCall,
  { handle, width, height }: Readonly<StructValue<typeof drm_mode_cursor>>,
): Framebuffer | null {
  if (handle === 0) return null;
  const request = {
    fb_id: 0,
    width,
    height,
    pixel_format: DRM_FORMAT_ARGB8888,
    flags: 0,
    handles: [handle, 0, 0, 0],
    pitches: [width * 4, 0, 0, 0],
    offsets: [0, 0, 0, 0],
    modifier: [0n, 0n, 0n, 0n],
  };
  return new Framebuffer(
    device.objects,
    checkFramebuffer(request, device.driver.limits, device.formats, file.objects),
  );
}
