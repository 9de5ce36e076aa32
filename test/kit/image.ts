import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PNG } from 'pngjs';

/** Pixels in rows without padding, 4 bytes each: red, green, blue, alpha. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** 0xRRGGBB */
export type Color = number;

const OUTPUT = join(dirname(fileURLToPath(import.meta.url)), '../output');

/** An opaque image of one colour. */
export function solid(width: number, height: number, color: Color): Image {
  return fillRect(blank(width, height), { x: 0, y: 0, width, height }, color);
}

const blank = (width: number, height: number): Image => ({
  width,
  height,
  data: new Uint8Array(width * height * 4),
});

/** The image with a rectangle of one colour drawn over it; what lies outside is cut off. */
export function fillRect(
  image: Image,
  rect: { x: number; y: number; width: number; height: number },
  color: Color,
): Image {
  const data = image.data.slice();
  const words = new Uint32Array(data.buffer);
  const word = (0xff000000 | ((color & 0xff) << 16) | (color & 0xff00) | (color >> 16)) >>> 0;
  const left = Math.max(0, rect.x);
  const right = Math.max(left, Math.min(image.width, rect.x + rect.width));
  const bottom = Math.min(image.height, rect.y + rect.height);
  for (let y = Math.max(0, rect.y); y < bottom; y++)
    words.fill(word, y * image.width + left, y * image.width + right);
  return { ...image, data };
}

/** 0xRRGGBB at a place. */
export function pixel(image: Image, x: number, y: number): Color {
  const at = (y * image.width + x) * 4;
  return (image.data[at]! << 16) | (image.data[at + 1]! << 8) | image.data[at + 2]!;
}

/** Rows of XRGB8888 in memory (bytes blue, green, red, unused) as an image. */
export function fromXrgb(bytes: Uint8Array, width: number, height: number, stride: number): Image {
  const image = blank(width, height);
  const { data } = image;
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0, from = y * stride; x < width; x++, from += 4, to += 4) {
      data[to] = bytes[from + 2]!;
      data[to + 1] = bytes[from + 1]!;
      data[to + 2] = bytes[from]!;
      data[to + 3] = 0xff;
    }
  return image;
}

/** Writes an image into memory as rows of ARGB8888 (bytes blue, green, red, alpha), cut off where the memory ends. */
export function toBytes({ width, height, data }: Image, bytes: Uint8Array, stride: number): void {
  const rows = Math.min(height, Math.floor(bytes.length / stride));
  const columns = Math.min(width, Math.floor(stride / 4));
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const at = (y * width + x) * 4;
      const to = y * stride + x * 4;
      bytes[to] = data[at + 2]!;
      bytes[to + 1] = data[at + 1]!;
      bytes[to + 2] = data[at]!;
      bytes[to + 3] = data[at + 3]!;
    }
}

export interface Difference {
  /** Pixels whose colours differ. */
  readonly count: number;
  readonly first: { readonly x: number; readonly y: number } | null;
  /** Where they differ in red, where they agree in a dark copy of what was expected. */
  readonly picture: Image;
}

/** Compares red, green and blue of two images of one size. */
export function compare(actual: Image, expected: Image): Difference {
  if (actual.width !== expected.width || actual.height !== expected.height)
    throw new Error(
      `the image has ${actual.width}x${actual.height} pixels, expected ${expected.width}x${expected.height}`,
    );
  const picture = blank(expected.width, expected.height);
  let count = 0;
  let first: Difference['first'] = null;
  for (let at = 0; at < expected.data.length; at += 4) {
    const same = [0, 1, 2].every(channel => actual.data[at + channel] === expected.data[at + channel]);
    picture.data.set(same ? dark(expected.data, at) : [255, 0, 0, 255], at);
    if (same) continue;
    count++;
    first ??= { x: (at / 4) % expected.width, y: Math.floor(at / 4 / expected.width) };
  }
  return { count, first, picture };
}

const dark = (data: Uint8Array, at: number): number[] => [
  data[at]! >> 2,
  data[at + 1]! >> 2,
  data[at + 2]! >> 2,
  255,
];

export function encodePng({ width, height, data }: Image): Buffer {
  const png = new PNG({ width, height });
  png.data = Buffer.from(data);
  return PNG.sync.write(png);
}

/**
 * Throws unless two images agree in every pixel; on failure writes `NAME-actual.png`, `NAME-expected.png` and
 * `NAME-difference.png` to `test/output` and says where.
 */
export function expectSameImage(actual: Image, expected: Image, name: string): void {
  const difference = compare(actual, expected);
  if (difference.count === 0) return;
  mkdirSync(OUTPUT, { recursive: true });
  const pictures = { actual, expected, difference: difference.picture };
  for (const [kind, picture] of Object.entries(pictures))
    writeFileSync(join(OUTPUT, `${name}-${kind}.png`), encodePng(picture));
  const { x, y } = difference.first!;
  const show = (image: Image) => `#${pixel(image, x, y).toString(16).padStart(6, '0')}`;
  throw new Error(
    `${name}: ${difference.count} pixels differ, the first at ${x},${y}: ${show(actual)}, expected ${show(expected)}; see ${join(OUTPUT, name)}-difference.png`,
  );
}
