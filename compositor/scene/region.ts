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

/** What is in the result, given what is in the two operands. */
type Rule = (inA: boolean, inB: boolean) => boolean;

const NO_SPANS: Spans = [];
const LOWEST = -(2 ** 31);
const HIGHEST = 2 ** 31 - 1;
const clamp = (value: number): number => Math.max(LOWEST, Math.min(HIGHEST, value));

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
    if (this.#bands.length === 0) return { x: 0, y: 0, width: 0, height: 0 };
    const left = Math.min(...this.#bands.map(band => band.spans[0]!));
    const right = Math.max(...this.#bands.map(band => band.spans.at(-1)!));
    const top = this.#bands[0]!.top;
    return { x: left, y: top, width: right - left, height: this.#bands.at(-1)!.bottom - top };
  }

  /** Pixels in it. */
  get area(): number {
    return this.rects.reduce((sum, rect) => sum + rect.width * rect.height, 0);
  }

  union(other: Region): Region {
    if (this.isEmpty) return other;
    if (other.isEmpty) return this;
    return combine(
      this.#bands,
      other.#bands,
      (a, b) => a || b,
      bands => new Region(bands),
    );
  }

  intersect(other: Region): Region {
    if (this.isEmpty || other.isEmpty) return Region.empty;
    return combine(
      this.#bands,
      other.#bands,
      (a, b) => a && b,
      bands => new Region(bands),
    );
  }

  subtract(other: Region): Region {
    if (this.isEmpty || other.isEmpty) return this;
    return combine(
      this.#bands,
      other.#bands,
      (a, b) => a && !b,
      bands => new Region(bands),
    );
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

  equals(other: Region): boolean {
    return this.subtract(other).isEmpty && other.subtract(this).isEmpty;
  }

  /** The bounds instead, once there are more than `limit` rectangles: for damage, where too much is harmless. */
  simplified(limit: number): Region {
    return this.rects.length <= limit ? this : Region.of(this.bounds);
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

/** Cuts both operands at every row where one of them changes and joins slab by slab. */
function combine(
  a: readonly Band[],
  b: readonly Band[],
  rule: Rule,
  make: (bands: readonly Band[]) => Region,
): Region {
  const edges = [...new Set([...a, ...b].flatMap(band => [band.top, band.bottom]))].sort((x, y) => x - y);
  const bands: Band[] = [];
  let atA = 0;
  let atB = 0;
  for (let at = 0; at + 1 < edges.length; at++) {
    const top = edges[at]!;
    const bottom = edges[at + 1]!;
    while (atA < a.length && a[atA]!.bottom <= top) atA++;
    while (atB < b.length && b[atB]!.bottom <= top) atB++;
    append(bands, top, bottom, joinSpans(spansAt(a[atA], top), spansAt(b[atB], top), rule));
  }
  return bands.length === 0 ? Region.empty : make(bands);
}

function spansAt(band: Band | undefined, row: number): Spans {
  return band && band.top <= row ? band.spans : NO_SPANS;
}

function joinSpans(a: Spans, b: Spans, rule: Rule): Spans {
  const spans: number[] = [];
  let atA = 0;
  let atB = 0;
  let inside = false;
  while (atA < a.length || atB < b.length) {
    const x = Math.min(a[atA] ?? Number.POSITIVE_INFINITY, b[atB] ?? Number.POSITIVE_INFINITY);
    if (a[atA] === x) atA++;
    if (b[atB] === x) atB++;
    // An odd number of edges passed: the position is inside a span.
    const now = rule((atA & 1) === 1, (atB & 1) === 1);
    if (now !== inside) spans.push(x);
    inside = now;
  }
  return spans;
}

/** Adds a slab, as part of the band above it where that has the same spans. */
function append(bands: Band[], top: number, bottom: number, spans: Spans): void {
  if (spans.length === 0) return;
  const above = bands.at(-1);
  const same =
    above?.bottom === top &&
    above.spans.length === spans.length &&
    above.spans.every((x, at) => x === spans[at]);
  if (same) bands[bands.length - 1] = { ...above, bottom };
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
