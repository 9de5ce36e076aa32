import { KernelError, require } from '../../task/kernel-error.ts';
import type { DrmFile } from '../file.ts';
import type { Connector } from './connector.ts';
import type { Crtc } from './crtc.ts';
import type { KmsDevice } from './kms-device.ts';
import type { ModeObject } from './mode-object.ts';
import type { Plane } from './plane.ts';

type Class<T> = abstract new (...args: never[]) => T;

/** What a lease is made of, and may leave out (`drm_mode_object_lease_required`). */
export type LeasedObject = Crtc | Connector | Plane;

/** The object of an id and class, or ENOENT. For framebuffers, blobs, properties, encoders: all may see them. */
export function lookup<T extends ModeObject>(device: KmsDevice, id: number, type: Class<T>): T {
  const object = device.objects.find(id, type);
  if (object) return object;
  throw new KernelError('ENOENT', `there is no ${type.name.toLowerCase()} ${id}`);
}

/** `drm_mode_object_find`: what is not in the lease of a file does not exist for it. ENOENT. */
export function lookupFor<T extends LeasedObject>(
  device: KmsDevice,
  file: DrmFile,
  id: number,
  type: Class<T>,
): T {
  const object = lookup(device, id, type);
  require(file.holds(id), 'ENOENT', () => `${object.name} is not in the lease of ${file.describe()}`);
  return object;
}

/** EACCES for an object that a call changes without its having been named. */
export function requireHeld(file: DrmFile, object: LeasedObject): void {
  require(file.holds(object.id), 'EACCES', () => `${object.name} is not in the lease of ${file.describe()}`);
}
