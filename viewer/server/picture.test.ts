import { randomBytes } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { headerLength, type Rect, readHeader } from '../stream/frame.ts';
import { encodePixels, headerOf, type Pixels } from './picture.ts';

const STRIDE = 1024;
const picture = (data: Uint8Array): Pixels => ({ data, stride: STRIDE });
const rects: readonly Rect[] = [
  { x: 0, y: 0, width: 256, height: 3 },
  { x: 5, y: 4, width: 2, height: 20 },
];

/** The rectangles' rows, one after the other. */
const expected = ({ data }: Pixels): Buffer =>
  Buffer.concat(
    rects.flatMap(({ x, y, width, height }) =>
      Array.from({ length: height }, (_, row) => {
        const from = (y + row) * STRIDE + x * 4;
        return data.subarray(from, from + width * 4);
      }),
    ),
  );

it('compresses what shrinks, and sends the rest as it is', async () => {
  const even = picture(new Uint8Array(STRIDE * 64).fill(7));
  const flat = await encodePixels(even, rects);
  expect(flat.encoding).toBe('raw');
  const large = await encodePixels(even, [{ x: 0, y: 0, width: 256, height: 64 }]);
  expect(large.encoding).toBe('deflate-raw');
  expect(large.bytes.length).toBeLessThan(2000);
  expect(inflateRawSync(large.bytes)).toEqual(Buffer.from(even.data));
  const noise = picture(randomBytes(STRIDE * 64));
  expect((await encodePixels(noise, [{ x: 0, y: 0, width: 256, height: 64 }])).encoding).toBe('raw');
});

it('copies rows at once: the picture may change while it is compressed', async () => {
  const pixels = picture(randomBytes(STRIDE * 64));
  const wanted = expected(pixels);
  const encoding = encodePixels(pixels, rects);
  pixels.data.fill(0);
  const { bytes } = await encoding;
  expect(bytes).toEqual(wanted);
});

it('says in the header what follows', async () => {
  const pixels = await encodePixels(picture(new Uint8Array(STRIDE * 64)), rects);
  const header = headerOf({ output: 3, sequence: 70_000, input: 9 }, pixels);
  expect(header.length).toBe(headerLength(2));
  expect(readHeader(header)).toEqual({ encoding: 'raw', output: 3, sequence: 70_000, input: 9, rects });
  expect(() => readHeader(new Uint8Array(16))).toThrow(RangeError);
});
