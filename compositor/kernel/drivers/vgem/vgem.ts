import { vgemIoctls } from '../../../../protocol/uapi/vgem.ts';
import { createDrmDevice } from '../../drm/core.ts';
import type { DrmDevice, DrmDriver, DrmFeature } from '../../drm/device.ts';
import { drmIoctl } from '../../drm/ioctl.ts';
import type { Kernel } from '../../kernel.ts';
import { VgemFences } from './fences.ts';

export interface VgemOptions {
  /** Default /dev/dri/card1. */
  primaryPath?: string;
  /** Default /dev/dri/renderD129. */
  renderPath?: string;
}

const features: ReadonlySet<DrmFeature> = new Set(['gem', 'dumb', 'render']);

const driver: DrmDriver = {
  name: 'vgem',
  description: 'Virtual GEM provider',
  date: '0',
  version: [1, 0, 0],
  features,
};

/**
 * A device without hardware (`drivers/gpu/drm/vgem/vgem_drv.c`): dumb buffers, PRIME in both directions, and fences that
 * userspace attaches to buffers and signals. Nothing is shown or rendered; imported buffers are not mapped through it.
 */
export function createVgem(kernel: Kernel, options: VgemOptions = {}): DrmDevice {
  const { primaryPath = '/dev/dri/card1', renderPath = '/dev/dri/renderD129' } = options;
  const fences = new VgemFences(kernel);
  const device = createDrmDevice(kernel, driver, [
    { kind: 'primary', path: primaryPath, access: 'everybody' },
    { kind: 'render', path: renderPath, access: 'everybody' },
  ]);
  device.ioctls.add(
    drmIoctl(vgemIoctls.DRM_IOCTL_VGEM_FENCE_ATTACH, (call, argument) => fences.attach(call, argument)),
    drmIoctl(vgemIoctls.DRM_IOCTL_VGEM_FENCE_SIGNAL, (call, { fence, flags }) =>
      fences.signal(call, fence, flags),
    ),
  );
  device.onPostclose(file => fences.close(file));
  return device;
}
