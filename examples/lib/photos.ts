import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PNG } from 'pngjs';

/** Pixels in rows without padding, 4 bytes each: red, green, blue, alpha (not pre-multiplied). */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

const here = dirname(fileURLToPath(import.meta.url));

/** The photographs lie in the source tree; a compiled example is one folder deeper. */
const assets = join(here, here.includes(join('dist', 'examples')) ? '../../../examples/assets' : '../assets');

export const PHOTOS = ['coffee', 'chelsea', 'astronaut'] as const;

export function loadPng(path: string): Picture {
  const { width, height, data } = PNG.sync.read(readFileSync(path));
  return { width, height, data };
}

export const loadPhoto = (name: (typeof PHOTOS)[number]): Picture => loadPng(join(assets, `${name}.png`));

/**
 * Draws `picture` into ARGB8888 pixels (bytes blue, green, red, alpha), scaled to fill the target and centred, with
 * the nearest pixel.
 */
export function drawCovering(
  picture: Picture,
  target: { data: Uint8Array; width: number; height: number; stride: number },
): void {
  const scale = Math.max(target.width / picture.width, target.height / picture.height);
  const left = (picture.width - target.width / scale) / 2;
  const top = (picture.height - target.height / scale) / 2;
  for (let y = 0; y < target.height; y++) {
    const row = Math.min(picture.height - 1, Math.floor(top + (y + 0.5) / scale)) * picture.width;
    let to = y * target.stride;
    for (let x = 0; x < target.width; x++, to += 4) {
      const from = (row + Math.min(picture.width - 1, Math.floor(left + (x + 0.5) / scale))) * 4;
      target.data[to] = picture.data[from + 2]!;
      target.data[to + 1] = picture.data[from + 1]!;
      target.data[to + 2] = picture.data[from]!;
      target.data[to + 3] = 0xff;
    }
  }
}
