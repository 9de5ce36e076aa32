// Which surface an input event meets.
import type { LayerSurface } from './layer-surface.ts';
import { hasPoint, type Point } from './region.ts';
import { FRAME_WIDTH, type Frame, type Root, type SurfacePlacement } from './stack.ts';
import type { Surface } from './surface.ts';
import type { Edges, Window } from './window.ts';

export interface Hit {
  readonly surface: Surface;
  /** In the surface's own coordinates. */
  readonly local: Point;
  readonly root: Window | LayerSurface;
}

/** A point on the frame that the compositor draws around a window. */
export interface FrameHit {
  readonly window: Window;
  /** Those that lie there; neither of them in the title. */
  readonly edges: Edges;
}

/** The topmost surface whose input region has the point; null where a frame lies above all of them, too. */
export function hit(stack: readonly SurfacePlacement[], point: Point): Hit | null {
  for (let at = stack.length - 1; at >= 0; at--) {
    const { surface, root, frame, x, y } = stack[at]!;
    if (root.kind === 'drag-icon') continue;
    if (hasPoint(stack[at]!, point)) {
      const local = { x: point.x - x, y: point.y - y };
      const { input } = surface.state;
      if (input === null || input.contains(local)) return { surface, local, root };
    }
    if (frame && isOn(frame, point)) return null;
  }
  return null;
}

/** The frame under a point that no surface takes. */
export function hitFrame(stack: readonly SurfacePlacement[], point: Point): FrameHit | null {
  for (let at = stack.length - 1; at >= 0; at--) {
    const { root, frame } = stack[at]!;
    if (root.kind === 'window' && frame && isOn(frame, point))
      return { window: root, edges: edgesAt(frame, point) };
  }
  return null;
}

const isOn = ({ outer, inner }: Frame, point: Point): boolean =>
  hasPoint(outer, point) && !hasPoint(inner, point);

/** The title moves a window, what is left of the frame resizes it. */
function edgesAt({ outer, inner }: Frame, { x, y }: Point): Edges {
  return {
    x: x < inner.x ? -1 : x >= inner.x + inner.width ? 1 : 0,
    y: y < outer.y + FRAME_WIDTH ? -1 : y >= inner.y + inner.height ? 1 : 0,
  };
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
