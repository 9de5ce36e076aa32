import {
  DRM_MODE_ROTATE_0,
  type DRM_PLANE_TYPE_CURSOR,
  type DRM_PLANE_TYPE_OVERLAY,
  type DRM_PLANE_TYPE_PRIMARY,
} from '../../../../protocol/uapi/drm-mode.ts';
import type { Fence } from '../../sync/fence.ts';
import type { PropertyBinding } from './binding.ts';
import type { Blob } from './blob.ts';
import type { Crtc } from './crtc.ts';
import type { CrtcCommit } from './crtc-commit.ts';
import type { Framebuffer } from './framebuffer.ts';
import { ModesetLock } from './lock.ts';
import type { ModeObject, ObjectTable } from './mode-object.ts';

export type PlaneType =
  | typeof DRM_PLANE_TYPE_OVERLAY
  | typeof DRM_PLANE_TYPE_PRIMARY
  | typeof DRM_PLANE_TYPE_CURSOR;

/** Values of `pixel blend mode`. */
export const BLEND_PREMULTIPLIED = 0;
export const BLEND_COVERAGE = 1;
export const BLEND_PIXEL_NONE = 2;

/** A plane's state while a request builds it; frozen once it is current. Source coordinates are 16.16 fixed point. */
export interface PlaneDraft {
  crtc: Crtc | null;
  fb: Framebuffer | null;
  crtcX: number;
  crtcY: number;
  crtcW: number;
  crtcH: number;
  srcX: number;
  srcY: number;
  srcW: number;
  srcH: number;
  rotation: number;
  /** 0 to 0xffff. */
  alpha: number;
  blend: number;
  zpos: number;
  colorEncoding: number;
  colorRange: number;
  /** Of one commit alone: what it waits for instead of the buffers' own fences. */
  inFence: Fence | null;
  /** Of one commit alone. */
  damage: Blob | null;
}

export type PlaneState = Readonly<PlaneDraft>;

/** Where a plane is that a legacy call has switched off (`__drm_atomic_helper_disable_plane`). */
export const NOWHERE = {
  crtcX: 0,
  crtcY: 0,
  crtcW: 0,
  crtcH: 0,
  srcX: 0,
  srcY: 0,
  srcW: 0,
  srcH: 0,
} as const satisfies Partial<PlaneDraft>;

export interface PlaneOptions {
  type: PlaneType;
  /** Mask of CRTC indices. */
  possibleCrtcs: number;
  formats: readonly number[];
  /** Least and greatest destination size by source size; 1 and 1: cannot scale. */
  scale: { readonly least: number; readonly greatest: number };
  zpos: number;
}

/** A plane (`struct drm_plane`). */
export class Plane implements ModeObject {
  readonly kind = 'plane';
  readonly id: number;
  readonly options: PlaneOptions;
  readonly lock = new ModesetLock();
  readonly bindings = new Map<number, PropertyBinding<PlaneDraft>>();
  state: PlaneState;
  /** The last commit that it was part of. */
  commit: CrtcCommit | null = null;

  constructor(objects: ObjectTable, options: PlaneOptions) {
    this.id = objects.reserve();
    this.options = options;
    this.state = Object.freeze(initialPlaneState(options.zpos));
    objects.add(this);
  }

  get name(): string {
    return `plane ${this.id} (${['overlay', 'primary', 'cursor'][this.options.type]})`;
  }
}

const initialPlaneState = (zpos: number): PlaneDraft => ({
  crtc: null,
  fb: null,
  ...NOWHERE,
  rotation: DRM_MODE_ROTATE_0,
  alpha: 0xffff,
  blend: BLEND_PREMULTIPLIED,
  zpos,
  colorEncoding: 0,
  colorRange: 0,
  inFence: null,
  damage: null,
});

/** `drm_atomic_helper_plane_duplicate_state`: what belongs to one commit is not taken over. */
export const duplicatePlane = (state: PlaneState): PlaneDraft => ({ ...state, inFence: null, damage: null });
