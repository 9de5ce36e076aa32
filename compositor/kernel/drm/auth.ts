import { type drm_client, drmIoctls } from '../../../protocol/uapi/drm.ts';
import { require } from '../task/kernel-error.ts';
import { type DrmArgument, type DrmCall, drmIoctl } from './ioctl.ts';

/** `drm_master_check_perm`: whoever has been master before may change mastership, and root. */
function checkMayMaster({ file, task }: DrmCall): void {
  const wasMaster = file.wasMaster && file.pid === task.pid;
  require(wasMaster ||
    task.credentials.uid ===
      0, 'EACCES', `${file.describe()} was never master, and ${task.name} is not root`);
}

/** `drm_setmaster_ioctl`. */
function setMaster(call: DrmCall): void {
  const { device, file } = call;
  checkMayMaster(call);
  if (file.isCurrentMaster) return;
  require(device.master ===
    null, 'EBUSY', 'the device has another master; it must DROP_MASTER or close first');
  require(file.master !== null, 'EINVAL', `${file.describe()} has no master`);
  if (file.isMaster) {
    require(file.master.lessor === null, 'EINVAL', `${file.describe()} has a lease, not the device`);
    device.master = file.master;
  } else file.becomeMaster();
}

/** `drm_dropmaster_ioctl`. */
function dropMaster(call: DrmCall): void {
  checkMayMaster(call);
  require(call.file.isCurrentMaster, 'EINVAL', `${call.file.describe()} is not the current master`);
  require(call.file.master?.lessor ===
    null, 'EINVAL', `${call.file.describe()} has a lease; its lessor can drop the device`);
  call.device.master = null;
}

/** `drm_getmagic`: one number for each file, from the master it belongs to. */
function getMagic({ file }: DrmCall): number {
  require(file.master, 'EINVAL', `${file.describe()} belongs to no master`);
  if (file.magic === 0) file.magic = file.master.magics.insert(file);
  return file.magic;
}

/** `drm_authmagic`: a magic number counts once, and is not given out again before its file is closed. */
function authMagic({ file }: DrmCall, magic: number): void {
  const other = file.master?.magics.get(magic);
  require(other, 'EINVAL', `${magic} is no magic number of this master, or it was used already`);
  file.master?.magics.replace(magic, null);
  other.authenticated = true;
}

/** The uid of somebody whom the kernel does not tell about. */
const OVERFLOW_UID = 65534n;

/** `drm_getclient`: all that is left of a list of clients is whether the caller is authenticated. */
function getClient({ file, task }: DrmCall, argument: DrmArgument<typeof drm_client>): void {
  require(argument.idx === 0, 'EINVAL', `client ${argument.idx} is not listed; 0 is the caller`);
  argument.auth = file.authenticated ? 1 : 0;
  argument.pid = BigInt(task.pid);
  argument.uid = OVERFLOW_UID;
  argument.magic = 0n;
  argument.iocs = 0n;
}

/** Mastership and authentication (`drivers/gpu/drm/drm_auth.c`). */
export const authIoctls = [
  drmIoctl(drmIoctls.DRM_IOCTL_GET_MAGIC, (call, argument) => {
    argument.magic = getMagic(call);
  }),
  drmIoctl(drmIoctls.DRM_IOCTL_AUTH_MAGIC, (call, { magic }) => authMagic(call, magic)),
  drmIoctl(drmIoctls.DRM_IOCTL_GET_CLIENT, getClient),
  drmIoctl(drmIoctls.DRM_IOCTL_SET_MASTER, setMaster),
  drmIoctl(drmIoctls.DRM_IOCTL_DROP_MASTER, dropMaster),
];
