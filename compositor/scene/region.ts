// Areas made of rectangles, in whole pixels of whatever coordinates the holder says.

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Rect extends Point, Size {}

/** Half-open spans of x, ascending and apart: [x1, x2, x1, x2, ...]. */
type Spans = readonly number[];

interface Band {
  readonly top: number;
  readonly bottom: number;
  readonly spans: Spans;
}

/** What is in the result, by what is in the operands: neither, the first, the second, both. */
type Rule = readonly [boolean, boolean, boolean, boolean];

const UNION: Rule = [false, true, true, true];
const INTERSECTION: Rule = [false, false, false, true];
const DIFFERENCE: Rule = [false, true, false, false];
const NO_SPANS: Spans = [];
const LOWEST = -(2 ** 31);
const HIGHEST = 2 ** 31 - 1;
/** The number of 32 bits that is nearest: places and sizes of clients can add up to more. */
export const clamp = (value: number): number => Math.max(LOWEST, Math.min(HIGHEST, value));

/**
 * A set of pixels, frozen. Bands of rows with the same spans, ascending and apart, as X's and pixman's regions are, so
 * that equal sets have equal bands.
 */
export class Region {
  static readonly empty = new Region([]);
  /** What wl_surface.damage with the greatest sizes asks for: everything there is. */
  static readonly infinite = Region.of({
    x: LOWEST,
    y: LOWEST,
    width: HIGHEST - LOWEST,
    height: HIGHEST - LOWEST,
  });

  readonly #bands: readonly Band[];
  #rects: readonly Rect[] | null = null;
  #bounds: Rect | null = null;

  private constructor(bands: readonly Band[]) {
    this.#bands = bands;
  }

  /** Empty for a rectangle without width or height. Edges are clamped to 32 bits. */
  static of(rect: Rect): Region {
    const right = clamp(rect.x + rect.width);
    const bottom = clamp(rect.y + rect.height);
    const left = clamp(rect.x);
    const top = clamp(rect.y);
    if (!(right > left && bottom > top)) return Region.empty;
    return new Region([{ top, bottom, spans: [left, right] }]);
  }

  static ofAll(rects: readonly Rect[]): Region {
    return rects.reduce((region, rect) => region.union(Region.of(rect)), Region.empty);
  }

  get isEmpty(): boolean {
    return this.#bands.length === 0;
  }

  /** The rectangles, from top to bottom and left to right; none overlaps another. */
  get rects(): readonly Rect[] {
    this.#rects ??= this.#bands.flatMap(rectsOf);
    return this.#rects;
  }

  /** The smallest rectangle around it; without width and height when it is empty. */
  get bounds(): Rect {
    this.#bounds ??= boundsOf(this.#bands);
    return this.#bounds;
  }

  /** Pixels in it. */
  get area(): number {
    return this.rects.reduce((sum, rect) => sum + rect.width * rect.height, 0);
  }

  union(other: Region): Region {
    if (this.isEmpty || other.#holds(this)) return other;
    if (other.isEmpty || this.#holds(other)) return this;
    return this.#combined(other, UNION);
  }

  intersect(other: Region): Region {
    if (this.#apart(other)) return Region.empty;
    if (this.#holds(other)) return other;
    if (other.#holds(this)) return this;
    return this.#combined(other, INTERSECTION);
  }

  subtract(other: Region): Region {
    if (this.#apart(other)) return this;
    if (other.#holds(this)) return Region.empty;
    return this.#combined(other, DIFFERENCE);
  }

  translate(dx: number, dy: number): Region {
    if ((dx === 0 && dy === 0) || this.isEmpty) return this;
    return this.map(rect => ({ x: rect.x + dx, y: rect.y + dy, width: rect.width, height: rect.height }));
  }

  /** The union of what `change` makes of each rectangle. */
  map(change: (rect: Rect) => Rect): Region {
    return Region.ofAll(this.rects.map(change));
  }

  /** Whether every pixel of `other` is in it. */
  covers(other: Region): boolean {
    return other.subtract(this).isEmpty;
  }

  /** Whether the pixel that a point lies on is in it; the point may have fractions. */
  contains({ x, y }: Point): boolean {
    const band = this.#bands.find(({ bottom }) => y < bottom);
    if (!band || y < band.top) return false;
    const after = band.spans.findIndex(edge => x < edge);
    return after % 2 === 1;
  }

  equals(other: Region): boolean {
    const a = this.#bands;
    const b = other.#bands;
    return a === b || (a.length === b.length && a.every((band, at) => bandsEqual(band, b[at]!)));
  }

  #combined(other: Region, rule: Rule): Region {
    const bands = combine(this.#bands, other.#bands, rule);
    return bands.length === 0 ? Region.empty : new Region(bands);
  }

  /** It is one rectangle, which has all of `other` in it. */
  #holds(other: Region): boolean {
    const band = this.#bands[0];
    if (this.#bands.length !== 1 || band?.spans.length !== 2) return false;
    const { x, y, width, height } = other.bounds;
    return band.top <= y && band.bottom >= y + height && band.spans[0]! <= x && band.spans[1]! >= x + width;
  }

  /** Not even the bounds have a pixel in common. */
  #apart(other: Region): boolean {
    if (this.isEmpty || other.isEmpty) return true;
    const a = this.bounds;
    const b = other.bounds;
    return a.x >= b.x + b.width || b.x >= a.x + a.width || a.y >= b.y + b.height || b.y >= a.y + a.height;
  }

  /** The bounds instead, once there are more than `limit` rectangles: for damage, where too much is harmless. */
  simplified(limit: number): Region {
    const rects = this.#bands.reduce((sum, { spans }) => sum + spans.length / 2, 0);
    return rects <= limit ? this : Region.of(this.bounds);
  }
}

function rectsOf(band: Band): Rect[] {
  const rects: Rect[] = [];
  for (let at = 0; at < band.spans.length; at += 2) {
    const x = band.spans[at]!;
    rects.push({ x, y: band.top, width: band.spans[at + 1]! - x, height: band.bottom - band.top });
  }
  return rects;
}

function boundsOf(bands: readonly Band[]): Rect {
  const [first] = bands;
  if (!first) return { x: 0, y: 0, width: 0, height: 0 };
  let left = HIGHEST;
  let right = LOWEST;
  for (const { spans } of bands) {
    left = Math.min(left, spans[0]!);
    right = Math.max(right, spans.at(-1)!);
  }
  return { x: left, y: first.top, width: right - left, height: bands.at(-1)!.bottom - first.top };
}

/** Cuts both operands at every row where one of them changes and joins slab by slab. */
function combine(a: readonly Band[], b: readonly Band[], rule: Rule): Band[] {
  const bands: Band[] = [];
  let atA = 0;
  let atB = 0;
  let top = Math.min(a[0]?.top ?? HIGHEST, b[0]?.top ?? HIGHEST);
  while (atA < a.length || atB < b.length) {
    const bottom = Math.min(edgeBelow(a[atA], top), edgeBelow(b[atB], top));
    append(bands, top, bottom, joinSpans(spansAt(a[atA], top), spansAt(b[atB], top), rule));
    if (a[atA]?.bottom === bottom) atA++;
    if (b[atB]?.bottom === bottom) atB++;
    top = bottom;
  }
  return bands;
}

/** The first row below `top` where a band begins or ends. */
function edgeBelow(band: Band | undefined, top: number): number {
  if (!band) return Number.POSITIVE_INFINITY;
  return band.top > top ? band.top : band.bottom;
}

function spansAt(band: Band | undefined, row: number): Spans {
  return band && band.top <= row ? band.spans : NO_SPANS;
}

function joinSpans(a: Spans, b: Spans, rule: Rule): Spans {
  if (a.length === 0 && b.length === 0) return NO_SPANS;
  const spans: number[] = [];
  let atA = 0;
  let atB = 0;
  let inside = false;
  while (atA < a.length || atB < b.length) {
    const x = Math.min(a[atA] ?? Number.POSITIVE_INFINITY, b[atB] ?? Number.POSITIVE_INFINITY);
    if (a[atA] === x) atA++;
    if (b[atB] === x) atB++;
    // An odd number of edges passed: the position is inside a span.
    const now = rule[(atA & 1) | ((atB & 1) << 1)]!;
    if (now !== inside) spans.push(x);
    inside = now;
  }
  return spans;
}

const spansEqual = (a: Spans, b: Spans): boolean => a.length === b.length && a.every((x, at) => x === b[at]);

const bandsEqual = (a: Band, b: Band): boolean =>
  a.top === b.top && a.bottom === b.bottom && spansEqual(a.spans, b.spans);

/** Adds a slab, as part of the band above it where that has the same spans. */
function append(bands: Band[], top: number, bottom: number, spans: Spans): void {
  if (spans.length === 0) return;
  const above = bands.at(-1);
  if (above?.bottom === top && spansEqual(above.spans, spans)) bands[bands.length - 1] = { ...above, bottom };
  else bands.push({ top, bottom, spans });
}

export const rectsEqual = (a: Rect, b: Rect): boolean =>
  a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;

/** The overlap, or null where there is none. */
export function intersectRects(a: Rect, b: Rect): Rect | null {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

/** The smallest rectangle around both. */
export function joinRects(a: Rect, b: Rect): Rect {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}

/** Whether a point, which may have fractions, lies in a rectangle. */
export const hasPoint = ({ x, y, width, height }: Rect, point: Point): boolean =>
  point.x >= x && point.y >= y && point.x < x + width && point.y < y + height;
