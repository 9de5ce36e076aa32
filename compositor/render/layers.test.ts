import { expect, it } from 'vitest';
import type { BufferUse } from '../scene/buffer-use.ts';
import { type Rect, Region } from '../scene/region.ts';
import { type Transform, transformRect, transformSize } from '../scene/transform.ts';
import { flippedVertically } from './commands.ts';
import { cull, type Layer } from './layer.ts';

const layer = (label: string, destination: Rect, opaque: Region): Layer => ({
  use: {} as BufferUse,
  label,
  source: destination,
  destination,
  transform: 0,
  opaque,
});

const screen = Region.of({ x: 0, y: 0, width: 100, height: 100 });

it('culls from the front: what is hidden is not drawn, what is translucent hides nothing', () => {
  const whole: Rect = { x: 0, y: 0, width: 100, height: 100 };
  const left: Rect = { x: 0, y: 0, width: 50, height: 100 };
  const { visible, uncovered } = cull(
    [
      layer('hidden', { x: 10, y: 10, width: 20, height: 20 }, Region.empty),
      layer('half', whole, Region.of(whole)),
      layer('solid', left, Region.of(left)),
      layer('glass', whole, Region.empty),
    ],
    screen,
  );
  expect(visible.map(({ layer: { label }, region }) => [label, region.bounds])).toEqual([
    ['half', { x: 50, y: 0, width: 50, height: 100 }],
    ['solid', left],
    ['glass', whole],
  ]);
  expect(uncovered.isEmpty).toBe(true);
});

it('leaves what no layer hides to the background, and what is not damaged alone', () => {
  const window: Rect = { x: 90, y: 90, width: 20, height: 20 };
  const damage = Region.of({ x: 80, y: 80, width: 20, height: 20 });
  const { visible, uncovered } = cull([layer('window', window, Region.of(window))], damage);
  expect(visible[0]?.region.bounds).toEqual({ x: 90, y: 90, width: 10, height: 10 });
  expect(uncovered.area).toBe(300);
});

it.each([0, 1, 2, 3, 4, 5, 6, 7] as Transform[])('stores a buffer turned by %i upside down', transform => {
  const size = { width: 7, height: 5 };
  const rect = { x: 1, y: 2, width: 2, height: 1 };
  const turned = transformRect(rect, size, transform);
  const { height } = transformSize(size, transform);
  const flipped = { ...turned, y: height - turned.y - turned.height };
  expect(transformRect(rect, size, flippedVertically(transform))).toEqual(flipped);
});
