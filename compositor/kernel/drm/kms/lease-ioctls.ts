import { type drm_mode_create_lease, modeIoctls } from '../../../../protocol/uapi/drm-mode.ts';
import { O_CLOEXEC, O_NONBLOCK } from '../../../../protocol/uapi/fcntl.ts';
import { type StructValue, u32 } from '../../../../protocol/uapi/struct.ts';
import { KernelError, require } from '../../task/kernel-error.ts';
import type { Task } from '../../task/task.ts';
import { type DrmArgument, type DrmCall, type DrmIoctl, drmIoctl } from '../ioctl.ts';
import { DrmMaster } from '../master.ts';
import type { KmsDevice } from './kms-device.ts';
import { objectsToLease } from './lease-objects.ts';

/** Leases: masters of a part of the device (`drivers/gpu/drm/drm_lease.c`). All of these are for masters alone. */
export const leaseIoctls = (device: KmsDevice): DrmIoctl[] => [
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_CREATE_LEASE, (call, argument) => createLease(device, call, argument)),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_LIST_LESSEES, ({ file, task }, argument) => {
    require(argument.pad === 0, 'EINVAL', 'pad has to be 0');
    // One whose lease was revoked has nothing, and so has one that was given nothing.
    const lessees = [...(file.master?.lessees ?? [])].filter(lessee => lessee.leases.length > 0);
    const ids = lessees.map(lessee => lessee.lesseeId);
    argument.count_lessees = giveSome(task, ids, argument.count_lessees, argument.lessees_ptr);
  }),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_GET_LEASE, ({ file, task }, argument) => {
    require(argument.pad === 0, 'EINVAL', 'pad has to be 0');
    const ids = file.master?.lessor ? file.master.leases : device.objects.ids;
    argument.count_objects = giveSome(task, ids, argument.count_objects, argument.objects_ptr);
  }),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_REVOKE_LEASE, ({ file }, { lessee_id }) => {
    const lessee = file.master?.findLessee(lessee_id);
    if (!lessee) throw new KernelError('ENOENT', `there is no lessee ${lessee_id}`);
    require(lessee.lessor ===
      file.master, 'EACCES', `the lease of lessee ${lessee_id} is not from ${file.describe()}`);
    lessee.revoke();
  }),
];

/**
 * `drm_mode_create_lease_ioctl`. The new file is an open of the device's own, master of the objects; O_NONBLOCK is
 * accepted and has no effect: the file has the flags of the lessor's. EINVAL for flags, for a lessee that wants to lease
 * on; what the objects may be answered with is in `objectsToLease`; EMFILE; EBUSY for what is leased already.
 */
function createLease(
  device: KmsDevice,
  { file, task, openFile }: DrmCall,
  argument: DrmArgument<typeof drm_mode_create_lease>,
): void {
  const { flags } = argument as StructValue<typeof drm_mode_create_lease>;
  const known = O_CLOEXEC | O_NONBLOCK;
  require((flags & ~known) ===
    0, 'EINVAL', `O_CLOEXEC and O_NONBLOCK are allowed, not 0x${flags.toString(16)}`);
  const lessor = file.master;
  require(lessor && lessor.lessor === null, 'EINVAL', 'a lessee cannot lease to others');
  const leases = objectsToLease(device, file, task, argument);
  const fd = task.files.reserve();
  try {
    device.kernel.mayAllocate('lease');
    for (const id of leases) requireLeasable(device, lessor, id);
  } catch (error) {
    task.files.unreserve(fd);
    throw error;
  }
  const lessee = new DrmMaster(lessor, leases);
  const opened = device.drm.reopen(file, task);
  opened.becomeLessee(lessee);
  argument.fd = fd;
  argument.lessee_id = lessee.lesseeId;
  task.files.install(fd, device.kernel.file(opened, openFile.flags), (flags & O_CLOEXEC) !== 0);
}

function requireLeasable(device: KmsDevice, lessor: DrmMaster, id: number): void {
  require(device.objects.any(id), 'ENOENT', `object ${id} does not exist any more`);
  require(!lessor.hasLeased(
    id,
  ), 'EBUSY', `object ${id} is leased already; revoke that lease or close its file`);
}

/** Lists of leases are filled as far as there is room, unlike those of other mode calls. EFAULT. */
function giveSome(task: Task, list: readonly number[], room: number, address: bigint): number {
  const count = Math.min(list.length, room);
  const bytes = new Uint8Array(count * u32.size);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < count; at++) u32.write(view, at * u32.size, list[at]!);
  if (count > 0) task.memory.copyToUser(address, bytes);
  return list.length;
}
