import { describe, expect, it } from 'vitest';
import { Region } from '../scene/region.ts';
import { confine, nearestInside } from './pointer-constraint.ts';

const STEP = 1 / 256;
const ell = Region.ofAll([
  { x: 0, y: 0, width: 100, height: 20 },
  { x: 0, y: 0, width: 20, height: 100 },
]);

describe('a confined pointer', () => {
  it('goes wherever the region goes on', () => {
    expect(confine(ell, { x: 5, y: 5 }, { x: 90, y: 10 })).toEqual({ x: 90, y: 10 });
  });

  it('slides along the edge that stops it', () => {
    const square = Region.of({ x: 10, y: 10, width: 10, height: 10 });
    expect(confine(square, { x: 15, y: 15 }, { x: 100, y: 12 })).toEqual({ x: 20 - STEP, y: 12 });
    expect(confine(square, { x: 15, y: 15 }, { x: -100, y: -100 })).toEqual({ x: 10, y: 10 });
  });

  it('does not jump over a gap', () => {
    const apart = Region.ofAll([
      { x: 0, y: 0, width: 10, height: 10 },
      { x: 50, y: 0, width: 10, height: 10 },
    ]);
    expect(confine(apart, { x: 5, y: 5 }, { x: 55, y: 5 })).toEqual({ x: 10 - STEP, y: 5 });
    expect(confine(ell, { x: 90, y: 10 }, { x: 90, y: 90 })).toEqual({ x: 90, y: 20 - STEP });
  });

  it('stays inside from wherever it starts, however far it goes', () => {
    for (let step = 0; step < 500; step++) {
      const from = { x: (step * 7) % 20, y: (step * 13) % 100 };
      const to = { x: ((step * 101) % 400) - 200, y: ((step * 211) % 400) - 200 };
      const there = confine(ell, from, to);
      expect(nearestInside(ell, there)).toEqual(there);
    }
  });
});

describe('the nearest place', () => {
  it('is the place itself inside, and none in an empty region', () => {
    expect(nearestInside(ell, { x: 3, y: 50 })).toEqual({ x: 3, y: 50 });
    expect(nearestInside(ell, { x: 200, y: 5 })).toEqual({ x: 100 - STEP, y: 5 });
    expect(nearestInside(Region.empty, { x: 0, y: 0 })).toBeNull();
  });
});
