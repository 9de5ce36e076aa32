// A commit is a value: what wl_surface.commit makes of the pending state.
import type { Nanoseconds } from '../machine/machine.ts';
import type { BufferUse } from './buffer-use.ts';
import type { LayerState } from './layer-surface.ts';
import type { Output } from './outputs.ts';
import { type Point, type Rect, Region, type Size } from './region.ts';
import type { Subsurface } from './subsurface.ts';
import type { Transform } from './transform.ts';

/** wl_surface.frame. */
export interface FrameCallback {
  /** `time` is in milliseconds with an undefined base, modulo 2^32. Reaches the client after the releases of the same turn. */
  done(time: number): void;
  /** Never to be done: the surface is gone, or the commit was given up. */
  cancel?(): void;
}

/** What the kernel said about the flip that showed a commit. */
export interface Presentation {
  readonly output: Output;
  /** Of the vblank, CLOCK_MONOTONIC. */
  readonly time: Nanoseconds;
  /** Of one refresh; 0 when it is not constant. */
  readonly refresh: Nanoseconds;
  /** The vblank counter (MSC). */
  readonly sequence: bigint;
  /** wp_presentation_feedback.kind bits. */
  readonly flags: number;
}

/** wp_presentation.feedback. Exactly one of the two is called, once. */
export interface PresentationFeedback {
  presented(presentation: Presentation): void;
  discarded(): void;
}

/** wp_viewport. Null is unset. */
export interface Viewport {
  /** In surface coordinates of the buffer (after transform and scale), in steps of 1/256. */
  readonly source: Rect | null;
  readonly destination: Size | null;
}

/** A subsurface where its parent puts it, in the parent's surface coordinates. */
export interface ChildPlacement extends Point {
  readonly subsurface: Subsurface;
}

/** What `zwp_pointer_constraints_v1` double-buffers with the surface. */
export interface PointerConstraintState {
  /** The constraint that it belongs to. */
  readonly owner: object;
  /** Surface coordinates; null: the whole surface. */
  readonly region: Region | null;
  /** Where the client shows its own cursor, in surface coordinates. */
  readonly hint: Point | null;
}

export type RoleState =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'xdg';
      /** xdg_surface.set_window_geometry; null means the whole surface with its subsurfaces. */
      readonly geometry: Rect | null;
      /** The newest configure that was acknowledged before this commit. */
      readonly acknowledged: number | null;
      /** 0 means no limit. */
      readonly minimum: Size;
      readonly maximum: Size;
    }
  | LayerState;

/**
 * One commit, frozen. Buffer, damage, offset, callbacks and feedback are what this commit brought; the rest is the
 * whole state as of this commit.
 */
export interface SurfaceCommit {
  /** Counts the commits of a surface, from 1. */
  readonly sequence: number;
  /** When the request came. */
  readonly time: Nanoseconds;
  /** The attached buffer; null removes the content, undefined leaves it as it is. */
  readonly attached: BufferUse | null | undefined;
  /** The size of the content after this commit, in buffer pixels; null without content. */
  readonly bufferSize: Size | null;
  /** Surface and buffer damage together, in buffer coordinates, clipped to the buffer. */
  readonly bufferDamage: Region;
  /** How far the surface's origin moves against the previous commit (wl_surface.offset). */
  readonly offset: Point;
  readonly transform: Transform;
  readonly scale: number;
  readonly viewport: Viewport;
  /** Surface coordinates. */
  readonly opaque: Region;
  /** Surface coordinates; null is everywhere. */
  readonly input: Region | null;
  readonly frameCallbacks: readonly FrameCallback[];
  readonly feedback: readonly PresentationFeedback[];
  /** Children from the lowest to the highest, those below the surface and those above it. */
  readonly below: readonly ChildPlacement[];
  readonly above: readonly ChildPlacement[];
  /** `hdr_output_metadata` of the content, bytes that never change; null: it is SDR. */
  readonly hdrMetadata: Uint8Array | null;
  readonly pointerConstraint: PointerConstraintState | null;
  readonly role: RoleState;
}

/** The state that is shown: the sum of the commits applied so far. */
export interface SurfaceState
  extends Omit<SurfaceCommit, 'attached' | 'bufferDamage' | 'offset' | 'frameCallbacks' | 'feedback'> {
  /** The content, held by the surface; null when there is none. */
  readonly content: BufferUse | null;
  /** In surface coordinates; 0x0 without content. */
  readonly size: Size;
}

export const NO_SIZE: Size = { width: 0, height: 0 };
export const NO_VIEWPORT: Viewport = { source: null, destination: null };

export const INITIAL_STATE: SurfaceState = {
  sequence: 0,
  time: 0n,
  content: null,
  bufferSize: null,
  size: NO_SIZE,
  transform: 0,
  scale: 1,
  viewport: NO_VIEWPORT,
  opaque: Region.empty,
  input: null,
  below: [],
  above: [],
  hdrMetadata: null,
  pointerConstraint: null,
  role: { kind: 'none' },
};
