// xdg_positioner: rules for where a popup goes, and what comes of them.

import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import { clamp, type Rect, type Size } from '../scene/region.ts';
import type { Caller } from './context.ts';
import { demand } from './errors.ts';

const { anchor: ANCHOR, constraint_adjustment: ADJUST } = interfaces.xdg_positioner.enums;
const EDGES = Object.values(ANCHOR);

/** All in coordinates of the parent's window geometry. */
export interface PositionerRules {
  size: Size;
  anchorRect: Rect | null;
  anchor: number;
  gravity: number;
  adjustment: number;
  offset: { x: number; y: number };
  /** Placed anew when the parent or the room around it changes. */
  reactive: boolean;
  /** The size that the parent is about to have; null: the one it has. */
  parentSize: Size | null;
}

export function createPositioner({ context }: Caller, resource: Resource<'xdg_positioner'>): void {
  const rules: PositionerRules = {
    size: { width: 0, height: 0 },
    anchorRect: null,
    anchor: ANCHOR.none,
    gravity: ANCHOR.none,
    adjustment: ADJUST.none,
    offset: { x: 0, y: 0 },
    reactive: false,
    parentSize: null,
  };
  context.positioners.set(resource, rules);
  const edge = (value: number, what: string): number => {
    demand(
      EDGES.some(known => known === value),
      resource,
      'invalid_input',
      `${value} is no ${what}; 0 to 8 are expected`,
    );
    return value;
  };
  resource.setHandlers({
    destroy: () => {},
    set_size: (_, width, height) => {
      demand(
        width > 0 && height > 0,
        resource,
        'invalid_input',
        `the size ${width}x${height} is not positive`,
      );
      rules.size = { width, height };
    },
    set_anchor_rect: (_, x, y, width, height) => {
      demand(
        width >= 0 && height >= 0,
        resource,
        'invalid_input',
        `the anchor rectangle ${width}x${height} is negative`,
      );
      rules.anchorRect = { x, y, width, height };
    },
    set_anchor: (_, anchor) => {
      rules.anchor = edge(anchor, 'anchor');
    },
    set_gravity: (_, gravity) => {
      rules.gravity = edge(gravity, 'gravity');
    },
    set_constraint_adjustment: (_, adjustment) => {
      rules.adjustment = adjustment;
    },
    set_offset: (_, x, y) => {
      rules.offset = { x, y };
    },
    set_reactive: () => {
      rules.reactive = true;
    },
    set_parent_size: (_, width, height) => {
      rules.parentSize = width > 0 && height > 0 ? { width, height } : null;
    },
    // The parent's newest configure is what popups are placed for, whether or not this names it.
    set_parent_configure: () => {},
  });
}

/** A positioner needs a size and an anchor rectangle before it is used. */
export const isComplete = (rules: PositionerRules): boolean =>
  rules.size.width > 0 && rules.anchorRect !== null;

/** -1 at the left or top, 1 at the right or bottom, 0 in the middle. */
interface Direction {
  readonly x: number;
  readonly y: number;
}

const LEFT: readonly number[] = [ANCHOR.left, ANCHOR.top_left, ANCHOR.bottom_left];
const RIGHT: readonly number[] = [ANCHOR.right, ANCHOR.top_right, ANCHOR.bottom_right];
const TOP: readonly number[] = [ANCHOR.top, ANCHOR.top_left, ANCHOR.top_right];
const BOTTOM: readonly number[] = [ANCHOR.bottom, ANCHOR.bottom_left, ANCHOR.bottom_right];

const directionOf = (edge: number): Direction => ({
  x: LEFT.includes(edge) ? -1 : RIGHT.includes(edge) ? 1 : 0,
  y: TOP.includes(edge) ? -1 : BOTTOM.includes(edge) ? 1 : 0,
});

/** One axis of the placement: start and length. */
interface Span {
  readonly start: number;
  readonly length: number;
}

interface Axis {
  readonly anchor: Span;
  readonly anchorEdge: number;
  readonly gravity: number;
  readonly offset: number;
  readonly length: number;
  readonly flip: boolean;
  readonly slide: boolean;
  readonly resize: boolean;
}

/**
 * Where the popup goes, inside `bounds` as far as the adjustments that the client allows go: flip, then slide, then
 * resize, on each axis for itself. All in coordinates of the parent's window geometry.
 */
export function placePopup(rules: PositionerRules, bounds: Rect): Rect {
  const anchorRect = rules.anchorRect ?? { x: 0, y: 0, width: 0, height: 0 };
  const anchor = directionOf(rules.anchor);
  const gravity = directionOf(rules.gravity);
  const may = (bit: number): boolean => (rules.adjustment & bit) !== 0;
  const x = placeAxis(
    {
      anchor: { start: anchorRect.x, length: anchorRect.width },
      anchorEdge: anchor.x,
      gravity: gravity.x,
      offset: rules.offset.x,
      length: rules.size.width,
      flip: may(ADJUST.flip_x),
      slide: may(ADJUST.slide_x),
      resize: may(ADJUST.resize_x),
    },
    { start: bounds.x, length: bounds.width },
  );
  const y = placeAxis(
    {
      anchor: { start: anchorRect.y, length: anchorRect.height },
      anchorEdge: anchor.y,
      gravity: gravity.y,
      offset: rules.offset.y,
      length: rules.size.height,
      flip: may(ADJUST.flip_y),
      slide: may(ADJUST.slide_y),
      resize: may(ADJUST.resize_y),
    },
    { start: bounds.y, length: bounds.height },
  );
  return { x: clamp(x.start), y: clamp(y.start), width: x.length, height: y.length };
}

function placeAxis(axis: Axis, bounds: Span): Span {
  const plain: Span = { start: startOf(axis, 1), length: axis.length };
  if (fits(plain, bounds)) return plain;
  const flipped: Span = { start: startOf(axis, -1), length: axis.length };
  if (axis.flip && fits(flipped, bounds)) return flipped;
  const slid = axis.slide ? slide(plain, bounds, axis.gravity) : plain;
  if (fits(slid, bounds) || !axis.resize) return slid;
  const start = Math.max(slid.start, bounds.start);
  const end = Math.min(slid.start + slid.length, bounds.start + bounds.length);
  return end > start ? { start, length: end - start } : slid;
}

/** `sign` -1 mirrors anchor, gravity and offset. */
function startOf(axis: Axis, sign: 1 | -1): number {
  const edge = axis.anchorEdge * sign;
  const gravity = axis.gravity * sign;
  const at = axis.anchor.start + Math.floor((axis.anchor.length * (edge + 1)) / 2);
  return at + axis.offset * sign - Math.floor((axis.length * (1 - gravity)) / 2);
}

const fits = (span: Span, bounds: Span): boolean =>
  span.start >= bounds.start && span.start + span.length <= bounds.start + bounds.length;

/** What is longer than the room keeps the end inside that it grows from. */
function slide({ start, length }: Span, bounds: Span, gravity: number): Span {
  const last = bounds.start + bounds.length - length;
  const slid =
    gravity < 0
      ? Math.min(last, Math.max(start, bounds.start))
      : Math.max(bounds.start, Math.min(start, last));
  return { start: slid, length };
}
