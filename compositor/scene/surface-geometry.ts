// From buffer pixels to surface coordinates and back: buffer transform, buffer scale, viewport.
import { intersectRects, type Rect, Region, type Size } from './region.ts';
import type { Viewport } from './surface-state.ts';
import { invert, type Transform, transformRect, transformSize } from './transform.ts';

/** The part of a state that maps a buffer to its surface. */
export interface BufferMapping {
  readonly transform: Transform;
  readonly scale: number;
  readonly viewport: Viewport;
}

/** The buffer after transform and scale, before the viewport: what wp_viewport.set_source is measured in. */
export function contentSize(mapping: BufferMapping, buffer: Size): Size {
  const turned = transformSize(buffer, mapping.transform);
  return { width: turned.width / mapping.scale, height: turned.height / mapping.scale };
}

/** The surface's size; with a viewport source and no destination, that of the source (which has to be whole). */
export function surfaceSize(mapping: BufferMapping, buffer: Size | null): Size {
  if (!buffer) return { width: 0, height: 0 };
  const { destination, source } = mapping.viewport;
  if (destination) return destination;
  if (source) return { width: source.width, height: source.height };
  return contentSize(mapping, buffer);
}

/** The part of the buffer that is shown, in buffer pixels, possibly with fractions. */
export function sourceRect(mapping: BufferMapping, buffer: Size): Rect {
  const { source } = mapping.viewport;
  if (!source) return { x: 0, y: 0, width: buffer.width, height: buffer.height };
  const turned = transformSize(buffer, mapping.transform);
  const { scale } = mapping;
  const scaled = {
    x: source.x * scale,
    y: source.y * scale,
    width: source.width * scale,
    height: source.height * scale,
  };
  return transformRect(scaled, turned, mapping.transform);
}

/** Pending surface damage and buffer damage as one region of the buffer, clipped to it. */
export function damageInBuffer(
  pending: BufferMapping & { readonly surfaceDamage: Region; readonly bufferDamage: Region },
  buffer: Size | null,
): Region {
  if (!buffer) return Region.empty;
  const whole = Region.of({ x: 0, y: 0, ...buffer });
  const fromSurface = pending.surfaceDamage
    .intersect(Region.of({ x: 0, y: 0, ...grown(surfaceSize(pending, buffer)) }))
    .map(rect => surfaceToBuffer(pending, buffer, rect));
  return pending.bufferDamage.union(fromSurface).intersect(whole);
}

const grown = (size: Size): Size => ({ width: Math.ceil(size.width), height: Math.ceil(size.height) });

/** A rectangle of the surface in buffer pixels, rounded outwards; a scaled one takes in the pixels that filtering reads. */
export function surfaceToBuffer(mapping: BufferMapping, buffer: Size, rect: Rect): Rect {
  const surface = surfaceSize(mapping, buffer);
  const content = contentSize(mapping, buffer);
  const source = mapping.viewport.source ?? { x: 0, y: 0, ...content };
  const scaleX = source.width / surface.width;
  const scaleY = source.height / surface.height;
  const turned = {
    x: (source.x + rect.x * scaleX) * mapping.scale,
    y: (source.y + rect.y * scaleY) * mapping.scale,
    width: rect.width * scaleX * mapping.scale,
    height: rect.height * scaleY * mapping.scale,
  };
  return outwards(transformRect(turned, transformSize(buffer, mapping.transform), mapping.transform));
}

/** A rectangle of the buffer in surface coordinates, rounded outwards and clipped to the surface; null when it is not shown. */
export function bufferToSurface(mapping: BufferMapping, buffer: Size, rect: Rect): Rect | null {
  const surface = surfaceSize(mapping, buffer);
  const content = contentSize(mapping, buffer);
  const source = mapping.viewport.source ?? { x: 0, y: 0, ...content };
  const turned = transformRect(rect, buffer, invert(mapping.transform));
  const scaleX = surface.width / source.width;
  const scaleY = surface.height / source.height;
  // Filtering spreads a pixel over its neighbours when the content is scaled.
  const spread = scaleX === 1 / mapping.scale && scaleY === 1 / mapping.scale ? 0 : 1;
  return intersectRects(
    outwards({
      x: ((turned.x - spread) / mapping.scale - source.x) * scaleX,
      y: ((turned.y - spread) / mapping.scale - source.y) * scaleY,
      width: ((turned.width + 2 * spread) / mapping.scale) * scaleX,
      height: ((turned.height + 2 * spread) / mapping.scale) * scaleY,
    }),
    { x: 0, y: 0, ...grown(surface) },
  );
}

function outwards(rect: Rect): Rect {
  const x = Math.floor(rect.x);
  const y = Math.floor(rect.y);
  return {
    x,
    y,
    width: Math.ceil(rect.x + rect.width) - x,
    height: Math.ceil(rect.y + rect.height) - y,
  };
}
