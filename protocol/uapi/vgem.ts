/**
 * Fences that userspace signals, as vgem has them, `include/uapi/drm/vgem_drm.h`: attached to a buffer's reservation
 * as a reader's or a writer's, and ended by the driver after ten seconds when nobody signals (ETIMEDOUT).
 */
import { DRM_COMMAND_BASE } from './drm.ts';
import { drmIow, drmIowr } from './ioctl.ts';
import { struct, u32 } from './struct.ts';

export const VGEM_FENCE_WRITE = 1;

export const drm_vgem_fence_attach = struct('drm_vgem_fence_attach', {
  handle: u32,
  flags: u32,
  out_fence: u32,
  pad: u32,
});
export const drm_vgem_fence_signal = struct('drm_vgem_fence_signal', { fence: u32, flags: u32 });

const render = { permission: 'render' } as const;

export const vgemIoctls = {
  DRM_IOCTL_VGEM_FENCE_ATTACH: drmIowr(
    'DRM_IOCTL_VGEM_FENCE_ATTACH',
    DRM_COMMAND_BASE + 1,
    drm_vgem_fence_attach,
    render,
  ),
  DRM_IOCTL_VGEM_FENCE_SIGNAL: drmIow(
    'DRM_IOCTL_VGEM_FENCE_SIGNAL',
    DRM_COMMAND_BASE + 2,
    drm_vgem_fence_signal,
    render,
  ),
};
