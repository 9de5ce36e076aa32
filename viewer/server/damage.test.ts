import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_RECTS, type Rect } from '../stream/frame.ts';
import { withDamage } from './damage.ts';

const rect = (x: number, y: number, width: number, height: number): Rect => ({ x, y, width, height });

const rects = fc.array(
  fc.record({
    x: fc.integer({ min: 0, max: 200 }),
    y: fc.integer({ min: 0, max: 200 }),
    width: fc.integer({ min: 1, max: 60 }),
    height: fc.integer({ min: 1, max: 60 }),
  }),
  { maxLength: 60 },
);

describe('damage that waits', () => {
  it('keeps apart what is apart, and takes once what was there already', () => {
    const both = [rect(0, 0, 10, 10), rect(500, 500, 10, 10)];
    expect(withDamage([], both)).toEqual(both);
    expect(withDamage(both, [rect(2, 2, 3, 3)])).toEqual(both);
  });

  it('joins what costs no more together', () =>
    expect(withDamage([rect(0, 0, 10, 10)], [rect(10, 0, 10, 10)])).toEqual([rect(0, 0, 20, 10)]));

  it('covers all that it was given, with few rectangles', () => {
    fc.assert(
      fc.property(rects, rects, (known, more) => {
        const all = withDamage(withDamage([], known), more);
        expect(all.length).toBeLessThanOrEqual(MOST_RECTS);
        for (const part of [...known, ...more])
          for (const [x, y] of [
            [part.x, part.y],
            [part.x + part.width - 1, part.y + part.height - 1],
          ] as const)
            expect(
              all.some(one => x >= one.x && y >= one.y && x < one.x + one.width && y < one.y + one.height),
            ).toBe(true);
      }),
    );
  });
});
