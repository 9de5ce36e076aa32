import { u32, u64 } from '../../../protocol/uapi/struct.ts';
import * as uapi from '../../../protocol/uapi/syncobj.ts';
import { type Syncobj, waitLimit } from '../sync/syncobj.ts';
import { type SyncobjPoint, waitForSyncobjs } from '../sync/syncobj-wait.ts';
import { require } from '../task/kernel-error.ts';
import type { Sleeping } from '../task/kernel-thread.ts';
import { type DrmArgument, type DrmCall, drmIoctl } from './ioctl.ts';

const WAIT_FLAGS =
  uapi.DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL |
  uapi.DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT |
  uapi.DRM_SYNCOBJ_WAIT_FLAGS_WAIT_DEADLINE;
const TIMELINE_WAIT_FLAGS = WAIT_FLAGS | uapi.DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE;

/** `drm_syncobj_array_find`: all of them, or ENOENT and nothing has happened. EFAULT. */
function findAll({ file, task }: DrmCall, address: bigint, count: number): Syncobj[] {
  return task.memory.readArray(u32, address, count).map(handle => file.syncobjs.lookup(handle));
}

/** Points of a timeline; no memory for them means point 0 of each. EFAULT. */
function readPoints({ task }: DrmCall, address: bigint, count: number): bigint[] {
  if (address === 0n) return new Array<bigint>(count).fill(0n);
  return task.memory.readArray(u64, address, count);
}

function checkArray(flags: number, allowed: number, count: number): void {
  require((flags & ~allowed) ===
    0, 'EINVAL', `only 0x${allowed.toString(16)} is allowed here, got 0x${flags.toString(16)}`);
  require(count > 0, 'EINVAL', 'at least one handle is expected');
}

type WaitArgument = Pick<
  DrmArgument<typeof uapi.drm_syncobj_timeline_wait>,
  'flags' | 'timeout_nsec' | 'deadline_nsec' | 'first_signaled'
>;

function* wait({ device }: DrmCall, argument: WaitArgument, points: readonly SyncobjPoint[]): Sleeping<void> {
  const { flags } = argument;
  device.kernel.mayAllocate('syncobj wait entries');
  argument.first_signaled = yield* waitForSyncobjs(points, {
    all: (flags & uapi.DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL) !== 0,
    forSubmit: (flags & uapi.DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT) !== 0,
    available: (flags & uapi.DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE) !== 0,
    until: waitLimit(argument.timeout_nsec, device.kernel.machine.now()),
    deadline: flags & uapi.DRM_SYNCOBJ_WAIT_FLAGS_WAIT_DEADLINE ? argument.deadline_nsec : undefined,
  });
}

function waitBinary(
  call: DrmCall,
  argument: DrmArgument<typeof uapi.drm_syncobj_wait>,
): Sleeping<void> | undefined {
  call.device.needs('syncobj');
  checkArray(argument.flags, WAIT_FLAGS, 1);
  if (argument.count_handles === 0) return undefined;
  const syncobjs = findAll(call, argument.handles, argument.count_handles);
  return wait(
    call,
    argument,
    syncobjs.map(syncobj => ({ syncobj, point: 0n })),
  );
}

function waitTimeline(
  call: DrmCall,
  argument: DrmArgument<typeof uapi.drm_syncobj_timeline_wait>,
): Sleeping<void> | undefined {
  call.device.needs('syncobj-timeline');
  checkArray(argument.flags, TIMELINE_WAIT_FLAGS, 1);
  if (argument.count_handles === 0) return undefined;
  const syncobjs = findAll(call, argument.handles, argument.count_handles);
  const points = readPoints(call, argument.points, argument.count_handles);
  return wait(
    call,
    argument,
    syncobjs.map((syncobj, at) => ({ syncobj, point: points[at]! })),
  );
}

function query(call: DrmCall, argument: DrmArgument<typeof uapi.drm_syncobj_timeline_array>): void {
  call.device.needs('syncobj-timeline');
  checkArray(argument.flags, uapi.DRM_SYNCOBJ_QUERY_FLAGS_LAST_SUBMITTED, argument.count_handles);
  const word = new DataView(new ArrayBuffer(8));
  for (const [at, syncobj] of findAll(call, argument.handles, argument.count_handles).entries()) {
    word.setBigUint64(0, syncobj.query(argument.flags !== 0), true);
    call.task.memory.copyToUser(argument.points + BigInt(at * 8), new Uint8Array(word.buffer));
  }
}

const { syncobjIoctls: table } = uapi;

/** The calls that take many sync objects at a time. */
export const syncobjArrayIoctls = [
  drmIoctl(table.DRM_IOCTL_SYNCOBJ_WAIT, waitBinary),
  drmIoctl(table.DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, waitTimeline),
  drmIoctl(table.DRM_IOCTL_SYNCOBJ_RESET, (call, argument) => {
    call.device.needs('syncobj');
    checkArray(argument.pad, 0, argument.count_handles);
    for (const syncobj of findAll(call, argument.handles, argument.count_handles)) syncobj.reset();
  }),
  drmIoctl(table.DRM_IOCTL_SYNCOBJ_SIGNAL, (call, argument) => {
    call.device.needs('syncobj');
    checkArray(argument.pad, 0, argument.count_handles);
    for (const syncobj of findAll(call, argument.handles, argument.count_handles)) syncobj.signal();
  }),
  drmIoctl(table.DRM_IOCTL_SYNCOBJ_QUERY, query),
  drmIoctl(table.DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, (call, argument) => {
    call.device.needs('syncobj-timeline');
    checkArray(argument.flags, 0, argument.count_handles);
    const syncobjs = findAll(call, argument.handles, argument.count_handles);
    const points = readPoints(call, argument.points, argument.count_handles);
    // All that can fail comes before the first point.
    for (const _ of syncobjs) call.device.kernel.mayAllocate('fence chain');
    for (const [at, syncobj] of syncobjs.entries()) syncobj.signalPoint(points[at]!);
  }),
];
