import * as layout from './layout.ts';

/** One memory plane of a format. `horizontal` and `vertical` say how many pixels of the image share one element of it. */
export type FormatPlane = { bytes: number; horizontal: number; vertical: number };

/** What the engines can do with a pixel format. */
export type FormatInfo = {
  /** The four-character code of drm_fourcc.h as a number. */
  fourcc: number;
  /** The same as text, such as `XR24`. */
  name: string;
  planes: readonly FormatPlane[];
  hasAlpha: boolean;
  /** May be the source of a composition. */
  source: boolean;
  /** May be drawn to, and passed through gamma, histogram and CRC. */
  target: boolean;
};

export const XR24 = layout.FORMAT_XRGB8888;
export const AR24 = layout.FORMAT_ARGB8888;
export const XB24 = layout.FORMAT_XBGR8888;
export const AB24 = layout.FORMAT_ABGR8888;
export const RG16 = layout.FORMAT_RGB565;
export const NV12 = layout.FORMAT_NV12;
export const R8 = layout.FORMAT_R8;
export const GR88 = layout.FORMAT_GR88;

const packed = (bytes: number): readonly FormatPlane[] => [{ bytes, horizontal: 1, vertical: 1 }];
const lumaAndChroma: readonly FormatPlane[] = [
  { bytes: 1, horizontal: 1, vertical: 1 },
  { bytes: 2, horizontal: 2, vertical: 2 },
];

/** Every format that a command may name. */
export const FORMATS: readonly FormatInfo[] = [
  { fourcc: XR24, name: 'XR24', planes: packed(4), hasAlpha: false, source: true, target: true },
  { fourcc: AR24, name: 'AR24', planes: packed(4), hasAlpha: true, source: true, target: true },
  { fourcc: XB24, name: 'XB24', planes: packed(4), hasAlpha: false, source: true, target: true },
  { fourcc: AB24, name: 'AB24', planes: packed(4), hasAlpha: true, source: true, target: true },
  { fourcc: RG16, name: 'RG16', planes: packed(2), hasAlpha: false, source: true, target: false },
  { fourcc: NV12, name: 'NV12', planes: lumaAndChroma, hasAlpha: false, source: true, target: false },
  { fourcc: R8, name: 'R8', planes: packed(1), hasAlpha: false, source: false, target: false },
  { fourcc: GR88, name: 'GR88', planes: packed(2), hasAlpha: false, source: false, target: false },
];

/** The format of a fourcc, or undefined when no engine knows it. */
export function formatInfo(fourcc: number): FormatInfo | undefined {
  return FORMATS.find(format => format.fourcc === fourcc);
}

/** Bytes of one row of plane `plane` of an image `width` pixels wide, without padding: the least legal stride. */
export function rowBytes(format: FormatInfo, plane: number, width: number): number {
  const { bytes, horizontal } = format.planes[plane]!;
  return Math.ceil(width / horizontal) * bytes;
}

/** Rows of plane `plane` of an image `height` pixels high. */
export function planeRows(format: FormatInfo, plane: number, height: number): number {
  return Math.ceil(height / format.planes[plane]!.vertical);
}
