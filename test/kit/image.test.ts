import { existsSync, rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compare, expectSameImage, fillRect, fromXrgb, pixel, solid } from './image.ts';

const gray = solid(4, 3, 0x808080);

it('finds every pixel that differs and the first of them', () => {
  const difference = compare(fillRect(gray, { x: 2, y: 1, width: 9, height: 1 }, 0x808081), gray);
  expect(difference).toMatchObject({ count: 2, first: { x: 2, y: 1 } });
  expect(pixel(difference.picture, 2, 1)).toBe(0xff0000);
  expect(pixel(difference.picture, 0, 0)).toBe(0x202020);
});

it('reads rows with a stride', () => {
  const bytes = Uint8Array.from([1, 2, 3, 0, 9, 9, 9, 9, 4, 5, 6, 0, 9, 9, 9, 9]);
  const image = fromXrgb(bytes, 1, 2, 8);
  expect([pixel(image, 0, 0), pixel(image, 0, 1)]).toEqual([0x030201, 0x060504]);
});

it('leaves pictures of a failure', () => {
  let message = '';
  try {
    expectSameImage(solid(4, 3, 0), gray, 'image-test');
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toMatch(/12 pixels differ, the first at 0,0: #000000, expected #808080/);
  const file = /see (.*)$/.exec(message)![1]!;
  expect(existsSync(file)).toBe(true);
  for (const kind of ['actual', 'expected', 'difference']) rmSync(file.replace('difference', kind));
});

it('refuses images of different sizes in words', () => {
  expect(() => compare(gray, solid(3, 3, 0))).toThrow('the image has 4x3 pixels, expected 3x3');
});
