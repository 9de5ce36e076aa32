import { describe, expect, it } from 'vitest';
import { Region } from './region.ts';
import {
  type BufferMapping,
  bufferToSurface,
  damageInBuffer,
  sourceRect,
  surfaceSize,
  surfaceToBuffer,
} from './surface-geometry.ts';
import { invert, isTransform, type Transform, transformRect } from './transform.ts';

const transforms = [0, 1, 2, 3, 4, 5, 6, 7] as const;
const plain = (transform: Transform, scale = 1): BufferMapping => ({
  transform,
  scale,
  viewport: { source: null, destination: null },
});

describe('buffer transforms', () => {
  // Where the surface's top left corner is found in a buffer of 40x20 (20x40 where the axes change places).
  it.each([
    [0, { x: 0, y: 0 }],
    [1, { x: 0, y: 39 }],
    [2, { x: 39, y: 19 }],
    [3, { x: 19, y: 0 }],
    [4, { x: 39, y: 0 }],
    [5, { x: 0, y: 0 }],
    [6, { x: 0, y: 19 }],
    [7, { x: 19, y: 39 }],
  ] as const)('%i takes the top left corner to its place', (transform, corner) => {
    expect(transformRect({ x: 0, y: 0, width: 1, height: 1 }, { width: 40, height: 20 }, transform)).toEqual({
      ...corner,
      width: 1,
      height: 1,
    });
  });

  it.each(transforms)('%i is undone by its inverse', transform => {
    const rect = { x: 3, y: 5, width: 7, height: 2 };
    const buffer = { width: 40, height: 20 };
    const mapping = plain(transform);
    const onSurface = bufferToSurface(mapping, buffer, rect)!;
    expect(surfaceToBuffer(mapping, buffer, onSurface)).toEqual(rect);
    expect(invert(invert(transform))).toBe(transform);
  });

  it('changes the size of the surface', () => {
    expect(surfaceSize(plain(1, 2), { width: 40, height: 20 })).toEqual({ width: 10, height: 20 });
    expect(isTransform(8)).toBe(false);
  });
});

describe('viewports', () => {
  it('crop and scale', () => {
    const mapping: BufferMapping = {
      transform: 0,
      scale: 2,
      viewport: {
        source: { x: 5, y: 5, width: 10, height: 5 },
        destination: { width: 100, height: 50 },
      },
    };
    const buffer = { width: 80, height: 40 };
    expect(surfaceSize(mapping, buffer)).toEqual({ width: 100, height: 50 });
    expect(sourceRect(mapping, buffer)).toEqual({ x: 10, y: 10, width: 20, height: 10 });
    expect(surfaceToBuffer(mapping, buffer, { x: 10, y: 10, width: 10, height: 10 })).toEqual({
      x: 12,
      y: 12,
      width: 2,
      height: 2,
    });
    // A pixel of the buffer is spread over its neighbours by filtering.
    const touched = bufferToSurface(mapping, buffer, { x: 12, y: 12, width: 2, height: 2 })!;
    expect(touched.x).toBeLessThan(10);
    expect(touched.x + touched.width).toBeGreaterThan(20);
    expect(bufferToSurface(mapping, buffer, { x: 60, y: 30, width: 2, height: 2 })).toBeNull();
  });
});

describe('damage', () => {
  it('of surface and buffer is one region of the buffer, clipped to it', () => {
    const damage = damageInBuffer(
      {
        ...plain(0, 2),
        surfaceDamage: Region.of({ x: 1, y: 1, width: 2 ** 31 - 1, height: 1 }),
        bufferDamage: Region.of({ x: -5, y: -5, width: 6, height: 6 }),
      },
      { width: 10, height: 10 },
    );
    expect(damage.rects).toEqual([
      { x: 0, y: 0, width: 1, height: 1 },
      { x: 2, y: 2, width: 8, height: 2 },
    ]);
  });
});
