// The scene as one output shows it: layers in its own pixels.
import { flippedVertically } from '../render/commands.ts';
import type { Layer } from '../render/layer.ts';
import { hasAlpha } from '../render/pixel-format.ts';
import type { ClientBuffer } from '../scene/client-buffer.ts';
import type { OutputInfo } from '../scene/outputs.ts';
import { intersectRects, type Rect, Region, type Size } from '../scene/region.ts';
import { type Frame, frameSides, type SurfacePlacement } from '../scene/stack.ts';
import type { Surface } from '../scene/surface.ts';
import { sourceRect } from '../scene/surface-geometry.ts';
import type { SurfaceState } from '../scene/surface-state.ts';
import type { OwnContent } from './own-content.ts';

export interface SceneLayer extends Layer {
  /** Null for what the compositor draws itself. */
  readonly surface: Surface | null;
  readonly state: SurfaceState | null;
}

export interface SurfaceLayer extends SceneLayer {
  readonly surface: Surface;
  readonly state: SurfaceState;
}

export const isOfSurface = (layer: SceneLayer): layer is SurfaceLayer => layer.surface !== null;

/** Layers of what the scene has on an output, lowest first. */
export function layersOf(
  output: OutputInfo,
  stack: readonly SurfacePlacement[],
  own: OwnContent,
): SceneLayer[] {
  const layers: SceneLayer[] = [];
  for (const placement of stack) {
    if (placement.frame) layers.push(...frameLayers(output, placement.frame, own));
    const layer = layerOf(output, placement);
    if (layer) layers.push(layer);
  }
  return layers;
}

/** The four sides of a window's frame. */
function frameLayers(output: OutputInfo, frame: Frame, own: OwnContent): SceneLayer[] {
  const use = own.frame(frame.activated);
  return frameSides(frame)
    .map(side => toDevice(output, side))
    .filter(isDrawable)
    .map(destination => ({
      surface: null,
      state: null,
      use,
      label: 'frame',
      source: { x: 0, y: 0, width: 1, height: 1 },
      destination,
      transform: 0,
      opaque: Region.of(destination),
    }));
}

function layerOf(output: OutputInfo, placement: SurfacePlacement): SurfaceLayer | null {
  const { surface } = placement;
  const { state } = surface;
  const { content } = state;
  const destination = toDevice(output, placement);
  if (!content || !isDrawable(destination)) return null;
  return {
    surface,
    state,
    use: content,
    label: surface.label,
    ...surfaceSource(state, content.buffer),
    destination,
    opaque: opaqueRegion(output, placement, destination, content.buffer),
  };
}

/** Which part of a surface's buffer is shown, and how that was turned. */
export function surfaceSource(
  state: SurfaceState,
  buffer: ClientBuffer,
): Pick<Layer, 'source' | 'transform'> {
  const source = clampTo(sourceRect(state, buffer), buffer);
  const inverted = buffer.kind === 'dmabuf' && buffer.yInverted;
  if (!inverted) return { source, transform: state.transform };
  return {
    source: { ...source, y: buffer.height - source.y - source.height },
    transform: flippedVertically(state.transform),
  };
}

/** The layer that hides all others of a screen; null when there is none. */
export function soleLayer(layers: readonly SceneLayer[], size: Size): SurfaceLayer | null {
  const screen = { x: 0, y: 0, ...size };
  const top = layers.findLast(({ destination }) => intersectRects(destination, screen) !== null);
  return top && isOfSurface(top) && top.opaque.covers(Region.of(screen)) ? top : null;
}

/** Coordinates that the engines have; a viewport can ask for any. */
const LARGEST = 32767;

/** An opaque region of more rectangles costs more than it saves, and is the client's to make as large as it likes. */
const MOST_OPAQUE = 32;

export const isDrawable = ({ x, y, width, height }: Rect): boolean =>
  width > 0 &&
  height > 0 &&
  [x, y, x + width, y + height, width, height].every(edge => Math.abs(edge) <= LARGEST);

/** A viewport is checked against the buffer by whoever takes it; rounding may still lead a hair outside. */
function clampTo(rect: Rect, size: Size): Rect {
  const x = Math.min(Math.max(rect.x, 0), size.width);
  const y = Math.min(Math.max(rect.y, 0), size.height);
  return {
    x,
    y,
    width: Math.min(rect.width, size.width - x),
    height: Math.min(rect.height, size.height - y),
  };
}

function opaqueRegion(
  output: OutputInfo,
  placement: SurfacePlacement,
  destination: Rect,
  buffer: ClientBuffer,
): Region {
  const { opaque } = placement.surface.state;
  if (isOpaque(buffer)) return Region.of(destination);
  if (opaque.rects.length > MOST_OPAQUE) return Region.empty;
  return opaque
    .translate(placement.x, placement.y)
    .map(rect => inwards(output, rect))
    .intersect(Region.of(destination));
}

function isOpaque(buffer: ClientBuffer): boolean {
  if (buffer.kind === 'single-pixel') return buffer.argb >>> 24 === 0xff;
  return !hasAlpha(buffer.format);
}

/** A rectangle of the global space in pixels of the output. */
function toDevice({ geometry, scale }: OutputInfo, rect: Rect): Rect {
  const x = Math.round((rect.x - geometry.x) * scale);
  const y = Math.round((rect.y - geometry.y) * scale);
  return {
    x,
    y,
    width: Math.round((rect.x - geometry.x + rect.width) * scale) - x,
    height: Math.round((rect.y - geometry.y + rect.height) * scale) - y,
  };
}

/** Only pixels that are wholly inside: half an opaque pixel hides nothing. */
function inwards({ geometry, scale }: OutputInfo, rect: Rect): Rect {
  const x = Math.ceil((rect.x - geometry.x) * scale);
  const y = Math.ceil((rect.y - geometry.y) * scale);
  return {
    x,
    y,
    width: Math.floor((rect.x - geometry.x + rect.width) * scale) - x,
    height: Math.floor((rect.y - geometry.y + rect.height) * scale) - y,
  };
}

/** Damage of the global space in pixels of the output, rounded outwards. */
export function damageOn({ geometry, scale, mode }: OutputInfo, damage: Region): Region {
  return damage
    .intersect(Region.of(geometry))
    .map(rect => {
      const x = Math.floor((rect.x - geometry.x) * scale);
      const y = Math.floor((rect.y - geometry.y) * scale);
      return {
        x,
        y,
        width: Math.ceil((rect.x - geometry.x + rect.width) * scale) - x,
        height: Math.ceil((rect.y - geometry.y + rect.height) * scale) - y,
      };
    })
    .intersect(Region.of({ x: 0, y: 0, ...mode }));
}
