// What a plane shows, as properties.
import { fixedPoint } from '../render/commands.ts';
import type { Rect } from '../scene/region.ts';
import type { AtomicRequest } from './atomic-request.ts';
import { type ModeObject, propertyOf } from './mode-properties.ts';
import type { PlaneInfo } from './pipes.ts';

export interface PlaneContent {
  readonly framebuffer: number;
  /** In buffer pixels. */
  readonly source: Rect;
  /** In pixels of the output. */
  readonly destination: Rect;
  /** A sync file to wait for instead of the fences in the buffer's reservation. */
  readonly inFence?: number;
}

export function setPlane(
  request: AtomicRequest,
  crtc: ModeObject,
  plane: PlaneInfo,
  content: PlaneContent,
): void {
  const { x, y, w, h } = fixedPoint(content.source);
  const { destination } = content;
  request
    .set(plane, 'CRTC_ID', crtc.id)
    .set(plane, 'FB_ID', content.framebuffer)
    .set(plane, 'SRC_X', x)
    .set(plane, 'SRC_Y', y)
    .set(plane, 'SRC_W', w)
    .set(plane, 'SRC_H', h)
    .set(plane, 'CRTC_X', destination.x)
    .set(plane, 'CRTC_Y', destination.y)
    .set(plane, 'CRTC_W', destination.width)
    .set(plane, 'CRTC_H', destination.height);
  if (content.inFence !== undefined) request.set(plane, 'IN_FENCE_FD', content.inFence);
  setEnum(request, plane, 'COLOR_ENCODING', 'ITU-R BT.709 YCbCr');
  setEnum(request, plane, 'COLOR_RANGE', 'YCbCr limited range');
}

export function clearPlane(request: AtomicRequest, plane: PlaneInfo): void {
  request.set(plane, 'CRTC_ID', 0).set(plane, 'FB_ID', 0);
}

function setEnum(request: AtomicRequest, plane: PlaneInfo, name: string, value: string): void {
  if (!plane.properties.has(name)) return;
  const number = propertyOf(plane, name).values.get(value);
  if (number !== undefined) request.set(plane, name, number);
}
