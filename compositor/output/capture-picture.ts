// A capture drawn by the render engine: the layers of a frame, from planes too, with the cursor or without it.
import type { Layer } from '../render/layer.ts';
import type { GpuImage } from '../render/render-device.ts';
import type { Renderer, RenderJob } from '../render/renderer.ts';
import { type Point, type Rect, Region } from '../scene/region.ts';
import { BACKGROUND } from './painter.ts';

/** What a commit shows, and what that changes, in pixels of the output. */
export interface Picture {
  /** Lowest first. */
  readonly layers: readonly Layer[];
  readonly cursor: Layer | null;
  readonly damage: Region;
  /** By the cursor alone. */
  readonly cursorDamage: Region;
}

export interface CaptureOrder {
  readonly image: GpuImage;
  /** The part of the output that goes into the image. */
  readonly area: Rect;
  readonly picture: Picture;
  /** What changed since the image was last drawn, besides the picture's own damage; null: all of it. */
  readonly missed: Region | null;
  /** What the image lacks besides, in its own pixels. */
  readonly bufferDamage: Region;
  readonly paintCursors: boolean;
  /** For people: the output. */
  readonly name: string;
}

/** Null when the image is as it has to be. Throws a KernelError when the device takes no job. */
export function composeCapture(renderer: Renderer, order: CaptureOrder): RenderJob | null {
  const { area, picture, paintCursors } = order;
  const layers = paintCursors && picture.cursor ? [...picture.layers, picture.cursor] : picture.layers;
  return renderer.compose({
    target: order.image,
    layers: layers.map(layer => shifted(layer, area)),
    damage: lacking(order),
    background: BACKGROUND,
    consumer: `capture of ${order.name}`,
  });
}

/** In pixels of the image. */
function lacking({ area, picture, missed, bufferDamage, paintCursors }: CaptureOrder): Region {
  const whole = Region.of({ x: 0, y: 0, width: area.width, height: area.height });
  if (!missed) return whole;
  const changed = missed.union(picture.damage);
  const all = paintCursors ? changed.union(picture.cursorDamage) : changed;
  return all.translate(-area.x, -area.y).union(bufferDamage).intersect(whole);
}

function shifted(layer: Layer, { x, y }: Point): Layer {
  if (x === 0 && y === 0) return layer;
  const { destination } = layer;
  return {
    ...layer,
    destination: { ...destination, x: destination.x - x, y: destination.y - y },
    opaque: layer.opaque.translate(-x, -y),
  };
}
