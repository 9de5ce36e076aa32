import { expect, it } from 'vitest';
import { Region } from '../scene/region.ts';
import { allRows, countRows, joinRows, NO_ROWS, rowsOf } from './row-ranges.ts';

const rows = (...at: [from: number, to: number][]) => at.map(([from, to]) => ({ from, to }));

it('rows that a region touches are few ranges, inside the image', () => {
  const region = Region.ofAll([
    { x: 0, y: -5, width: 4, height: 8 },
    { x: 50, y: 2, width: 4, height: 4 },
    { x: 0, y: 40, width: 1, height: 100 },
  ]);
  expect(rowsOf(region, 48)).toEqual(rows([0, 6], [40, 48]));
  expect(rowsOf(Region.infinite, 48)).toEqual(allRows(48));
  expect(rowsOf(Region.empty, 48)).toEqual(NO_ROWS);
});

it('ranges that touch become one, and very many become one', () => {
  expect(joinRows(rows([0, 4], [8, 10]), rows([4, 8]))).toEqual(rows([0, 10]));
  expect(joinRows(rows([0, 4]), NO_ROWS)).toEqual(rows([0, 4]));
  expect(countRows(rows([0, 4], [8, 10]))).toBe(6);
  const stripes = Array.from({ length: 17 }, (_, at) => ({ from: at * 4, to: at * 4 + 1 }));
  expect(joinRows(stripes.slice(0, 9), stripes.slice(9))).toEqual(rows([0, 65]));
});
