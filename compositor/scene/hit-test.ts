// Which surface an input event meets.
import type { LayerSurface } from './layer-surface.ts';
import type { Point } from './region.ts';
import type { Root, SurfacePlacement } from './stack.ts';
import type { Surface } from './surface.ts';
import type { Window } from './window.ts';

export interface Hit {
  readonly surface: Surface;
  /** In the surface's own coordinates. */
  readonly local: Point;
  readonly root: Window | LayerSurface;
}

/** The topmost surface whose input region has the point. */
export function hit(stack: readonly SurfacePlacement[], point: Point): Hit | null {
  for (let at = stack.length - 1; at >= 0; at--) {
    const { surface, root, x, y, width, height } = stack[at]!;
    if (root.kind === 'drag-icon') continue;
    const local = { x: point.x - x, y: point.y - y };
    if (local.x < 0 || local.y < 0 || local.x >= width || local.y >= height) continue;
    const { input } = surface.state;
    if (input === null || input.contains(local)) return { surface, local, root };
  }
  return null;
}

/** What a surface hangs on, through its subsurfaces and popups; null for one that has no place. */
export function rootOf(surface: Surface): Exclude<Root, { kind: 'drag-icon' }> | null {
  for (let at: Surface | null = surface; at; ) {
    const { role }: Surface = at;
    if (role?.kind === 'toplevel') return role.window;
    if (role?.kind === 'layer') return role.layer;
    if (role?.kind === 'subsurface') at = role.subsurface.parent;
    else if (role?.kind === 'popup') at = role.popup.parent;
    else return null;
  }
  return null;
}
