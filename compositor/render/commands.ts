// Visible layers as commands of the render engine.

import { DRM_FORMAT_NV12 } from '../../protocol/uapi/fourcc.ts';
import {
  SIMGPU_BLEND_NONE,
  SIMGPU_BLEND_PREMULTIPLIED,
  SIMGPU_ENCODING_BT709,
  SIMGPU_FILTER_BILINEAR,
  SIMGPU_FILTER_NEAREST,
  SIMGPU_OP_COMPOSITE,
  SIMGPU_OP_FILL,
  SIMGPU_RANGE_LIMITED,
} from '../../protocol/uapi/simgpu.ts';
import type { Rect, Region } from '../scene/region.ts';
import { type Transform, transformSize } from '../scene/transform.ts';
import type { Source } from './image-cache.ts';
import type { Layer } from './layer.ts';
import type { GpuCommand, GpuImage } from './render-device.ts';

const ONE = 65536;
const OPAQUE = 0xffff;

const edges = (rect: Rect) => ({
  x1: rect.x,
  y1: rect.y,
  x2: rect.x + rect.width,
  y2: rect.y + rect.height,
});

/** Fills a region with a premultiplied colour, without looking at what is there. */
export function fillCommands(target: GpuImage, region: Region, argb: number): GpuCommand[] {
  return region.rects.map(rect => fill(target, rect, argb, SIMGPU_BLEND_NONE));
}

const fill = (target: GpuImage, clip: Rect, color: number, blend: number): GpuCommand => ({
  opcode: SIMGPU_OP_FILL,
  target,
  destination: edges(clip),
  clip: edges(clip),
  color,
  blend_mode: blend,
  alpha: OPAQUE,
});

/** Draws `region` of a layer; its opaque part replaces what is there, the rest is blended. */
export function layerCommands(target: GpuImage, layer: Layer, source: Source, region: Region): GpuCommand[] {
  const opaque = region.intersect(layer.opaque);
  const blended = region.subtract(layer.opaque);
  const draw = (clip: Rect, blend: number): GpuCommand =>
    source.kind === 'colour'
      ? fill(target, clip, source.argb, blend)
      : composite(target, layer, source.image, clip, blend);
  return [
    ...opaque.rects.map(clip => draw(clip, SIMGPU_BLEND_NONE)),
    ...blended.rects.map(clip => draw(clip, SIMGPU_BLEND_PREMULTIPLIED)),
  ];
}

function composite(target: GpuImage, layer: Layer, source: GpuImage, clip: Rect, blend: number): GpuCommand {
  const ycbcr = source.format === DRM_FORMAT_NV12;
  return {
    opcode: SIMGPU_OP_COMPOSITE,
    target,
    source,
    destination: edges(layer.destination),
    clip: edges(clip),
    source_rect: fixedPoint(layer.source),
    transform: layer.transform,
    filter: needsFilter(layer) ? SIMGPU_FILTER_BILINEAR : SIMGPU_FILTER_NEAREST,
    alpha: OPAQUE,
    blend_mode: blend,
    color_encoding: ycbcr ? SIMGPU_ENCODING_BT709 : 0,
    color_range: ycbcr ? SIMGPU_RANGE_LIMITED : 0,
  };
}

/** 16.16 fixed point, as planes and the engine take it. */
export const fixedPoint = (rect: Rect) => ({
  x: Math.round(rect.x * ONE),
  y: Math.round(rect.y * ONE),
  w: Math.round(rect.width * ONE),
  h: Math.round(rect.height * ONE),
});

/** Pixels go to pixels one to one without a filter. */
function needsFilter({ source, destination, transform }: Layer): boolean {
  const turned = transformSize(source, transform);
  const whole = Number.isInteger(source.x) && Number.isInteger(source.y);
  return !whole || turned.width !== destination.width || turned.height !== destination.height;
}

/** The transform of a buffer that was turned and then stored with its lowest row first. */
export function flippedVertically(transform: Transform): Transform {
  // A vertical flip is a flip and half a turn; a flip after a turn is a flip before the opposite turn.
  const turn = (2 - (transform & 3) + 4) & 3;
  return (turn | ((transform & 4) ^ 4)) as Transform;
}
