import { Reservation } from '../dma-buf/reservation.ts';
import { createBacking } from '../memory/create-backing.ts';
import { pageAlign } from '../task/address-space.ts';
import type { DrmDevice } from './device.ts';
import { GemObject } from './gem.ts';

/** An object with zeroed memory of its own, `size` bytes rounded up to whole pages. One reference, the caller's. ENOMEM. */
export function createObject(device: DrmDevice, size: number, label: string): GemObject {
  const { kernel } = device;
  return new GemObject(device, {
    backing: createBacking(kernel, pageAlign(size), { shareable: true, name: label }),
    reservation: new Reservation(kernel, `${label} of ${device.driver.name}`),
    label,
  });
}
