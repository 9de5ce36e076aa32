import {
  DRM_MODE_FB_INTERLACED,
  DRM_MODE_FB_MODIFIERS,
  type drm_mode_fb_cmd2,
} from '../../../../protocol/uapi/drm-mode.ts';
import { DRM_FORMAT_MOD_LINEAR, fourccText } from '../../../../protocol/uapi/fourcc.ts';
import type { StructValue } from '../../../../protocol/uapi/struct.ts';
import { type FormatInfo, formatInfo, planeRows, rowBytes } from '../../engine/formats.ts';
import { KernelError, require } from '../../task/kernel-error.ts';
import type { GemHandles } from '../gem-handles.ts';
import type { FramebufferLayout, FramebufferPlane } from './framebuffer.ts';

type Request = Readonly<StructValue<typeof drm_mode_fb_cmd2>>;

export interface SizeLimits {
  readonly minWidth: number;
  readonly maxWidth: number;
  readonly minHeight: number;
  readonly maxHeight: number;
}

const UINT_MAX = 0xffffffff;

/**
 * What ADDFB2 asks for as a layout with references to its objects, or why not (`framebuffer_check` and
 * `drm_gem_fb_init_with_funcs`): EINVAL, ERANGE when the size of a plane overflows, ENOENT for a handle that is none.
 * The display engine needs offsets and pitches that are multiples of the pixel's bytes: EINVAL.
 */
export function checkFramebuffer(
  request: Request,
  limits: SizeLimits,
  formats: readonly number[],
  handles: GemHandles,
): FramebufferLayout {
  checkSize(request, limits);
  const format = knownFormat(request.pixel_format, formats);
  for (const index of format.planes.keys()) checkPlane(request, format, index);
  checkModifiers(request, format);
  const { width, height, flags } = request;
  const planes = takeObjects(request, format, handles);
  return { width, height, format, modifier: DRM_FORMAT_MOD_LINEAR, flags, planes };
}

function checkSize({ flags, width, height }: Request, limits: SizeLimits): void {
  const known = DRM_MODE_FB_INTERLACED | DRM_MODE_FB_MODIFIERS;
  require((flags & ~known) === 0, 'EINVAL', `unknown framebuffer flags 0x${flags.toString(16)}`);
  const { minWidth, maxWidth, minHeight, maxHeight } = limits;
  const fits = width >= minWidth && width <= maxWidth && height >= minHeight && height <= maxHeight;
  require(fits, 'EINVAL', `${width}x${height} is outside of ${minWidth}x${minHeight} to ${maxWidth}x${maxHeight}`);
}

function knownFormat(fourcc: number, formats: readonly number[]): FormatInfo {
  const format = formats.includes(fourcc) ? formatInfo(fourcc) : undefined;
  if (format) return format;
  const names = formats.map(fourccText).join(', ');
  throw new KernelError('EINVAL', `no plane can show format ${fourccText(fourcc)}; there are ${names}`);
}

function checkPlane(request: Request, format: FormatInfo, index: number): void {
  const pitch = request.pitches[index]!;
  const offset = request.offsets[index]!;
  require(request.handles[index], 'EINVAL', `plane ${index} of ${format.name} has no buffer`);
  const least = rowBytes(format, index, request.width);
  const rows = planeRows(format, index, request.height);
  require(rows * pitch + offset <= UINT_MAX, 'ERANGE', `plane ${index} ends beyond 4 GiB`);
  require(pitch >= least, 'EINVAL', `plane ${index} has a pitch of ${pitch}, its rows have ${least} bytes`);
  const { bytes } = format.planes[index]!;
  const aligned = pitch % bytes === 0 && offset % bytes === 0;
  require(aligned, 'EINVAL', `pitch ${pitch} and offset ${offset} of plane ${index} are no multiples of ${bytes}`);
}

function checkModifiers({ flags, modifier, handles, pitches, offsets }: Request, format: FormatInfo): void {
  const withModifiers = (flags & DRM_MODE_FB_MODIFIERS) !== 0;
  for (const [index, value] of modifier.entries()) {
    require(value ===
      DRM_FORMAT_MOD_LINEAR, 'EINVAL', `modifier 0x${value.toString(16)}: planes show linear buffers only`);
    if (index < format.planes.length || !withModifiers) continue;
    const unused = !handles[index] && !pitches[index] && !offsets[index];
    require(unused, 'EINVAL', `${format.name} has no plane ${index}, its handle, pitch and offset have to be 0`);
  }
}

function takeObjects(request: Request, format: FormatInfo, handles: GemHandles): readonly FramebufferPlane[] {
  const planes = format.planes.map((_, index) => {
    const object = handles.lookup(request.handles[index]!);
    const pitch = request.pitches[index]!;
    const offset = request.offsets[index]!;
    const needed =
      (planeRows(format, index, request.height) - 1) * pitch +
      rowBytes(format, index, request.width) +
      offset;
    require(object.size >=
      needed, 'EINVAL', `plane ${index} needs ${needed} bytes, its buffer has ${object.size}`);
    return { object, pitch, offset };
  });
  for (const { object } of planes) object.get();
  return planes;
}
