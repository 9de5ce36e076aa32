import {
  DRM_MODE_PROP_ATOMIC,
  DRM_MODE_PROP_BITMASK,
  DRM_MODE_PROP_BLOB,
  DRM_MODE_PROP_ENUM,
  DRM_MODE_PROP_IMMUTABLE,
  DRM_MODE_PROP_OBJECT,
  DRM_MODE_PROP_RANGE,
  DRM_MODE_PROP_SIGNED_RANGE,
} from '../../../../protocol/uapi/drm-mode.ts';
import { KernelError } from '../../task/kernel-error.ts';
import { type ModeObject, OBJECT_TYPE, type ObjectKind, type ObjectTable } from './mode-object.ts';

/** A name and its value; in a bitmask the value is the number of a bit. */
export type EnumEntry = readonly [name: string, value: number];

export type PropertyType =
  | { readonly kind: 'range'; readonly minimum: bigint; readonly maximum: bigint }
  | { readonly kind: 'signed range'; readonly minimum: bigint; readonly maximum: bigint }
  | { readonly kind: 'enum'; readonly entries: readonly EnumEntry[] }
  | { readonly kind: 'bitmask'; readonly entries: readonly EnumEntry[] }
  | { readonly kind: 'blob' }
  | { readonly kind: 'object'; readonly of: ObjectKind };

/** Who a property shows itself to, besides everybody. */
export type PropertyAudience = 'everybody' | 'atomic' | 'histogram';

export interface PropertyOptions {
  immutable?: boolean;
  /** Atomic properties are hidden from clients without the ATOMIC capability; histogram ones need their own. */
  audience?: PropertyAudience;
}

const TYPE_FLAG = {
  range: DRM_MODE_PROP_RANGE,
  'signed range': DRM_MODE_PROP_SIGNED_RANGE,
  enum: DRM_MODE_PROP_ENUM,
  bitmask: DRM_MODE_PROP_BITMASK,
  blob: DRM_MODE_PROP_BLOB,
  object: DRM_MODE_PROP_OBJECT,
} as const;

/** A property of a device; the objects it is attached to hold the values (`drivers/gpu/drm/drm_property.c`). */
export class Property implements ModeObject {
  readonly kind = 'property';
  readonly id: number;
  readonly name: string;
  readonly type: PropertyType;
  readonly immutable: boolean;
  readonly audience: PropertyAudience;

  constructor(objects: ObjectTable, name: string, type: PropertyType, options: PropertyOptions = {}) {
    this.id = objects.reserve();
    this.name = name;
    this.type = type;
    this.immutable = options.immutable ?? false;
    this.audience = options.audience ?? 'everybody';
    objects.add(this);
  }

  get flags(): number {
    const atomic = this.audience === 'everybody' ? 0 : DRM_MODE_PROP_ATOMIC;
    return (TYPE_FLAG[this.type.kind] | (this.immutable ? DRM_MODE_PROP_IMMUTABLE : 0) | atomic) >>> 0;
  }

  /** The `values` that GETPROPERTY reports. */
  get values(): readonly bigint[] {
    return valuesOf(this.type);
  }

  get entries(): readonly EnumEntry[] {
    return this.type.kind === 'enum' || this.type.kind === 'bitmask' ? this.type.entries : [];
  }

  /**
   * `drm_property_change_valid_get`: EINVAL for a value that the type does not know and for immutable properties. A
   * value is a u64; signed ranges compare all 64 bits.
   */
  validate(value: bigint, objects: ObjectTable): void {
    if (this.immutable) throw new KernelError('EINVAL', `${this.name} is immutable`);
    if (!this.#accepts(value, objects))
      throw new KernelError(
        'EINVAL',
        `0x${value.toString(16)} is no value of ${this.name}: ${this.#expected()}`,
      );
  }

  #accepts(value: bigint, objects: ObjectTable): boolean {
    const type = this.type;
    switch (type.kind) {
      case 'range':
        return value >= type.minimum && value <= type.maximum;
      case 'signed range': {
        const signed = BigInt.asIntN(64, value);
        return signed >= type.minimum && signed <= type.maximum;
      }
      case 'enum':
        return type.entries.some(([, known]) => BigInt(known) === value);
      case 'bitmask':
        return (value & ~type.entries.reduce((mask, [, bit]) => mask | (1n << BigInt(bit)), 0n)) === 0n;
      case 'blob':
        return value === 0n || isObject(objects, value, 'blob');
      case 'object':
        return value === 0n || isObject(objects, value, type.of);
    }
  }

  #expected(): string {
    const type = this.type;
    switch (type.kind) {
      case 'range':
      case 'signed range':
        return `${type.minimum} to ${type.maximum} are expected`;
      case 'enum':
        return `one of ${type.entries.map(([name, known]) => `${known} (${name})`).join(', ')} is expected`;
      case 'bitmask':
        return `bits ${type.entries.map(([name, bit]) => `${bit} (${name})`).join(', ')} are known`;
      case 'blob':
        return '0 or the id of a blob is expected';
      case 'object':
        return `0 or the id of a ${type.of} is expected`;
    }
  }
}

function valuesOf(type: PropertyType): readonly bigint[] {
  switch (type.kind) {
    case 'range':
    case 'signed range':
      return [BigInt.asUintN(64, type.minimum), BigInt.asUintN(64, type.maximum)];
    case 'enum':
    case 'bitmask':
      return type.entries.map(([, value]) => BigInt(value));
    case 'object':
      return [BigInt(OBJECT_TYPE[type.of])];
    case 'blob':
      return [];
  }
}

function isObject(objects: ObjectTable, value: bigint, kind: ObjectKind): boolean {
  return value <= 0xffffffffn && objects.any(Number(value))?.kind === kind;
}

export const range = (minimum: bigint, maximum: bigint): PropertyType => ({
  kind: 'range',
  minimum,
  maximum,
});
export const signedRange = (minimum: bigint, maximum: bigint): PropertyType => ({
  kind: 'signed range',
  minimum,
  maximum,
});
export const boolean = (): PropertyType => range(0n, 1n);
export const address = (): PropertyType => range(0n, 0xffff_ffff_ffff_ffffn);
export const enumeration = (...entries: EnumEntry[]): PropertyType => ({ kind: 'enum', entries });
export const bitmask = (...entries: EnumEntry[]): PropertyType => ({ kind: 'bitmask', entries });
export const blob = (): PropertyType => ({ kind: 'blob' });
export const object = (of: ObjectKind): PropertyType => ({ kind: 'object', of });
