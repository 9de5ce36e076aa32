// Rows of an image, as few ranges as it takes.
import type { Region } from '../scene/region.ts';

export interface RowRange {
  readonly from: number;
  /** The first row that is not in it any more. */
  readonly to: number;
}

/** Ascending and apart. */
export type RowRanges = readonly RowRange[];

/** Each range is a call of its own: beyond this, what lies between them is cheaper to copy than to leave out. */
const MOST_RANGES = 16;

export const NO_ROWS: RowRanges = [];
export const allRows = (height: number): RowRanges => [{ from: 0, to: height }];

/** The rows that a region touches. */
export const rowsOf = (region: Region, height: number): RowRanges =>
  merged(
    region.rects.map(({ y, height: rows }) => ({ from: Math.max(0, y), to: Math.min(height, y + rows) })),
  );

export const joinRows = (a: RowRanges, b: RowRanges): RowRanges => {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  return merged([...a, ...b]);
};

export const countRows = (ranges: RowRanges): number =>
  ranges.reduce((sum, { from, to }) => sum + to - from, 0);

function merged(ranges: readonly RowRange[]): RowRanges {
  const result: RowRange[] = [];
  const sorted = ranges.filter(({ from, to }) => to > from).sort((a, b) => a.from - b.from);
  for (const range of sorted) {
    const last = result.at(-1);
    if (last && range.from <= last.to)
      result[result.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
    else result.push(range);
  }
  if (result.length <= MOST_RANGES) return result;
  return [{ from: result[0]!.from, to: result.at(-1)!.to }];
}
