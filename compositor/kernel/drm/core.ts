import { drmIoctls } from '../../../protocol/uapi/drm.ts';
import { modeIoctls } from '../../../protocol/uapi/drm-mode.ts';
import type { Ioctl } from '../../../protocol/uapi/ioctl.ts';
import type { Kernel } from '../kernel.ts';
import { authIoctls } from './auth.ts';
import { capIoctls } from './caps.ts';
import { DrmDevice, type DrmDriver, type DrmNode } from './device.ts';
import { dumbIoctls } from './dumb.ts';
import { gemIoctls } from './gem-ioctls.ts';
import { drmIoctl } from './ioctl.ts';
import { primeIoctls } from './prime.ts';
import { syncobjIoctls } from './syncobj-ioctls.ts';
import { versionIoctls } from './version.ts';

/** `drm_dev_register`: a device with its nodes and all calls of the core but those of mode setting. */
export function createDrmDevice(kernel: Kernel, driver: DrmDriver, nodes: readonly DrmNode[]): DrmDevice {
  const device = new DrmDevice(kernel, driver, nodes);
  device.ioctls.add(
    ...versionIoctls,
    ...capIoctls,
    ...authIoctls,
    ...gemIoctls,
    ...primeIoctls,
    ...dumbIoctls,
    ...syncobjIoctls,
  );
  if (!device.has('modeset')) refuseModeSetting(device);
  return kernel.own(device);
}

/** The table of calls is one for all devices: what a device cannot do it refuses, after the check of permissions. */
function refuseModeSetting({ ioctls }: DrmDevice): void {
  const refused: Ioctl[] = [
    ...Object.values(modeIoctls),
    drmIoctls.DRM_IOCTL_WAIT_VBLANK,
    drmIoctls.DRM_IOCTL_CRTC_GET_SEQUENCE,
    drmIoctls.DRM_IOCTL_CRTC_QUEUE_SEQUENCE,
  ].filter(ioctl => !ioctls.has(ioctl));
  ioctls.add(...refused.map(ioctl => drmIoctl(ioctl, ({ device }) => device.needs('modeset'))));
}
