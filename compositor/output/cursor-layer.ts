// The cursor as one output shows it: a layer in its own pixels, or nothing.
import type { Cursor } from '../scene/cursor.ts';
import type { OutputInfo } from '../scene/outputs.ts';
import { intersectRects, type Rect, Region, rectsEqual } from '../scene/region.ts';
import { isDrawable, type SceneLayer, surfaceSource } from './layers.ts';
import type { OwnContent } from './own-content.ts';

/** Null when nothing of it is on the output. Throws a KernelError when there is no memory for a named cursor. */
export function cursorLayer(output: OutputInfo, cursor: Cursor | null, own: OwnContent): SceneLayer | null {
  if (!cursor) return null;
  const { content } = cursor;
  if (content.kind === 'shape') {
    const { use, width, height, hotspot } = own.cursor(content.shape);
    const destination = placeOn(output, { ...cursor, hotspot }, { width, height });
    if (!destination) return null;
    return {
      surface: null,
      state: null,
      use,
      label: use.buffer.label,
      source: { x: 0, y: 0, width, height },
      destination,
      transform: 0,
      opaque: Region.empty,
    };
  }
  const { surface } = content;
  const { state } = surface;
  if (!state.content) return null;
  const destination = placeOn(output, cursor, state.size);
  if (!destination) return null;
  const use = state.content;
  return {
    surface,
    state,
    use,
    label: surface.label,
    ...surfaceSource(state, use.buffer),
    destination,
    opaque: Region.empty,
  };
}

/** Its size does not depend on where it lies, or it would quiver on its way over a scaled output. */
function placeOn(
  { geometry, scale, mode }: OutputInfo,
  { position, hotspot }: Pick<Cursor, 'position' | 'hotspot'>,
  size: { readonly width: number; readonly height: number },
): Rect | null {
  const place = {
    x: Math.round((position.x - hotspot.x - geometry.x) * scale),
    y: Math.round((position.y - hotspot.y - geometry.y) * scale),
    width: Math.round(size.width * scale),
    height: Math.round(size.height * scale),
  };
  return isDrawable(place) && intersectRects(place, { x: 0, y: 0, ...mode }) ? place : null;
}

/** The same pixels, wherever they lie. */
export const sameCursorImage = (a: SceneLayer, b: SceneLayer): boolean =>
  a.use === b.use &&
  a.transform === b.transform &&
  rectsEqual(a.source, b.source) &&
  a.destination.width === b.destination.width &&
  a.destination.height === b.destination.height;

/** What changes on the screen when one follows the other, in pixels of the output. */
export function cursorDamage(before: SceneLayer | null, now: SceneLayer | null): Region {
  const same =
    before === now ||
    (before && now && sameCursorImage(before, now) && rectsEqual(before.destination, now.destination));
  if (same) return Region.empty;
  return [before, now].reduce(
    (all, layer) => (layer ? all.union(Region.of(layer.destination)) : all),
    Region.empty,
  );
}
