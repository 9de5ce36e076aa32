import * as uapi from '../../../protocol/uapi/syncobj.ts';
import { createSyncFile, fenceOf } from '../sync/sync-file.ts';
import { createSyncobjFile, Syncobj, syncobjOf } from '../sync/syncobj.ts';
import { flatten, transfer } from '../sync/syncobj-wait.ts';
import { EventFile } from '../task/event-file.ts';
import { KernelError, require } from '../task/kernel-error.ts';
import type { Sleeping } from '../task/kernel-thread.ts';
import type { OpenFile } from '../task/open-file.ts';
import { type DrmArgument, type DrmCall, drmIoctl } from './ioctl.ts';
import { syncobjArrayIoctls } from './syncobj-arrays.ts';

type HandleArgument = DrmArgument<typeof uapi.drm_syncobj_handle>;

function checkFlags(flags: number, allowed: number, pad = 0): void {
  require((flags & ~allowed) === 0 &&
    pad ===
      0, 'EINVAL', `flags are within 0x${allowed.toString(16)} and pad is 0, got 0x${flags.toString(16)} and ${pad}`);
}

/** A new descriptor of the caller for the file that `make` gives: taken before, given its file after. */
function install(call: DrmCall, make: () => OpenFile): number {
  const { files } = call.task;
  const fd = files.reserve();
  try {
    return files.install(fd, make());
  } catch (error) {
    files.unreserve(fd);
    throw error;
  }
}

/** The point of a call that knows points; without them the struct ends before it. */
const pointOf = ({ device }: DrmCall, argument: HandleArgument): bigint =>
  device.kernel.behaviour.syncobjPointsAsSyncFiles ? argument.point : 0n;

function handleToFd(call: DrmCall, argument: HandleArgument): number {
  const { device, file } = call;
  const { DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE: EXPORT } = uapi;
  const TIMELINE = device.kernel.behaviour.syncobjPointsAsSyncFiles
    ? uapi.DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_TIMELINE
    : 0;
  checkFlags(argument.flags, EXPORT | TIMELINE, argument.pad);
  if (argument.flags & EXPORT) {
    const point = argument.flags & TIMELINE ? argument.point : 0n;
    return install(call, () => {
      const fence = file.syncobjs.lookup(argument.handle).fenceAt(point);
      require(fence, 'EINVAL', `sync object ${argument.handle} has no fence at point ${point}`);
      return createSyncFile(device.kernel, fence);
    });
  }
  require(pointOf(call, argument) === 0n, 'EINVAL', 'a point goes with EXPORT_SYNC_FILE and TIMELINE');
  const syncobj = file.syncobjs.lookup(argument.handle, 'EINVAL');
  return install(call, () => createSyncobjFile(device.kernel, syncobj));
}

function fdToHandle(call: DrmCall, argument: HandleArgument): void {
  const { device, file, task } = call;
  const { DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE: IMPORT } = uapi;
  const TIMELINE = device.kernel.behaviour.syncobjPointsAsSyncFiles
    ? uapi.DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_TIMELINE
    : 0;
  checkFlags(argument.flags, IMPORT | TIMELINE, argument.pad);
  if (argument.flags & IMPORT) {
    const fence = fenceOf(task, argument.fd);
    const syncobj = file.syncobjs.lookup(argument.handle);
    const point = argument.flags & TIMELINE ? argument.point : 0n;
    if (point === 0n) syncobj.replaceFence(fence);
    else {
      const flat = flatten(device.kernel, fence);
      device.kernel.mayAllocate('fence chain');
      syncobj.addPoint(flat, point);
    }
    return;
  }
  require(pointOf(call, argument) === 0n, 'EINVAL', 'a point goes with IMPORT_SYNC_FILE and TIMELINE');
  const syncobj = syncobjOf(task.files.find(argument.fd));
  device.kernel.mayAllocate('syncobj handle');
  argument.handle = file.syncobjs.insert(syncobj);
}

function* transferPoint(
  { device, file }: DrmCall,
  argument: DrmArgument<typeof uapi.drm_syncobj_transfer>,
): Sleeping<void> {
  require(argument.pad === 0, 'EINVAL', `pad has to be 0, not ${argument.pad}`);
  const destination = file.syncobjs.lookup(argument.dst_handle);
  checkFlags(argument.flags, uapi.DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT);
  const source = file.syncobjs.lookup(argument.src_handle);
  yield* transfer(
    device.kernel,
    { syncobj: source, point: argument.src_point },
    { syncobj: destination, point: argument.dst_point },
    { forSubmit: argument.flags !== 0 },
  );
}

function addEventfd(
  { device, file, task }: DrmCall,
  argument: DrmArgument<typeof uapi.drm_syncobj_eventfd>,
): void {
  checkFlags(argument.flags, uapi.DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE, argument.pad);
  const syncobj = file.syncobjs.lookup(argument.handle);
  const { operations } = task.files.get(argument.fd);
  if (!(operations instanceof EventFile))
    throw new KernelError('EINVAL', `descriptor ${argument.fd} is a ${operations.kind}, not an eventfd`);
  device.kernel.mayAllocate('syncobj eventfd entry');
  syncobj.addEventfd(operations, argument.point, argument.flags !== 0);
}

function create({ device, file }: DrmCall, flags: number): number {
  checkFlags(flags, uapi.DRM_SYNCOBJ_CREATE_SIGNALED);
  device.kernel.mayAllocate('syncobj');
  device.kernel.mayAllocate('syncobj handle');
  const syncobj = new Syncobj(device.kernel, { signalled: flags !== 0 });
  return file.syncobjs.insert(syncobj);
}

const { syncobjIoctls: table } = uapi;

/** Sync objects (`drivers/gpu/drm/drm_syncobj.c`). */
export const syncobjIoctls = [
  drmIoctl(table.DRM_IOCTL_SYNCOBJ_CREATE, (call, argument) => {
    call.device.needs('syncobj');
    argument.handle = create(call, argument.flags);
  }),
  drmIoctl(table.DRM_IOCTL_SYNCOBJ_DESTROY, ({ device, file }, { handle, pad }) => {
    device.needs('syncobj');
    checkFlags(0, 0, pad);
    require(file.syncobjs.remove(handle), 'EINVAL', `there is no sync object with handle ${handle}`);
  }),
  drmIoctl(table.DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, (call, argument) => {
    call.device.needs('syncobj');
    argument.fd = handleToFd(call, argument);
  }),
  drmIoctl(table.DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, (call, argument) => {
    call.device.needs('syncobj');
    fdToHandle(call, argument);
  }),
  drmIoctl(table.DRM_IOCTL_SYNCOBJ_TRANSFER, (call, argument) => {
    call.device.needs('syncobj-timeline');
    return transferPoint(call, argument);
  }),
  drmIoctl(table.DRM_IOCTL_SYNCOBJ_EVENTFD, (call, argument) => {
    call.device.needs('syncobj-timeline');
    addEventfd(call, argument);
  }),
  ...syncobjArrayIoctls,
];
