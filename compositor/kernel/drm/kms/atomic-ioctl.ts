import {
  DRM_MODE_ATOMIC_ALLOW_MODESET,
  DRM_MODE_ATOMIC_FLAGS,
  DRM_MODE_ATOMIC_NONBLOCK,
  DRM_MODE_ATOMIC_TEST_ONLY,
  DRM_MODE_PAGE_FLIP_ASYNC,
  DRM_MODE_PAGE_FLIP_EVENT,
  type drm_mode_atomic,
} from '../../../../protocol/uapi/drm-mode.ts';
import type { StructValue } from '../../../../protocol/uapi/struct.ts';
import { KernelError, require } from '../../task/kernel-error.ts';
import type { Sleeping } from '../../task/kernel-thread.ts';
import type { DrmFile } from '../file.ts';
import type { DrmCall } from '../ioctl.ts';
import { checkState } from './atomic-check.ts';
import { AtomicRequest } from './atomic-request.ts';
import { AtomicState } from './atomic-state.ts';
import { commitState } from './commit.ts';
import { Connector } from './connector.ts';
import { Crtc } from './crtc.ts';
import type { KmsDevice } from './kms-device.ts';
import { withModesetLocks } from './lock.ts';
import type { LeasedObject } from './lookup.ts';
import type { ModeObject } from './mode-object.ts';
import { Plane } from './plane.ts';
import type { Property } from './property.ts';
import { Signalling } from './signalling.ts';

type Argument = Readonly<StructValue<typeof drm_mode_atomic>>;

/**
 * `drm_mode_atomic_ioctl` (`drivers/gpu/drm/drm_atomic_uapi.c`), in its order: flags, the arrays as far as they can be
 * read, object, property, value; then events and fences, the check, and the commit.
 */
export function* atomicIoctl(device: KmsDevice, call: DrmCall, argument: Argument): Sleeping<void> {
  checkFlags(call, argument);
  yield* withModesetLocks(device.kernel.locks, locks => {
    const state = new AtomicState(device, locks);
    state.allowModeset = (argument.flags & DRM_MODE_ATOMIC_ALLOW_MODESET) !== 0;
    return perform(new AtomicRequest(state, call.file, call.task), argument);
  });
}

function checkFlags({ device, file }: DrmCall, { flags, reserved }: Argument): void {
  device.needs('atomic');
  require(file.clientCaps.atomic, 'EINVAL', 'the client has not set DRM_CLIENT_CAP_ATOMIC');
  require((flags & ~DRM_MODE_ATOMIC_FLAGS) === 0, 'EINVAL', `unknown flags in 0x${flags.toString(16)}`);
  require(reserved === 0n, 'EINVAL', 'reserved has to be 0');
  require((flags & DRM_MODE_PAGE_FLIP_ASYNC) === 0, 'EINVAL', 'the device has no asynchronous flips');
  const testsForEvent = flags & DRM_MODE_ATOMIC_TEST_ONLY && flags & DRM_MODE_PAGE_FLIP_EVENT;
  require(!testsForEvent, 'EINVAL', 'TEST_ONLY has no flip that an event could tell of');
}

function* perform(request: AtomicRequest, argument: Argument): Sleeping<void> {
  try {
    parse(request, argument);
    if (argument.flags & DRM_MODE_ATOMIC_TEST_ONLY) checkState(request.state, new Set());
    else yield* commit(request, argument);
  } finally {
    request.finish();
  }
}

function* commit(request: AtomicRequest, { flags, user_data }: Argument): Sleeping<void> {
  const signalling = new Signalling(request, user_data);
  let accepted = false;
  try {
    signalling.prepare(flags);
    checkState(request.state, signalling.flips);
    yield* commitState(request.state, {
      nonblock: (flags & DRM_MODE_ATOMIC_NONBLOCK) !== 0,
      commitOf: crtc => signalling.commitOf(crtc),
      accepted: () => {
        accepted = true;
        signalling.install();
      },
    });
  } catch (error) {
    if (!accepted) signalling.revert();
    throw error;
  }
}

/** Walks the arrays in user memory element by element, so that a fault comes where Linux would meet it. */
function parse(request: AtomicRequest, argument: Argument): void {
  const { memory } = request.task;
  const u32 = (address: bigint, index: number): number =>
    new DataView(memory.copyFromUser(address + BigInt(index) * 4n, 4).buffer).getUint32(0, true);
  const u64 = (address: bigint, index: number): bigint =>
    new DataView(memory.copyFromUser(address + BigInt(index) * 8n, 8).buffer).getBigUint64(0, true);
  let next = 0;
  for (let index = 0; index < argument.count_objs; index++) {
    const object = findObject(request.device, request.file, u32(argument.objs_ptr, index));
    const count = u32(argument.count_props_ptr, index);
    for (const end = next + count; next < end; next++) {
      const property = u32(argument.props_ptr, next);
      // Before its value is read: an unknown property is ENOENT even where that would fault.
      bindingOf(object, property);
      setProperty(request, object, property, u64(argument.prop_values_ptr, next));
    }
  }
}

/** ENOENT for unknown ids, for objects without properties, and for those that the file's lease leaves out. */
export function findObject(device: KmsDevice, file: DrmFile, id: number): LeasedObject {
  const object: ModeObject | null = device.objects.any(id);
  if (object instanceof Plane || object instanceof Crtc || object instanceof Connector) {
    require(file.holds(id), 'ENOENT', () => `${object.name} is not in the lease of ${file.describe()}`);
    return object;
  }
  throw new KernelError(
    'ENOENT',
    `object ${id} ${object ? `is a ${object.kind}, without properties` : 'does not exist'}`,
  );
}

function bindingOf(object: LeasedObject, id: number): { readonly property: Property } {
  const binding = object.bindings.get(id);
  if (!binding) throw new KernelError('ENOENT', `${object.name} has no property ${id}`);
  return binding;
}

/**
 * `drm_atomic_set_property`: ENOENT for a property that the object has not, EINVAL for a bad value, or one that needs a
 * capability which the client has not set.
 */
export function setProperty(request: AtomicRequest, object: LeasedObject, id: number, value: bigint): void {
  const { property } = bindingOf(object, id);
  property.validate(value, request.device.objects);
  const mayCount = property.audience !== 'histogram' || request.device.client(request.file).histogram;
  require(mayCount, 'EINVAL', `${property.name} needs DRM_CLIENT_CAP_SIMKMS_HISTOGRAM`);
  const { state } = request;
  if (object instanceof Plane) object.bindings.get(id)!.write!(state.plane(object), value, request);
  else if (object instanceof Crtc) object.bindings.get(id)!.write!(state.crtc(object), value, request);
  else object.bindings.get(id)!.write!(state.connector(object), value, request);
}
