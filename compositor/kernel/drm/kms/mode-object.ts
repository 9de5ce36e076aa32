import {
  DRM_MODE_OBJECT_BLOB,
  DRM_MODE_OBJECT_CONNECTOR,
  DRM_MODE_OBJECT_CRTC,
  DRM_MODE_OBJECT_ENCODER,
  DRM_MODE_OBJECT_FB,
  DRM_MODE_OBJECT_PLANE,
  DRM_MODE_OBJECT_PROPERTY,
} from '../../../../protocol/uapi/drm-mode.ts';

/** The numbers by which userspace names the kinds. */
export const OBJECT_TYPE = {
  crtc: DRM_MODE_OBJECT_CRTC,
  connector: DRM_MODE_OBJECT_CONNECTOR,
  encoder: DRM_MODE_OBJECT_ENCODER,
  property: DRM_MODE_OBJECT_PROPERTY,
  fb: DRM_MODE_OBJECT_FB,
  blob: DRM_MODE_OBJECT_BLOB,
  plane: DRM_MODE_OBJECT_PLANE,
} as const;

export type ObjectKind = keyof typeof OBJECT_TYPE;

export interface ModeObject {
  readonly kind: ObjectKind;
  readonly id: number;
}

/** The ids of one device: lowest free first, from 1 (`drivers/gpu/drm/drm_mode_object.c`). */
export class ObjectTable {
  readonly #objects = new Map<number, ModeObject | 'reserved'>();
  #lowestFree = 1;

  /** Takes an id for an object that is being made. */
  reserve(): number {
    let id = this.#lowestFree;
    while (this.#objects.has(id)) id++;
    this.#objects.set(id, 'reserved');
    this.#lowestFree = id + 1;
    return id;
  }

  add(object: ModeObject): void {
    this.#objects.set(object.id, object);
  }

  remove(id: number): void {
    this.#objects.delete(id);
    if (id < this.#lowestFree) this.#lowestFree = id;
  }

  /** Ids of all objects there are, lowest first. */
  get ids(): number[] {
    const known = [...this.#objects].filter(([, object]) => object !== 'reserved');
    return known.map(([id]) => id).sort((a, b) => a - b);
  }

  /** The object of any kind, or null. */
  any(id: number): ModeObject | null {
    const object = this.#objects.get(id);
    return object === undefined || object === 'reserved' ? null : object;
  }

  /** The object if it is of the class, or null. */
  find<T extends ModeObject>(id: number, type: abstract new (...args: never[]) => T): T | null {
    const object = this.any(id);
    return object instanceof type ? object : null;
  }
}
