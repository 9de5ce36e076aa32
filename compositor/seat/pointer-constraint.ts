// Where a constrained pointer may go.
import type { Point, Rect, Region } from '../scene/region.ts';

/** How far inside the right and lower edge a pointer stays: the smallest step of Wayland's fixed point. */
const STEP = 1 / 256;

/**
 * The place in `region` that is nearest to `to`, which is `to` itself where it lies inside. Null for an empty region.
 * All in the same coordinates.
 */
export function nearestInside(region: Region, to: Point): Point | null {
  let best: Point | null = null;
  let distance = Number.POSITIVE_INFINITY;
  for (const { x, y, width, height } of region.rects) {
    const inside = {
      x: Math.max(x, Math.min(to.x, x + width - STEP)),
      y: Math.max(y, Math.min(to.y, y + height - STEP)),
    };
    const away = (inside.x - to.x) ** 2 + (inside.y - to.y) ** 2;
    if (away >= distance) continue;
    best = inside;
    distance = away;
  }
  return best;
}

/** Whether the place lies in the region. */
export const contains = (region: Region, point: Point): boolean =>
  region.rects.some(rect => isIn(rect, point));

const isIn = (rect: Rect, { x, y }: Point): boolean =>
  x >= rect.x && y >= rect.y && x < rect.x + rect.width && y < rect.y + rect.height;

/** As far from `from`, which is inside, towards `to` as the region goes on: along its edges, and over none of its gaps. */
export function confine(region: Region, from: Point, to: Point): Point {
  const x = slide(region, from, 'x', to.x);
  return { x, y: slide(region, { x, y: from.y }, 'y', to.y) };
}

/** One coordinate, while the other one stays. */
function slide(region: Region, from: Point, axis: 'x' | 'y', target: number): number {
  const step = target > from[axis] ? 0 : -STEP;
  let at = from;
  for (let crossed = 0; crossed <= region.rects.length; crossed++) {
    const rect = region.rects.find(candidate => isIn(candidate, at));
    if (!rect) break;
    const start = rect[axis];
    const end = start + (axis === 'x' ? rect.width : rect.height);
    if (target >= start && target < end) return target;
    const edge = step === 0 ? end : start;
    const beyond = axis === 'x' ? { x: edge + step, y: at.y } : { x: at.x, y: edge + step };
    if (!contains(region, beyond)) return step === 0 ? end - STEP : start;
    at = beyond;
  }
  return at[axis];
}
