import { createDrmDevice } from '../../drm/core.ts';
import type { DrmDevice, DrmDriver, DrmFeature } from '../../drm/device.ts';
import type { GemObject } from '../../drm/gem.ts';
import type { Kernel } from '../../kernel.ts';
import { MovableBacking } from './movable-backing.ts';
import type { MovableBuffer } from './movable-buffer.ts';

const features: ReadonlySet<DrmFeature> = new Set(['gem', 'dumb', 'modeset', 'render']);

/** A device that only has buffers: dumb ones, shared with PRIME. */
export function createBufferDevice(
  kernel: Kernel,
  name: string,
  path: string,
  createBacking: NonNullable<DrmDriver['createBacking']>,
): DrmDevice {
  const driver: DrmDriver = {
    name,
    description: `An exporter for tests: ${name}`,
    date: '0',
    version: [1, 0, 0],
    features,
    createBacking,
  };
  return createDrmDevice(kernel, driver, [{ kind: 'primary', path, access: 'everybody' }]);
}

/** What moves behind an object of such a device. */
export function movableOf(object: GemObject): MovableBuffer {
  if (object.backing instanceof MovableBacking) return object.backing.movable;
  throw new Error(`${object.describe()} stays where it is`);
}
