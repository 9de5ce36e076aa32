import {
  drm_format_modifier,
  drm_format_modifier_blob,
  FORMAT_BLOB_CURRENT,
} from '../../../../protocol/uapi/drm-mode.ts';
import { DRM_FORMAT_MOD_LINEAR } from '../../../../protocol/uapi/fourcc.ts';
import { AB24, AR24, NV12, RG16, XB24, XR24 } from '../../engine/formats.ts';

/** Formats of primary and overlay planes, and those of 32 bits, which cursors show and writebacks write. */
export const PLANE_FORMATS = [XR24, AR24, XB24, AB24, RG16, NV12] as const;
export const CURSOR_FORMATS = [AR24, XR24, AB24, XB24] as const;
export const WRITEBACK_FORMATS = [XR24, AR24, XB24, AB24] as const;

/** Sides of a cursor buffer that the hardware likes, in pixels. */
export const CURSOR_SIZES = [64, 128, 256] as const;

/** The content of IN_FORMATS: each format goes with the linear modifier. */
export function inFormats(formats: readonly number[]): Uint8Array {
  const formatsOffset = drm_format_modifier_blob.size;
  const modifiersOffset = Math.ceil((formatsOffset + formats.length * 4) / 8) * 8;
  const bytes = new Uint8Array(modifiersOffset + drm_format_modifier.size);
  const view = new DataView(bytes.buffer);
  drm_format_modifier_blob.write(view, 0, {
    version: FORMAT_BLOB_CURRENT,
    flags: 0,
    count_formats: formats.length,
    formats_offset: formatsOffset,
    count_modifiers: 1,
    modifiers_offset: modifiersOffset,
  });
  for (const [index, format] of formats.entries()) view.setUint32(formatsOffset + index * 4, format, true);
  drm_format_modifier.write(view, modifiersOffset, {
    formats: (1n << BigInt(formats.length)) - 1n,
    offset: 0,
    pad: 0,
    modifier: DRM_FORMAT_MOD_LINEAR,
  });
  return bytes;
}

/** WRITEBACK_PIXEL_FORMATS: fourccs. */
export function fourccList(formats: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(formats.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, format] of formats.entries()) view.setUint32(index * 4, format, true);
  return bytes;
}

/** SIZE_HINTS: pairs of 16-bit width and height. */
export function sizeHints(sizes: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(sizes.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, size] of sizes.entries()) {
    view.setUint16(index * 4, size, true);
    view.setUint16(index * 4 + 2, size, true);
  }
  return bytes;
}
