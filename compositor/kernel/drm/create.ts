import { Reservation } from '../dma-buf/reservation.ts';
import { createBacking } from '../memory/create-backing.ts';
import { pageAlign } from '../task/address-space.ts';
import type { DrmDevice } from './device.ts';
import { GemObject } from './gem.ts';

/** An object with zeroed memory of its own, `size` bytes rounded up to whole pages. One reference, the caller's. ENOMEM. */
export function createObject(device: DrmDevice, size: number, label: string): GemObject {
  const { kernel, driver } = device;
  const bytes = pageAlign(size);
  const reservation = new Reservation(kernel, `${label} of ${driver.name}`);
  const backing =
    driver.createBacking?.(bytes, reservation) ??
    createBacking(kernel, bytes, { shareable: true, name: label });
  return new GemObject(device, { backing, reservation, label });
}
