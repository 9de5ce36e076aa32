// The surfaces of the scene from the lowest to the highest, with their places in the global space.
import type { DragIcon } from './drag-icon.ts';
import type { LayerSurface } from './layer-surface.ts';
import type { Popup } from './popup.ts';
import { intersectRects, joinRects, type Point, type Rect, rectsEqual } from './region.ts';
import type { Surface } from './surface.ts';
import type { ChildPlacement } from './surface-state.ts';
import type { Alignment, Slot, Window } from './window.ts';

/** Logical pixels that a frame has on each side of its window. */
export const FRAME_WIDTH = 2;

/** Of a floating window's frame above the window: enough to take it by. */
export const TITLE_HEIGHT = 20;

/** What a tree of surfaces hangs on. */
export type Root = Window | LayerSurface | DragIcon;

/** The border that the compositor draws around a window: between the two rectangles. */
export interface Frame {
  readonly outer: Rect;
  /** The window geometry. */
  readonly inner: Rect;
  readonly activated: boolean;
}

/** A surface that is shown, and the rectangle it fills, in logical pixels of the global space. */
export interface SurfacePlacement extends Rect {
  readonly surface: Surface;
  readonly root: Root;
  /** Drawn below this surface, which is the lowest of its window; null: nothing is. */
  readonly frame: Frame | null;
}

/** The frame's sides: above, below, left and right of the window. */
export function frameSides({ outer, inner }: Frame): Rect[] {
  const right = inner.x + inner.width;
  const bottom = inner.y + inner.height;
  return [
    { x: outer.x, y: outer.y, width: outer.width, height: inner.y - outer.y },
    { x: outer.x, y: bottom, width: outer.width, height: outer.y + outer.height - bottom },
    { x: outer.x, y: inner.y, width: inner.x - outer.x, height: inner.height },
    { x: right, y: inner.y, width: outer.x + outer.width - right, height: inner.height },
  ];
}

/** All that an entry of the stack covers. */
export const extentOf = (placement: SurfacePlacement): Rect =>
  placement.frame ? joinRects(placement, placement.frame.outer) : placement;

/** The surface and its subsurfaces, lowest first. Children are shown only while all surfaces above them in the tree are. */
function flatten(surface: Surface, at: Point, root: Root, into: SurfacePlacement[]): void {
  if (!surface.state.content) return;
  const children = (placements: readonly ChildPlacement[]): void => {
    for (const { subsurface, x, y } of placements) {
      const { origin } = subsurface.surface;
      if (!subsurface.destroyed)
        flatten(subsurface.surface, { x: at.x + x + origin.x, y: at.y + y + origin.y }, root, into);
    }
  };
  children(surface.state.below);
  into.push({ surface, root, frame: null, ...at, ...surface.state.size });
  children(surface.state.above);
}

/** The part of a surface that the user takes for the window: what was set, or everything it shows. */
export function windowGeometry(surface: Surface): Rect {
  const { role, size } = surface.state;
  const own = { x: 0, y: 0, ...size };
  if (role.kind === 'layer') return own;
  const extent = treeExtent(surface, own);
  if (role.kind !== 'xdg' || role.geometry === null) return extent;
  return intersectRects(role.geometry, extent) ?? extent;
}

function treeExtent(surface: Surface, own: Rect): Rect {
  const { above, below } = surface.state;
  let extent = own;
  for (const children of [below, above])
    for (const { subsurface, x, y } of children) {
      const child = subsurface.surface;
      if (subsurface.destroyed || !child.state.content) continue;
      const inner = treeExtent(child, { x: 0, y: 0, ...child.state.size });
      extent = joinRects(extent, {
        ...inner,
        x: inner.x + x + child.origin.x,
        y: inner.y + y + child.origin.y,
      });
    }
  return extent;
}

/** A window's geometry as it is shown, in the global space; null: it is not. */
export const shownPlaceOf = ({ slot, mapped, surface }: Window): Rect | null =>
  slot && mapped ? placeInSlot(slot, windowGeometry(surface)) : null;

/** Where a window of this geometry lies in its slot, in the global space. */
export function placeInSlot(slot: Slot, geometry: Rect): Rect {
  const { rect, align, within, mode } = slot;
  const grows = mode === 'floating';
  const x = alignAxis(align.x, { start: rect.x, length: rect.width }, geometry.width, grows);
  const y = alignAxis(align.y, { start: rect.y, length: rect.height }, geometry.height, grows);
  return {
    x: within ? keepInside(x, geometry.width, within.x, within.width) : x,
    y: within ? keepInside(y, geometry.height, within.y, within.height) : y,
    width: geometry.width,
    height: geometry.height,
  };
}

/** In a tile, a window that is too large begins at the corner, so that its title bar can be seen. */
function alignAxis(
  align: Alignment,
  slot: { readonly start: number; readonly length: number },
  length: number,
  grows: boolean,
): number {
  if (align === 'start') return slot.start;
  if (align === 'end') return slot.start + slot.length - length;
  const room = Math.floor((slot.length - length) / 2);
  return slot.start + (grows ? room : Math.max(0, room));
}

/** The start of a length that is moved into a room, as far as it fits. */
export const keepInside = (at: number, length: number, from: number, room: number): number =>
  Math.max(from, Math.min(at, from + room - length));

/** One root's surfaces, lowest first, each tree followed by its popups. */
export function buildPart(
  root: Root,
  popupsOf: ReadonlyMap<Surface, readonly Popup[]>,
  activated: Window | null,
): readonly SurfacePlacement[] {
  const part: SurfacePlacement[] = [];
  const at = originOf(root);
  if (!at) return part;
  flatten(root.surface, at, root, part);
  const lowest = part[0];
  if (lowest && root.kind === 'window') part[0] = { ...lowest, frame: frameOf(root, activated) };
  addPopups(root.surface, at, root, popupsOf, part);
  return part;
}

/** Where the origin of a root's surface goes; null for one that has no place. */
function originOf(root: Root): Point | null {
  if (root.kind === 'layer') return root.place && { x: root.place.x, y: root.place.y };
  if (root.kind === 'drag-icon') {
    const { origin } = root.surface;
    return { x: Math.floor(root.position.x) + origin.x, y: Math.floor(root.position.y) + origin.y };
  }
  if (!root.slot || !root.mapped) return null;
  const geometry = windowGeometry(root.surface);
  const place = placeInSlot(root.slot, geometry);
  return { x: place.x - geometry.x, y: place.y - geometry.y };
}

function frameOf(window: Window, activated: Window | null): Frame | null {
  const { slot } = window;
  if (slot?.decoration !== 'server' || slot.mode === 'fullscreen' || slot.mode === 'maximised') return null;
  const inner = placeInSlot(slot, windowGeometry(window.surface));
  const above = slot.mode === 'floating' ? TITLE_HEIGHT : FRAME_WIDTH;
  const outer = {
    x: inner.x - FRAME_WIDTH,
    y: inner.y - above,
    width: inner.width + 2 * FRAME_WIDTH,
    height: inner.height + above + FRAME_WIDTH,
  };
  return { outer, inner, activated: window === activated };
}

export function popupsByParent(popups: readonly Popup[]): ReadonlyMap<Surface, readonly Popup[]> {
  const map = new Map<Surface, Popup[]>();
  for (const popup of popups) {
    if (!popup.parent || popup.dismissed) continue;
    const siblings = map.get(popup.parent);
    if (siblings) siblings.push(popup);
    else map.set(popup.parent, [popup]);
  }
  return map;
}

function addPopups(
  parent: Surface,
  at: Point,
  root: Root,
  popupsOf: ReadonlyMap<Surface, readonly Popup[]>,
  stack: SurfacePlacement[],
): void {
  for (const popup of popupsOf.get(parent) ?? []) {
    if (!popup.surface.state.content) continue;
    const outer = windowGeometry(parent);
    const inner = windowGeometry(popup.surface);
    const place = {
      x: at.x + outer.x + popup.rect.x - inner.x,
      y: at.y + outer.y + popup.rect.y - inner.y,
    };
    flatten(popup.surface, place, root, stack);
    addPopups(popup.surface, place, root, popupsOf, stack);
  }
}

export const samePlacement = (a: SurfacePlacement, b: SurfacePlacement): boolean =>
  a === b || (a.surface === b.surface && rectsEqual(a, b) && sameFrame(a.frame, b.frame));

export const sameFrame = (a: Frame | null, b: Frame | null): boolean =>
  a === b ||
  (a !== null &&
    b !== null &&
    a.activated === b.activated &&
    rectsEqual(a.inner, b.inner) &&
    rectsEqual(a.outer, b.outer));
