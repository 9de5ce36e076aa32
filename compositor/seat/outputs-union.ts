// Keeps a point where it can be seen.
import type { Point } from '../scene/region.ts';
import type { Scene } from '../scene/scene.ts';

/** The place nearest to a point that some output shows; the point itself without outputs. */
export function nearestShown(scene: Scene, point: Point): Point {
  let nearest = point;
  let least = Number.POSITIVE_INFINITY;
  for (const { geometry } of scene.outputs) {
    const x = within(point.x, geometry.x, geometry.width);
    const y = within(point.y, geometry.y, geometry.height);
    const distance = (x - point.x) ** 2 + (y - point.y) ** 2;
    if (distance >= least) continue;
    least = distance;
    nearest = { x, y };
  }
  return nearest;
}

/** The smallest step that wl_fixed can tell. */
const STEP = 1 / 256;

/** The right and lower edges belong to no pixel of an output. */
const within = (value: number, start: number, length: number): number =>
  Math.max(start, Math.min(value, start + length - STEP));
