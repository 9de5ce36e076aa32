// Keeps a point where it can be seen.
import type { Point, Rect } from '../scene/region.ts';
import type { Scene } from '../scene/scene.ts';

/**
 * Where something comes to on its way from one place to another: there, if an output shows that place, or else as far as
 * the output goes that it comes from. From nowhere it is the nearest place that some output shows; the place itself
 * without outputs.
 */
export function nearestShown(scene: Scene, to: Point, from: Point | null = null): Point {
  if (scene.outputs.some(({ geometry }) => contains(geometry, to))) return to;
  const current = from && scene.outputs.find(({ geometry }) => contains(geometry, from));
  if (current) return inside(current.geometry, to);
  let nearest = to;
  let least = Number.POSITIVE_INFINITY;
  for (const { geometry } of scene.outputs) {
    const { x, y } = inside(geometry, to);
    const distance = (x - to.x) ** 2 + (y - to.y) ** 2;
    if (distance >= least) continue;
    least = distance;
    nearest = { x, y };
  }
  return nearest;
}

/** The smallest step that wl_fixed can tell. */
const STEP = 1 / 256;

const contains = ({ x, y, width, height }: Rect, point: Point): boolean =>
  point.x >= x && point.y >= y && point.x <= x + width - STEP && point.y <= y + height - STEP;

const inside = ({ x, y, width, height }: Rect, point: Point): Point => ({
  x: within(point.x, x, width),
  y: within(point.y, y, height),
});

/** The right and lower edges belong to no pixel of an output. */
const within = (value: number, start: number, length: number): number =>
  Math.max(start, Math.min(value, start + length - STEP));
