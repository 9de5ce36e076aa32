// What a page has not been shown yet: rectangles, few enough to be worth their headers.
import { MOST_RECTS, type Rect } from '../stream/frame.ts';

const area = ({ width, height }: Rect): number => width * height;

const contains = (outer: Rect, inner: Rect): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

function joined(one: Rect, other: Rect): Rect {
  const x = Math.min(one.x, other.x);
  const y = Math.min(one.y, other.y);
  const right = Math.max(one.x + one.width, other.x + other.width);
  const bottom = Math.max(one.y + one.height, other.y + other.height);
  return { x, y, width: right - x, height: bottom - y };
}

/** Adds rectangles to a list; those that cost no more together than apart become one, and so do all when there are too many. */
export function withDamage(known: readonly Rect[], more: readonly Rect[]): readonly Rect[] {
  const rects = [...known];
  for (const rect of more) add(rects, rect);
  return rects.length <= MOST_RECTS ? rects : [rects.reduce(joined)];
}

function add(rects: Rect[], added: Rect): void {
  if (added.width <= 0 || added.height <= 0) return;
  let rect = added;
  for (let index = 0; index < rects.length; ) {
    const other = rects[index]!;
    if (contains(other, rect)) return;
    const both = joined(other, rect);
    if (area(both) > area(other) + area(rect)) {
      index++;
      continue;
    }
    // What has grown may now meet those that were passed.
    rects.splice(index, 1);
    rect = both;
    index = 0;
  }
  rects.push(rect);
}
