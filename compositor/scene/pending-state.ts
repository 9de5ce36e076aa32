// What the requests of a surface stash until wl_surface.commit.
import type { Nanoseconds } from '../machine/machine.ts';
import type { BufferUse } from './buffer-use.ts';
import { type Point, Region, type Size } from './region.ts';
import { damageInBuffer } from './surface-geometry.ts';
import {
  type ChildPlacement,
  type FrameCallback,
  NO_VIEWPORT,
  type PointerConstraintState,
  type PresentationFeedback,
  type RoleState,
  type SurfaceCommit,
  type Viewport,
} from './surface-state.ts';
import type { Transform } from './transform.ts';

/** Beyond this many rectangles a commit's damage is their bounds. */
export const DAMAGE_LIMIT = 64;
const ORIGIN: Point = { x: 0, y: 0 };

/** What `PendingState.take` needs to know of the commit itself. */
export interface CommitContext {
  readonly sequence: number;
  readonly time: Nanoseconds;
  /** As in SurfaceCommit. */
  readonly attached: BufferUse | null | undefined;
  readonly bufferSize: Size | null;
}

/** Mutable; the regions and lists in it are values. */
export class PendingState {
  surfaceDamage = Region.empty;
  bufferDamage = Region.empty;
  offset: Point = ORIGIN;
  transform: Transform = 0;
  scale = 1;
  viewport: Viewport = NO_VIEWPORT;
  opaque = Region.empty;
  input: Region | null = null;
  frameCallbacks: FrameCallback[] = [];
  feedback: PresentationFeedback[] = [];
  below: readonly ChildPlacement[] = [];
  above: readonly ChildPlacement[] = [];
  hdrMetadata: Uint8Array | null = null;
  pointerConstraint: PointerConstraintState | null = null;
  role: RoleState = { kind: 'none' };

  damageSurface(damage: Region): void {
    this.surfaceDamage = this.surfaceDamage.union(damage).simplified(DAMAGE_LIMIT);
  }

  damageBuffer(damage: Region): void {
    this.bufferDamage = this.bufferDamage.union(damage).simplified(DAMAGE_LIMIT);
  }

  /** Makes the pending state one frozen commit; what belongs to one commit alone starts anew. */
  take(context: CommitContext): SurfaceCommit {
    const commit: SurfaceCommit = Object.freeze({
      sequence: context.sequence,
      time: context.time,
      attached: context.attached,
      bufferSize: context.bufferSize,
      bufferDamage: damageInBuffer(this, context.bufferSize),
      offset: this.offset,
      transform: this.transform,
      scale: this.scale,
      viewport: this.viewport,
      opaque: this.opaque,
      input: this.input,
      frameCallbacks: this.frameCallbacks,
      feedback: this.feedback,
      below: this.below,
      above: this.above,
      hdrMetadata: this.hdrMetadata,
      pointerConstraint: this.pointerConstraint,
      role: this.role,
    });
    this.surfaceDamage = Region.empty;
    this.bufferDamage = Region.empty;
    this.offset = ORIGIN;
    this.frameCallbacks = [];
    this.feedback = [];
    return commit;
  }
}
