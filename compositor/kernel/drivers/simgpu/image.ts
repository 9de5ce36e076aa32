import type { simgpu_image, simgpu_rect, simgpu_source_rect } from '../../../../protocol/uapi/simgpu.ts';
import type { StructValue } from '../../../../protocol/uapi/struct.ts';
import type { GemObject } from '../../drm/gem.ts';
import type { GemHandles } from '../../drm/gem-handles.ts';
import type { EngineImage, FixedRect, PixelRect } from '../../engine/command.ts';
import { type FormatInfo, formatInfo, planeRows, rowBytes } from '../../engine/formats.ts';
import { KernelError, require } from '../../task/kernel-error.ts';

/** Largest side of an image or a rectangle, and largest coordinate, in pixels. */
export const MAX_SIDE = 32767;

export type ImageValue = StructValue<typeof simgpu_image>;
export type RectValue = StructValue<typeof simgpu_rect>;
export type SourceRectValue = StructValue<typeof simgpu_source_rect>;

/** Pixels in a buffer that were found to lie inside it. */
export interface CheckedImage {
  readonly object: GemObject;
  readonly info: FormatInfo;
  readonly width: number;
  readonly height: number;
  readonly offsets: readonly number[];
  readonly pitches: readonly number[];
}

/** ENOENT for the handle; EINVAL for a format, a size or planes that no engine could address. */
export function checkImage(objects: GemHandles, image: ImageValue, what: string): CheckedImage {
  const object = objects.lookup(image.handle);
  const info = formatInfo(image.format);
  if (!info)
    throw new KernelError('EINVAL', `${what}: the engine has no format 0x${image.format.toString(16)}`);
  const { width, height, offsets, pitches } = image;
  require(width > 0 && height > 0 && width <= MAX_SIDE && height <= MAX_SIDE, 'EINVAL', () =>
    `${what}: sides are 1 to ${MAX_SIDE} pixels, not ${width}x${height}`);
  const checked = { object, info, width, height, offsets, pitches };
  for (let plane = 0; plane < offsets.length; plane++) checkPlane(checked, plane, what);
  return checked;
}

function checkPlane(
  { object, info, width, height, offsets, pitches }: CheckedImage,
  plane: number,
  what: string,
): void {
  const offset = offsets[plane]!;
  const pitch = pitches[plane]!;
  const element = info.planes[plane]?.bytes;
  if (element === undefined) {
    if (offset !== 0 || pitch !== 0)
      throw wrongPlane(info, plane, what, ': there is none, its offset and pitch must be 0');
    return;
  }
  const row = rowBytes(info, plane, width);
  const end = offset + pitch * planeRows(info, plane, height);
  if (pitch < row || pitch % element !== 0 || offset % element !== 0)
    throw wrongPlane(
      info,
      plane,
      what,
      `: a pitch of at least ${row} and an offset are expected, both multiples of ${element}; got ${pitch} and ${offset}`,
    );
  if (end > object.size)
    throw wrongPlane(info, plane, what, ` ends at byte ${end} of a buffer of ${object.size}`);
}

const wrongPlane = (info: FormatInfo, plane: number, what: string, why: string): KernelError =>
  new KernelError('EINVAL', `${what}: plane ${plane} of ${info.name}${why}`);

const inEngine = (edge: number): boolean => Math.abs(edge) <= MAX_SIDE;

/** A rectangle given by its edges. EINVAL when it is empty or out of the engine's range. */
export function checkRect(rect: RectValue, what: string): PixelRect {
  const { x1, y1, x2, y2 } = rect;
  const inRange = inEngine(x1) && inEngine(y1) && inEngine(x2) && inEngine(y2);
  const width = x2 - x1;
  const height = y2 - y1;
  require(inRange && width > 0 && height > 0 && width <= MAX_SIDE && height <= MAX_SIDE, 'EINVAL', () =>
    `${what}: x1 < x2 and y1 < y2 within ±${MAX_SIDE} are expected, got (${x1},${y1})-(${x2},${y2})`);
  return { x: x1, y: y1, width, height };
}

/** What a command touches: of its destination, what is in the clip and in the target; null when that is nothing. */
export function touchedArea(
  { destination, clip }: { destination: RectValue; clip: RectValue },
  target: CheckedImage,
): PixelRect | null {
  const { width, height } = target;
  const inside = intersect(checkRect(clip, 'clip'), { x: 0, y: 0, width, height });
  const wanted = checkRect(destination, 'destination');
  return inside && intersect(inside, wanted);
}

function intersect(a: PixelRect, b: PixelRect): PixelRect | null {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

export function checkSourceRect(rect: SourceRectValue, source: CheckedImage): FixedRect {
  const { x, y, w, h } = rect;
  const inside = x + w <= source.width * 65536 && y + h <= source.height * 65536;
  require(w > 0 && h > 0 && inside, 'EINVAL', () =>
    `source_rect ${w / 65536}x${h / 65536} at ${x / 65536},${y / 65536} is empty or not inside the source of ${source.width}x${source.height}`);
  return { x, y, width: w, height: h };
}

/** The image at the address its buffer has now. */
export function engineImage(image: CheckedImage, address: number): EngineImage {
  const placed: EngineImage = {
    address: address + image.offsets[0]!,
    stride: image.pitches[0]!,
    width: image.width,
    height: image.height,
    format: image.info.fourcc,
  };
  if (image.info.planes.length > 1) {
    placed.chromaAddress = address + image.offsets[1]!;
    placed.chromaStride = image.pitches[1]!;
  }
  return placed;
}
