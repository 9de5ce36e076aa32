// Screenshots of programs: what can be said about a picture that nobody drew beforehand.
import { PNG } from 'pngjs';
import type { Rect } from '../../compositor/scene/region.ts';

/** RGBA, one byte each. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export const colourAt = ({ width, data }: Picture, x: number, y: number): number => {
  const at = (y * width + x) * 4;
  return (data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!;
};

/** How many colours an area has; counts no further than `enough`. */
export function distinctColours(picture: Picture, { x, y, width, height }: Rect, enough: number): number {
  const colours = new Set<number>();
  for (let row = y; row < y + height; row++)
    for (let column = x; column < x + width; column++) {
      colours.add(colourAt(picture, column, row));
      if (colours.size >= enough) return enough;
    }
  return colours.size;
}

/** The pixels of a part of a picture. */
export function part({ width, data }: Picture, area: Rect): Picture {
  const rows = Array.from({ length: area.height }, (_, row) => {
    const start = ((area.y + row) * width + area.x) * 4;
    return data.subarray(start, start + area.width * 4);
  });
  return { width: area.width, height: area.height, data: Buffer.concat(rows) };
}

/** The part of the pixels that differ, 0 to 1. */
export function difference(a: Picture, b: Picture): number {
  if (a.width !== b.width || a.height !== b.height) return 1;
  let count = 0;
  for (let at = 0; at < a.data.length; at += 4)
    if (a.data[at] !== b.data[at] || a.data[at + 1] !== b.data[at + 1] || a.data[at + 2] !== b.data[at + 2])
      count++;
  return count / (a.width * a.height);
}

export const toPng = ({ width, height, data }: Picture): Buffer => {
  const png = new PNG({ width, height });
  png.data = Buffer.from(data);
  return PNG.sync.write(png);
};

export function fromPng(bytes: Buffer): Picture {
  const { width, height, data } = PNG.sync.read(bytes);
  return { width, height, data };
}
