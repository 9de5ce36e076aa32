// What the renderer has to know of a pixel format.
import {
  DRM_FORMAT_ABGR8888,
  DRM_FORMAT_ARGB8888,
  DRM_FORMAT_NV12,
  DRM_FORMAT_RGB565,
  DRM_FORMAT_XBGR8888,
  DRM_FORMAT_XRGB8888,
} from '../../protocol/uapi/fourcc.ts';

/** Formats that the render engine draws from. */
export const RENDER_FORMATS: readonly number[] = [
  DRM_FORMAT_XRGB8888,
  DRM_FORMAT_ARGB8888,
  DRM_FORMAT_XBGR8888,
  DRM_FORMAT_ABGR8888,
  DRM_FORMAT_RGB565,
  DRM_FORMAT_NV12,
];

const WITH_ALPHA: ReadonlySet<number> = new Set([DRM_FORMAT_ARGB8888, DRM_FORMAT_ABGR8888]);

export const hasAlpha = (format: number): boolean => WITH_ALPHA.has(format);

/** Number of memory planes. */
export const planeCount = (format: number): number => (format === DRM_FORMAT_NV12 ? 2 : 1);

/** Bytes of a row of pixels in one memory plane: the least that a stride can be. */
export function rowBytes(format: number, plane: number, width: number): number {
  if (format === DRM_FORMAT_NV12) return plane === 0 ? width : 2 * Math.ceil(width / 2);
  return width * (format === DRM_FORMAT_RGB565 ? 2 : 4);
}
