import { modeIoctls } from '../../../protocol/uapi/drm-mode.ts';
import type { Kernel } from '../kernel.ts';
import { pageAlign } from '../task/address-space.ts';
import { KernelError, require } from '../task/kernel-error.ts';
import { createObject } from './create.ts';
import { type DrmCall, drmIoctl } from './ioctl.ts';

const U32_MAX = 0xffff_ffff;

/** Bytes of a row: formats of less than a byte are packed, all others take whole bytes for a pixel (`drm_mode_size_dumb`). */
function dumbPitch({ behaviour }: Kernel, width: number, bpp: number): number {
  const packed = bpp === 1 || bpp === 2 || bpp === 4 || !behaviour.dumbPixelsAreWholeBytes;
  return packed ? Math.ceil((width * bpp) / 8) : width * Math.ceil(bpp / 8);
}

/** `drm_mode_create_dumb` (`drivers/gpu/drm/drm_dumb_buffers.c`): its checks, all of them EINVAL. */
function checkSize(width: number, height: number, bpp: number): void {
  require(width > 0 &&
    height > 0 &&
    bpp >
      0, 'EINVAL', `a dumb buffer has a width, a height and bits per pixel, not ${width}x${height} with ${bpp}`);
  const pixelBytes = Math.ceil(bpp / 8);
  const fits =
    bpp <= U32_MAX - 8 && pixelBytes * width <= U32_MAX && pageAlign(pixelBytes * width * height) <= U32_MAX;
  require(fits, 'EINVAL', `${width}x${height} with ${bpp} bits per pixel does not fit into 32 bits`);
}

function needsDumb({ device }: DrmCall): void {
  if (!device.has('dumb')) throw new KernelError('ENOSYS', `${device.driver.name} has no dumb buffers`);
}

/** Buffers that every display can show and every CPU can write: linear, one plane, mapped through the device's node. */
export const dumbIoctls = [
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_CREATE_DUMB, (call, argument) => {
    needsDumb(call);
    const { width, height, bpp } = argument;
    checkSize(width, height, bpp);
    const { dumbBitsPerPixel: only = bpp, name } = call.device.driver;
    require(bpp === only, 'EINVAL', `dumb buffers of ${name} have ${only} bits per pixel, not ${bpp}`);
    const pitch = dumbPitch(call.device.kernel, width, bpp);
    const size = pageAlign(pitch * height);
    const object = createObject(call.device, size, 'dumb buffer');
    argument.handle = call.file.objects.adopt(object);
    argument.pitch = pitch;
    argument.size = BigInt(size);
  }),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_MAP_DUMB, (call, argument) => {
    needsDumb(call);
    const object = call.file.objects.lookup(argument.handle);
    require(object.importedFrom ===
      null, 'EINVAL', 'an imported object is mapped through the dma-buf that it came from');
    argument.offset = object.offset;
  }),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_DESTROY_DUMB, (call, { handle }) => {
    needsDumb(call);
    call.file.objects.close(handle);
  }),
];
