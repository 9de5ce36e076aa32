import { drm_color_lut, modeIoctls } from '../../../../protocol/uapi/drm-mode.ts';
import { u16 } from '../../../../protocol/uapi/struct.ts';
import { require } from '../../task/kernel-error.ts';
import type { Task } from '../../task/task.ts';
import { type DrmIoctl, drmIoctl } from '../ioctl.ts';
import { GAMMA_SIZE } from './attach-crtc.ts';
import { Blob } from './blob.ts';
import { Crtc } from './crtc.ts';
import type { KmsDevice } from './kms-device.ts';
import { legacyCommit } from './legacy-commit.ts';
import { lookupFor } from './lookup.ts';
import { giveArray } from './user-array.ts';

/** SETGAMMA writes GAMMA_LUT, GETGAMMA reads it back; EINVAL for another number of entries than the table has. */
export const gammaIoctls = (device: KmsDevice): DrmIoctl[] => [
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_SETGAMMA, (call, argument) => {
    const crtc = lookupFor(device, call.file, argument.crtc_id, Crtc);
    checkSize(argument.gamma_size);
    const channel = (address: bigint): DataView => readRamp(call.task, address);
    const [red, green, blue] = [channel(argument.red), channel(argument.green), channel(argument.blue)];
    const bytes = new Uint8Array(GAMMA_SIZE * drm_color_lut.size);
    const view = new DataView(bytes.buffer);
    for (let index = 0; index < GAMMA_SIZE; index++)
      drm_color_lut.write(view, index * drm_color_lut.size, {
        red: u16.read(red, index * 2),
        green: u16.read(green, index * 2),
        blue: u16.read(blue, index * 2),
        reserved: 0,
      });
    return legacyCommit(device, call, {
      change: request => {
        request.state.crtc(crtc).gammaLut = request.adopt(new Blob(device.objects, bytes));
      },
    });
  }),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_GETGAMMA, ({ file, task }, argument) => {
    const crtc = lookupFor(device, file, argument.crtc_id, Crtc);
    checkSize(argument.gamma_size);
    const entries = gammaEntries(crtc.state.gammaLut);
    const give = (list: readonly number[], address: bigint): number =>
      giveArray(task, u16, list, GAMMA_SIZE, address);
    give(
      entries.map(entry => entry.red),
      argument.red,
    );
    give(
      entries.map(entry => entry.green),
      argument.green,
    );
    give(
      entries.map(entry => entry.blue),
      argument.blue,
    );
  }),
];

function checkSize(size: number): void {
  require(size === GAMMA_SIZE, 'EINVAL', `the table has ${GAMMA_SIZE} entries, not ${size}`);
}

function readRamp(task: Task, address: bigint): DataView {
  return new DataView(task.memory.copyFromUser(address, GAMMA_SIZE * u16.size).buffer);
}

interface LutEntry {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
}

/** A look-up table spread over 256 entries, without one the identity; 0xffff is 1.0. */
export function gammaEntries(lut: Blob | null): LutEntry[] {
  const count = lut ? lut.bytes.length / drm_color_lut.size : 0;
  const view = lut && new DataView(lut.bytes.buffer, lut.bytes.byteOffset, lut.bytes.length);
  return Array.from({ length: GAMMA_SIZE }, (_, index) => {
    if (!view || count === 0) return { red: index * 257, green: index * 257, blue: index * 257 };
    return interpolate(view, count, (index * (count - 1)) / (GAMMA_SIZE - 1));
  });
}

function interpolate(view: DataView, count: number, at: number): LutEntry {
  const first = Math.floor(at);
  const low = drm_color_lut.read(view, first * drm_color_lut.size);
  const high = drm_color_lut.read(view, Math.min(first + 1, count - 1) * drm_color_lut.size);
  const mix = (a: number, b: number): number => Math.round(a + (b - a) * (at - first));
  return { red: mix(low.red, high.red), green: mix(low.green, high.green), blue: mix(low.blue, high.blue) };
}
