// Where layer surfaces go on an output, and what room they leave to windows.
import { type Anchor, LAYERS, type LayerState, type LayerSurface } from './layer-surface.ts';
import { clamp, type Rect } from './region.ts';

type Edge = keyof Anchor;

/** The part of an output's width and height that exclusive zones leave to windows, whatever they ask for. */
const KEPT = 1 / 4;

/** Those that keep an edge free come first, from the overlay down; the others share what is left. */
export function arrangeLayers(
  layers: readonly LayerSurface[],
  output: Rect,
): { readonly places: ReadonlyMap<LayerSurface, Rect>; readonly usable: Rect } {
  const places = new Map<LayerSurface, Rect>();
  let usable = output;
  for (const layer of [...layers].sort(fromTheTop)) {
    const { state } = layer;
    if (state.exclusiveZone <= 0) continue;
    places.set(layer, placeIn(usable, state));
    if (layer.mapped) usable = without(usable, state, output);
  }
  for (const layer of layers)
    if (!places.has(layer)) {
      const { state } = layer;
      places.set(layer, placeIn(state.exclusiveZone === -1 ? output : usable, state));
    }
  return { places, usable };
}

const fromTheTop = (a: LayerSurface, b: LayerSurface): number =>
  LAYERS.indexOf(b.state.layer) - LAYERS.indexOf(a.state.layer);

function placeIn(bounds: Rect, { size, anchor, margin }: LayerState): Rect {
  const across = placeAxis(
    { start: bounds.x, length: bounds.width },
    { length: size.width, atStart: anchor.left, atEnd: anchor.right },
    { start: margin.left, end: margin.right },
  );
  const down = placeAxis(
    { start: bounds.y, length: bounds.height },
    { length: size.height, atStart: anchor.top, atEnd: anchor.bottom },
    { start: margin.top, end: margin.bottom },
  );
  return { x: across.start, y: down.start, width: across.length, height: down.length };
}

/** One axis: tied to one end, to both (stretched, or in the middle with a size of its own), or to neither. */
function placeAxis(
  bounds: { readonly start: number; readonly length: number },
  surface: { readonly length: number; readonly atStart: boolean; readonly atEnd: boolean },
  margin: { readonly start: number; readonly end: number },
): { readonly start: number; readonly length: number } {
  const { atStart, atEnd } = surface;
  if (surface.length === 0)
    return {
      start: bounds.start + margin.start,
      length: clamp(Math.max(1, bounds.length - margin.start - margin.end)),
    };
  const { length } = surface;
  if (atStart && !atEnd) return { start: bounds.start + margin.start, length };
  if (atEnd && !atStart) return { start: bounds.start + bounds.length - length - margin.end, length };
  return { start: bounds.start + Math.floor((bounds.length - length) / 2), length };
}

/**
 * The edge whose zone a surface may have for itself: the one it is tied to alone, or with both of its neighbours. In a
 * corner, between two parallel edges, or tied to all or none there is no such edge.
 */
export function exclusiveEdge({ top, bottom, left, right }: Anchor): Edge | null {
  if (left === right && top !== bottom) return top ? 'top' : 'bottom';
  if (top === bottom && left !== right) return left ? 'left' : 'right';
  return null;
}

/**
 * What is left of an area beside the zone of a surface, and its margin on that side. A zone is a wish: windows keep their
 * part of the output, or one panel could take the screen from all programs.
 */
function without(area: Rect, { anchor, exclusiveZone, margin }: LayerState, output: Rect): Rect {
  const edge = exclusiveEdge(anchor);
  if (edge === null) return area;
  const vertical = edge === 'top' || edge === 'bottom';
  const kept = Math.ceil((vertical ? output.height : output.width) * KEPT);
  const most = Math.max(0, (vertical ? area.height : area.width) - kept);
  const zone = Math.max(0, Math.min(exclusiveZone + margin[edge], most));
  return {
    x: edge === 'left' ? area.x + zone : area.x,
    y: edge === 'top' ? area.y + zone : area.y,
    width: vertical ? area.width : area.width - zone,
    height: vertical ? area.height - zone : area.height,
  };
}
