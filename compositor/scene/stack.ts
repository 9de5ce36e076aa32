// The surfaces of the scene from the lowest to the highest, with their places in the global space.
import type { Popup } from './popup.ts';
import { intersectRects, type Point, type Rect, rectsEqual } from './region.ts';
import type { Surface } from './surface.ts';
import type { ChildPlacement } from './surface-state.ts';
import type { Window } from './window.ts';

/** A surface that is shown, and the rectangle it fills, in logical pixels of the global space. */
export interface SurfacePlacement extends Rect {
  readonly surface: Surface;
  readonly window: Window;
}

/** The surface and its subsurfaces, lowest first. Children are shown only while all surfaces above them in the tree are. */
export function flatten(surface: Surface, at: Point, window: Window, into: SurfacePlacement[]): void {
  if (!surface.state.content) return;
  const children = (placements: readonly ChildPlacement[]): void => {
    for (const { subsurface, x, y } of placements) {
      const { origin } = subsurface.surface;
      if (!subsurface.destroyed)
        flatten(subsurface.surface, { x: at.x + x + origin.x, y: at.y + y + origin.y }, window, into);
    }
  };
  children(surface.state.below);
  into.push({ surface, window, ...at, ...surface.state.size });
  children(surface.state.above);
}

/** The part of a window's surface that the user takes for the window: what was set, or everything it shows. */
export function windowGeometry(surface: Surface, window: Window): Rect {
  const tree: SurfacePlacement[] = [];
  flatten(surface, { x: 0, y: 0 }, window, tree);
  const extent = tree.reduce(joinRects, { x: 0, y: 0, ...surface.state.size });
  const { role } = surface.state;
  if (role.kind !== 'xdg' || role.geometry === null) return extent;
  return intersectRects(role.geometry, extent) ?? extent;
}

/** Where the surface of a window goes: its geometry lies in the middle of the slot, or at its corner when it is larger. */
function windowOrigin(window: Window): Point {
  const slot = window.slot!.rect;
  const geometry = windowGeometry(window.surface, window);
  return {
    x: slot.x + Math.max(0, Math.floor((slot.width - geometry.width) / 2)) - geometry.x,
    y: slot.y + Math.max(0, Math.floor((slot.height - geometry.height) / 2)) - geometry.y,
  };
}

/** Windows from the lowest to the highest, each followed by its popups. */
export function buildStack(windows: readonly Window[], popups: readonly Popup[]): SurfacePlacement[] {
  const stack: SurfacePlacement[] = [];
  const popupsOf = byParent(popups);
  const shown = windows.filter(window => window.slot && window.mapped);
  for (const window of [...shown].sort((a, b) => level(a) - level(b))) {
    const origin = windowOrigin(window);
    flatten(window.surface, origin, window, stack);
    addPopups(window.surface, origin, window, popupsOf, stack);
  }
  return stack;
}

function byParent(popups: readonly Popup[]): ReadonlyMap<Surface, readonly Popup[]> {
  const map = new Map<Surface, Popup[]>();
  for (const popup of popups) {
    const siblings = map.get(popup.parent);
    if (siblings) siblings.push(popup);
    else map.set(popup.parent, [popup]);
  }
  return map;
}

function addPopups(
  parent: Surface,
  at: Point,
  window: Window,
  popupsOf: ReadonlyMap<Surface, readonly Popup[]>,
  stack: SurfacePlacement[],
): void {
  for (const popup of popupsOf.get(parent) ?? []) {
    if (!popup.surface.state.content) continue;
    const outer = windowGeometry(parent, window);
    const inner = windowGeometry(popup.surface, window);
    const place = {
      x: at.x + outer.x + popup.rect.x - inner.x,
      y: at.y + outer.y + popup.rect.y - inner.y,
    };
    flatten(popup.surface, place, window, stack);
    addPopups(popup.surface, place, window, popupsOf, stack);
  }
}

const LEVELS = { tiled: 0, maximised: 1, floating: 2, fullscreen: 3 } as const;
const level = (window: Window): number => LEVELS[window.slot!.mode];

/** The smallest rectangle around both. */
function joinRects(a: Rect, b: Rect): Rect {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}

export const samePlacement = (a: SurfacePlacement, b: SurfacePlacement): boolean =>
  a.surface === b.surface && rectsEqual(a, b);
