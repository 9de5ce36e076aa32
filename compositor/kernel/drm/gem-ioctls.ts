import { drmIoctls } from '../../../protocol/uapi/drm.ts';
import { require } from '../task/kernel-error.ts';
import { type DrmCall, drmIoctl } from './ioctl.ts';

const MAX_HANDLE = 0x7fff_ffff;

/** `drm_gem_flink_ioctl`: a name for the whole device, the same each time, until the last handle goes. */
function flink({ device, file }: DrmCall, handle: number): number {
  device.needs('gem');
  const object = file.objects.lookup(handle);
  if (object.name === 0) object.name = device.names.insert(object);
  return object.name;
}

/** `drm_gem_change_handle_ioctl`. */
function changeHandle({ device, file }: DrmCall, handle: number, wanted: number): void {
  device.needs('gem');
  require(wanted > 0 &&
    wanted <= MAX_HANDLE, 'EINVAL', `a handle is between 1 and ${MAX_HANDLE}, not ${wanted}`);
  file.objects.lookup(handle);
  if (handle === wanted) return;
  require(file.objects.renumber(handle, wanted), 'ENOSPC', `handle ${wanted} is in use`);
}

/** Handles and names (`drivers/gpu/drm/drm_gem.c`). */
export const gemIoctls = [
  drmIoctl(drmIoctls.DRM_IOCTL_GEM_CLOSE, ({ device, file }, { handle }) => {
    device.needs('gem');
    file.objects.close(handle);
  }),
  drmIoctl(drmIoctls.DRM_IOCTL_GEM_FLINK, (call, argument) => {
    argument.name = flink(call, argument.handle);
  }),
  drmIoctl(drmIoctls.DRM_IOCTL_GEM_OPEN, ({ device, file }, argument) => {
    device.needs('gem');
    const object = device.names.get(argument.name);
    require(object, 'ENOENT', `no object of ${device.driver.name} has the name ${argument.name}`);
    argument.handle = file.objects.create(object);
    argument.size = BigInt(object.size);
  }),
  drmIoctl(drmIoctls.DRM_IOCTL_GEM_CHANGE_HANDLE, (call, { handle, new_handle }) =>
    changeHandle(call, handle, new_handle),
  ),
];
