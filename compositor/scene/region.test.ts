import { describe, expect, it } from 'vitest';
import { seededRandom } from '../machine/random.ts';
import { intersectRects, type Rect, Region } from './region.ts';

const SIDE = 24;

/** The same set as an array of pixels: slow, and beyond doubt. */
function paint(rects: readonly Rect[]): boolean[] {
  const pixels = new Array<boolean>(SIDE * SIDE).fill(false);
  for (const { x, y, width, height } of rects)
    for (let row = y; row < y + height; row++)
      for (let column = x; column < x + width; column++) pixels[row * SIDE + column] = true;
  return pixels;
}

const pixelsOf = (region: Region): boolean[] => paint(region.rects);

describe('Region', () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))('agrees with pixels, seed %i', seed => {
    const random = seededRandom(seed);
    const below = (limit: number): number => Math.floor(random() * limit);
    const rects = (): Rect[] =>
      Array.from({ length: 1 + below(7) }, () => {
        const [x, y] = [below(SIDE), below(SIDE)];
        return { x, y, width: below(SIDE - x + 1), height: below(SIDE - y + 1) };
      });
    const [left, right] = [rects(), rects()];
    const [a, b] = [Region.ofAll(left), Region.ofAll(right)];
    const [inA, inB] = [paint(left), paint(right)];
    expect(pixelsOf(a)).toEqual(inA);
    expect(pixelsOf(a.union(b))).toEqual(inA.map((pixel, at) => pixel || inB[at]!));
    expect(pixelsOf(a.intersect(b))).toEqual(inA.map((pixel, at) => pixel && inB[at]!));
    expect(pixelsOf(a.subtract(b))).toEqual(inA.map((pixel, at) => pixel && !inB[at]!));
    expect(a.area).toBe(inA.filter(Boolean).length);
    expect(a.covers(b)).toBe(inB.every((pixel, at) => !pixel || inA[at]!));
    // Equal sets have equal bands, however they came about.
    expect(a.union(b).rects).toEqual(b.union(a).rects);
    expect(a.union(b).equals(b.union(a))).toBe(true);
    expect(a.equals(b)).toBe(inA.every((pixel, at) => pixel === inB[at]));
    expect(a.translate(3, -5).translate(-3, 5).rects).toEqual(a.rects);
  });

  it('survives what clients send: no width, negative width, everything', () => {
    expect(Region.of({ x: 1, y: 1, width: 0, height: 5 }).isEmpty).toBe(true);
    expect(Region.of({ x: 1, y: 1, width: -3, height: 5 }).isEmpty).toBe(true);
    const all = Region.of({ x: -(2 ** 31), y: -(2 ** 31), width: 2 ** 31 - 1, height: 2 ** 31 - 1 });
    expect(all.union(Region.infinite).equals(Region.infinite)).toBe(true);
    const far = Region.of({ x: 2 ** 31 - 1, y: 0, width: 2 ** 31 - 1, height: 1 });
    expect(far.isEmpty).toBe(true);
  });

  it('becomes its bounds where there are too many rectangles', () => {
    const dots = Region.ofAll([0, 2, 4].map(x => ({ x, y: x, width: 1, height: 1 })));
    expect(dots.simplified(3).rects.length).toBe(3);
    expect(dots.simplified(2).rects).toEqual([{ x: 0, y: 0, width: 5, height: 5 }]);
  });

  it('intersects rectangles', () => {
    const a = { x: 0, y: 0, width: 4, height: 4 };
    expect(intersectRects(a, { x: 2, y: 3, width: 9, height: 9 })).toEqual({
      x: 2,
      y: 3,
      width: 2,
      height: 1,
    });
    expect(intersectRects(a, { x: 4, y: 0, width: 1, height: 1 })).toBeNull();
  });
});
