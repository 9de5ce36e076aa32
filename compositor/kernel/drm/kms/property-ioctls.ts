import { drm_mode_property_enum, modeIoctls } from '../../../../protocol/uapi/drm-mode.ts';
import { u32, u64 } from '../../../../protocol/uapi/struct.ts';
import { KernelError, require } from '../../task/kernel-error.ts';
import type { Sleeping } from '../../task/kernel-thread.ts';
import type { Task } from '../../task/task.ts';
import type { DrmFile } from '../file.ts';
import { type DrmCall, type DrmIoctl, drmIoctl } from '../ioctl.ts';
import { findObject, setProperty } from './atomic-ioctl.ts';
import { Blob } from './blob.ts';
import { Connector } from './connector.ts';
import { Crtc } from './crtc.ts';
import type { KmsDevice } from './kms-device.ts';
import { type LegacyChange, legacyCommit } from './legacy-commit.ts';
import { type LeasedObject, lookup, lookupFor } from './lookup.ts';
import { OBJECT_TYPE } from './mode-object.ts';
import { Plane } from './plane.ts';
import { type EnumEntry, Property } from './property.ts';
import { giveArray } from './user-array.ts';

/** The properties of an object that a file may see, with their values. */
export function visibleProperties(
  device: KmsDevice,
  file: DrmFile,
  object: Plane | Crtc | Connector,
): [Property, bigint][] {
  const { histogram } = device.client(file);
  const seen = ({ audience }: Property): boolean =>
    audience === 'everybody' || (file.clientCaps.atomic > 0 && (audience === 'atomic' || histogram));
  return valuesOf(object).filter(([property]) => seen(property));
}

function valuesOf(object: Plane | Crtc | Connector): [Property, bigint][] {
  if (object instanceof Plane)
    return [...object.bindings.values()].map(({ property, read }) => [property, read(object.state)]);
  if (object instanceof Crtc)
    return [...object.bindings.values()].map(({ property, read }) => [property, read(object.state)]);
  return [...object.bindings.values()].map(({ property, read }) => [property, read(object.state)]);
}

/** Calls about properties and blobs. */
export const propertyIoctls = (device: KmsDevice): DrmIoctl[] => [
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_GETPROPERTY, ({ task }, argument) => {
    const property = lookup(device, argument.prop_id, Property);
    argument.name = property.name;
    argument.flags = property.flags;
    argument.count_values = giveArray(task, u64, property.values, argument.count_values, argument.values_ptr);
    giveEntries(task, property.entries.slice(0, argument.count_enum_blobs), argument.enum_blob_ptr);
    argument.count_enum_blobs = property.entries.length;
  }),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_OBJ_GETPROPERTIES, ({ task, file }, argument) => {
    const object = objectOfType(device, file, argument.obj_id, argument.obj_type);
    const properties = visibleProperties(device, file, object);
    const room = argument.count_props;
    const names = properties.map(([property]) => property.id);
    const values = properties.map(([, value]) => value);
    argument.count_props = giveArray(task, u32, names, room, argument.props_ptr);
    giveArray(task, u64, values, room, argument.prop_values_ptr);
  }),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_OBJ_SETPROPERTY, (call, { obj_id, obj_type, prop_id, value }) => {
    const object = objectOfType(device, call.file, obj_id, obj_type);
    return setLegacy(device, call, object, prop_id, value);
  }),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_SETPROPERTY, (call, { connector_id, prop_id, value }) =>
    setLegacy(device, call, lookupFor(device, call.file, connector_id, Connector), prop_id, value),
  ),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_CREATEPROPBLOB, ({ file, task }, argument) => {
    const { blobs } = device.client(file);
    blobs.checkLength(argument.length);
    argument.blob_id = blobs.create(task.memory.copyFromUser(argument.data, argument.length)).id;
  }),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_DESTROYPROPBLOB, ({ file }, { blob_id }) =>
    device.client(file).blobs.destroy(blob_id),
  ),
  drmIoctl(modeIoctls.DRM_IOCTL_MODE_GETPROPBLOB, ({ task }, argument) => {
    const { bytes } = lookup(device, argument.blob_id, Blob);
    if (argument.length === bytes.length) task.memory.copyToUser(argument.data, bytes);
    argument.length = bytes.length;
  }),
];

function giveEntries(task: Task, entries: readonly EnumEntry[], address: bigint): void {
  const { size } = drm_mode_property_enum;
  const bytes = new Uint8Array(entries.length * size);
  const view = new DataView(bytes.buffer);
  for (const [index, [name, value]] of entries.entries())
    drm_mode_property_enum.write(view, index * size, { name, value: BigInt(value) });
  if (entries.length > 0) task.memory.copyToUser(address, bytes);
}

/** ENOENT for an unknown id or one of another type, EINVAL for an object without properties. */
function objectOfType(device: KmsDevice, file: DrmFile, id: number, type: number): LeasedObject {
  const any = device.objects.any(id);
  if (!any || (type !== 0 && OBJECT_TYPE[any.kind] !== type))
    throw new KernelError('ENOENT', `there is no object ${id} of type 0x${type.toString(16)}`);
  require(any.kind === 'plane' ||
    any.kind === 'crtc' ||
    any.kind === 'connector', 'EINVAL', `a ${any.kind} has no properties`);
  return findObject(device, file, id);
}

/**
 * `drm_mode_obj_set_property_ioctl`: EINVAL for a property that the object has not, or a value that is none. DPMS is
 * the legacy way to set ACTIVE; properties for atomic clients may be set as well.
 */
function setLegacy(
  device: KmsDevice,
  call: DrmCall,
  object: Plane | Crtc | Connector,
  id: number,
  value: bigint,
): Sleeping<void> {
  const property = object.bindings.get(id)?.property;
  if (!property) throw new KernelError('EINVAL', `${object.name} has no property ${id}`);
  if (property === device.properties.dpms && object instanceof Connector)
    return setDpms(device, call, object, value);
  property.validate(value, device.objects);
  return legacyCommit(device, call, { change: request => setProperty(request, object, id, value) });
}

/** `drm_atomic_connector_commit_dpms`; values that are none are taken for Off, as Linux does. */
function* setDpms(device: KmsDevice, call: DrmCall, connector: Connector, value: bigint): Sleeping<void> {
  const on = value === 0n;
  const change: LegacyChange = ({ state }) => {
    const { crtc } = state.connector(connector);
    if (!crtc) return;
    const others = state.connectorsOn(crtc).some(other => other !== connector && other.dpms === 0);
    state.crtc(crtc).active = on || others;
  };
  yield* legacyCommit(device, call, { change });
  connector.dpms = on ? 0 : 3;
}
