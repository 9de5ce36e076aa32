// Named cursors as pixels: which drawing stands for which shape.
import type { CursorShape } from '../scene/cursor.ts';
import type { Point, Size } from '../scene/region.ts';
import {
  arrow,
  badges,
  beam,
  cell,
  closedHand,
  crosshair,
  type Drawing,
  downhill,
  forbidden,
  fourArrows,
  hand,
  hourglass,
  lens,
  openHand,
  signs,
  splitRows,
  upAndDown,
} from './cursor-drawings.ts';

export interface CursorImage extends Size {
  /** Premultiplied ARGB, row by row. */
  readonly pixels: Uint32Array;
  readonly hotspot: Point;
}

/** Where a badge goes on the arrow, and a sign on the lens. */
const BADGE: Point = { x: 11, y: 11 };
const SIGN: Point = { x: 4, y: 4 };

const transposed = ({ rows, hotspot }: Drawing): Drawing => ({
  rows: Array.from({ length: widthOf(rows) }, (_, x) => rows.map(row => row[x] ?? ' ').join('')),
  hotspot: { x: hotspot.y, y: hotspot.x },
});

const mirrored = ({ rows, hotspot }: Drawing): Drawing => {
  const width = widthOf(rows);
  return {
    rows: rows.map(row => [...row.padEnd(width)].reverse().join('')),
    hotspot: { x: width - 1 - hotspot.x, y: hotspot.y },
  };
};

/** `top` lies over the drawing; its spaces show what is below. */
function over({ rows, hotspot }: Drawing, top: readonly string[], at: Point): Drawing {
  const height = Math.max(rows.length, at.y + top.length);
  const width = Math.max(widthOf(rows), at.x + widthOf(top));
  const pixel = (x: number, y: number): string => {
    const above = top[y - at.y]?.[x - at.x] ?? ' ';
    return above === ' ' ? (rows[y]?.[x] ?? ' ') : above;
  };
  return {
    rows: Array.from({ length: height }, (_, y) =>
      Array.from({ length: width }, (_unused, x) => pixel(x, y)).join(''),
    ),
    hotspot,
  };
}

const leftAndRight = transposed(upAndDown);
const uphill = mirrored(downhill);

const DRAWINGS: Readonly<Record<CursorShape, Drawing>> = {
  default: arrow,
  context_menu: over(arrow, badges.menu, BADGE),
  help: over(arrow, badges.question, BADGE),
  pointer: hand,
  progress: over(arrow, badges.glass, BADGE),
  wait: hourglass,
  cell,
  crosshair,
  text: beam,
  vertical_text: transposed(beam),
  alias: over(arrow, badges.link, BADGE),
  copy: over(arrow, badges.plus, BADGE),
  move: fourArrows,
  no_drop: forbidden,
  not_allowed: forbidden,
  grab: openHand,
  grabbing: closedHand,
  e_resize: leftAndRight,
  n_resize: upAndDown,
  ne_resize: uphill,
  nw_resize: downhill,
  s_resize: upAndDown,
  se_resize: downhill,
  sw_resize: uphill,
  w_resize: leftAndRight,
  ew_resize: leftAndRight,
  ns_resize: upAndDown,
  nesw_resize: uphill,
  nwse_resize: downhill,
  col_resize: transposed(splitRows),
  row_resize: splitRows,
  all_scroll: fourArrows,
  zoom_in: over(lens, signs.plus, SIGN),
  zoom_out: over(lens, signs.minus, SIGN),
};

const COLOURS: Readonly<Record<string, number>> = { '#': 0xff000000, '.': 0xffffffff };

/** The picture of a shape, at one pixel for each logical one. */
export function cursorImage(shape: CursorShape): CursorImage {
  const { rows, hotspot } = DRAWINGS[shape];
  const width = widthOf(rows);
  const height = rows.length;
  const pixels = new Uint32Array(width * height);
  for (const [y, row] of rows.entries())
    for (const [x, mark] of [...row].entries()) pixels[y * width + x] = COLOURS[mark] ?? 0;
  return { width, height, pixels, hotspot };
}

function widthOf(rows: readonly string[]): number {
  return Math.max(...rows.map(row => row.length));
}
