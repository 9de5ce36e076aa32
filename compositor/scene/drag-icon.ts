// The picture that follows the pointer during a drag.
import type { Point } from './region.ts';
import type { Surface } from './surface.ts';

/** A value: a new place is a new one. */
export interface DragIcon {
  readonly kind: 'drag-icon';
  readonly surface: Surface;
  /** Where the surface's origin goes before its own offsets, in the global space: the place of the pointer. */
  readonly position: Point;
}
