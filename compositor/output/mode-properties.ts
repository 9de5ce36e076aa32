// Properties of mode setting objects, by name.
import {
  DRM_MODE_PROP_BITMASK,
  DRM_MODE_PROP_BLOB,
  DRM_MODE_PROP_ENUM,
  DRM_MODE_PROP_EXTENDED_TYPE,
  type drm_mode_modeinfo,
  modeIoctls,
} from '../../protocol/uapi/drm-mode.ts';
import type { Struct, UserResult } from '../../protocol/uapi/struct.ts';
import type { Task } from '../kernel/task/index.ts';

export interface ModeProperty {
  readonly id: number;
  /** As it was when the device was opened. */
  readonly value: bigint;
  /** Values of an enumeration, by name. */
  readonly values: ReadonlyMap<string, bigint>;
}

/** A CRTC, plane or connector. */
export interface ModeObject {
  readonly id: number;
  readonly properties: ReadonlyMap<string, ModeProperty>;
}

/** The property, which this compositor cannot do without. */
export function propertyOf(object: ModeObject, name: string): ModeProperty {
  const property = object.properties.get(name);
  if (!property)
    throw new Error(
      `object ${object.id} has no property ${name}; it has ${[...object.properties.keys()].join(', ')}`,
    );
  return property;
}

/** Reads the properties of an object of a DRM_MODE_OBJECT_ type. Throws a KernelError. */
export function readModeObject(task: Task, card: number, id: number, type: number): ModeObject {
  const call = modeIoctls.DRM_IOCTL_MODE_OBJ_GETPROPERTIES;
  const { count_props } = task.call(card, call, { obj_id: id, obj_type: type });
  const filled = task.call(card, call, {
    obj_id: id,
    obj_type: type,
    props_ptr: { length: count_props },
    prop_values_ptr: { length: count_props },
  });
  const values = listOf(filled.prop_values_ptr);
  const properties = new Map<string, ModeProperty>();
  for (const [at, property] of listOf(filled.props_ptr).entries()) {
    const { name, ...rest } = readProperty(task, card, property, values[at]!);
    properties.set(name, rest);
  }
  return { id, properties };
}

function readProperty(task: Task, card: number, id: number, value: bigint): ModeProperty & { name: string } {
  const call = modeIoctls.DRM_IOCTL_MODE_GETPROPERTY;
  const { name, flags, count_enum_blobs } = task.call(card, call, { prop_id: id });
  const extended = (flags & DRM_MODE_PROP_EXTENDED_TYPE) !== 0;
  const named =
    !extended &&
    (flags & (DRM_MODE_PROP_ENUM | DRM_MODE_PROP_BITMASK)) !== 0 &&
    (flags & DRM_MODE_PROP_BLOB) === 0;
  if (!named) return { id, name, value, values: new Map() };
  const { enum_blob_ptr } = task.call(card, call, {
    prop_id: id,
    enum_blob_ptr: { length: count_enum_blobs },
  });
  const values = new Map(listOf(enum_blob_ptr).map(entry => [entry.name, entry.value]));
  return { id, name, value, values };
}

/** The content of a property blob. Throws a KernelError. */
export function readBlob(task: Task, card: number, id: bigint): Uint8Array {
  const call = modeIoctls.DRM_IOCTL_MODE_GETPROPBLOB;
  const { length } = task.call(card, call, { blob_id: Number(id) });
  const { data } = task.call(card, call, { blob_id: Number(id), length, data: new Uint8Array(length) });
  return data instanceof Uint8Array ? data : new Uint8Array(0);
}

/** A typed ioctl's list, which is an array when one was given. */
export function listOf<T>(list: readonly T[] | bigint | null): readonly T[] {
  return typeof list === 'bigint' || list === null ? [] : list;
}

export type ModeInfo = UserResult<typeof drm_mode_modeinfo>;

/** Exact length of one refresh of a mode, in nanoseconds: `clock` is in kHz. */
export const refreshOf = ({ htotal, vtotal, clock }: ModeInfo): bigint =>
  clock === 0
    ? 16_666_667n
    : (BigInt(htotal) * BigInt(vtotal) * 1_000_000n + BigInt(clock) / 2n) / BigInt(clock);

/** The bytes of a struct of the UAPI. */
export function bytesOf<S extends Struct>(struct: S, value: Parameters<S['write']>[2]): Uint8Array {
  const bytes = new Uint8Array(struct.size);
  struct.write(new DataView(bytes.buffer), 0, value);
  return bytes;
}
