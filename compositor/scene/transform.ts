// wl_output.transform: how a buffer is turned before it is shown.
import type { Rect, Size } from './region.ts';

/** As numbered by wl_output.transform: quarter turns in bits 0 and 1, a flip around the vertical axis first in bit 2. */
export type Transform = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

export const isTransform = (value: number): value is Transform =>
  Number.isInteger(value) && value >= 0 && value <= 7;

/** Whether width and height change places. */
const swapsAxes = (transform: Transform): boolean => (transform & 1) === 1;

/** A size after the transform (or before it: the answer is the same). */
export const transformSize = (size: Size, transform: Transform): Size =>
  swapsAxes(transform) ? { width: size.height, height: size.width } : size;

/** The transform that undoes this one: turns are reversed, flips are their own inverse. */
export const invert = (transform: Transform): Transform =>
  transform & 4 ? transform : (((4 - transform) & 3) as Transform);

/**
 * Where a rectangle of an area of `size` lies after `transform` (flipped around the vertical axis if it says so, then
 * turned counter-clockwise). This is what the client did to its content, so it leads from the surface to the buffer;
 * `invert(transform)` leads back.
 */
export function transformRect(rect: Rect, size: Size, transform: Transform): Rect {
  const { width, height } = size;
  const x = transform & 4 ? width - rect.x - rect.width : rect.x;
  const { y } = rect;
  const right = width - x - rect.width;
  const bottom = height - y - rect.height;
  switch (transform & 3) {
    case 0:
      return { x, y, width: rect.width, height: rect.height };
    case 1:
      return { x: y, y: right, width: rect.height, height: rect.width };
    case 2:
      return { x: right, y: bottom, width: rect.width, height: rect.height };
    default:
      return { x: bottom, y: x, width: rect.height, height: rect.width };
  }
}
