import type { Kernel } from '../kernel.ts';
import { authIoctls } from './auth.ts';
import { capIoctls } from './caps.ts';
import { DrmDevice, type DrmDriver, type DrmNode } from './device.ts';
import { dumbIoctls } from './dumb.ts';
import { gemIoctls } from './gem-ioctls.ts';
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
  return kernel.own(device);
}
