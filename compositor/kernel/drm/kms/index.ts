import { modeIoctls } from '../../../../protocol/uapi/drm-mode.ts';
import { drmIoctl } from '../ioctl.ts';
import { atomicIoctl } from './atomic-ioctl.ts';
import { framebufferIoctls, releaseClient } from './framebuffer-ioctls.ts';
import type { KmsDevice } from './kms-device.ts';
import { leaseIoctls } from './lease-ioctls.ts';
import { legacyIoctls } from './legacy-ioctls.ts';
import { propertyIoctls } from './property-ioctls.ts';
import { resourceIoctls } from './resource-ioctls.ts';
import { vblankIoctls } from './vblank-ioctls.ts';

export { KmsDevice, type KmsDriver } from './kms-device.ts';

/** Gives a DRM device the calls of mode setting, and has what a file made go when it is closed. */
export function registerKms(device: KmsDevice): void {
  device.drm.ioctls.add(
    drmIoctl(modeIoctls.DRM_IOCTL_MODE_ATOMIC, (call, argument) => atomicIoctl(device, call, argument)),
    ...resourceIoctls(device),
    ...propertyIoctls(device),
    ...framebufferIoctls(device),
    ...legacyIoctls(device),
    ...vblankIoctls(device),
    ...leaseIoctls(device),
  );
  device.drm.onClose(file => releaseClient(device, file));
}
