// Where the pixels of an image lie in its memory.
import { interfaces } from '../../protocol/interfaces/index.ts';
import { DRM_FORMAT_ARGB8888, DRM_FORMAT_NV12, DRM_FORMAT_XRGB8888 } from '../../protocol/uapi/fourcc.ts';
import type { PixelFormat, Rect, Size } from './options.ts';

export interface PlaneLayout {
  /** Bytes from the start of the memory. */
  readonly offset: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  readonly rows: number;
}

export interface ImageLayout extends Size {
  readonly format: PixelFormat;
  readonly planes: readonly PlaneLayout[];
  /** Bytes, whole pages. */
  readonly bytes: number;
}

interface FormatFacts {
  readonly fourcc: number;
  /** Its code in wl_shm. */
  readonly shm: number;
  /** Of each plane: bytes per pixel of the image's width, and how many rows of the image share one. */
  readonly planes: readonly { readonly bytes: number; readonly rowsShared: number }[];
}

const packed = [{ bytes: 4, rowsShared: 1 }];
const shmFormat = interfaces.wl_shm.enums.format;

const facts: Readonly<Record<PixelFormat, FormatFacts>> = {
  XRGB8888: { fourcc: DRM_FORMAT_XRGB8888, shm: shmFormat.xrgb8888, planes: packed },
  ARGB8888: { fourcc: DRM_FORMAT_ARGB8888, shm: shmFormat.argb8888, planes: packed },
  NV12: {
    fourcc: DRM_FORMAT_NV12,
    shm: shmFormat.nv12,
    planes: [
      { bytes: 1, rowsShared: 1 },
      { bytes: 1, rowsShared: 2 },
    ],
  },
};

/** Devices want rows to begin at multiples of this. */
const STRIDE_ALIGN = 64;
const PAGE = 4096;
const LARGEST_SIDE = 32768;

const alignUp = (value: number, to: number): number => Math.ceil(value / to) * to;

export const fourccOf = (format: PixelFormat): number => facts[format].fourcc;
export const shmFormatOf = (format: PixelFormat): number => facts[format].shm;

/** Lays an image out: planes one after the other, rows aligned to 64 bytes. */
export function layoutOf(format: PixelFormat, { width, height }: Size): ImageLayout {
  const known = facts[format];
  if (known === undefined)
    throw new TypeError(`${format} is not a format here: ${Object.keys(facts).join(', ')} are`);
  const valid = (side: number) => Number.isInteger(side) && side > 0 && side <= LARGEST_SIDE;
  if (!valid(width) || !valid(height))
    throw new RangeError(`an image of ${width}x${height}: sides are 1 to ${LARGEST_SIDE}`);
  if (known.planes.length > 1 && (width % 2 !== 0 || height % 2 !== 0))
    throw new RangeError(`an image of ${width}x${height} in ${format}: sides must be even`);
  let offset = 0;
  const planes = known.planes.map(({ bytes, rowsShared }) => {
    const stride = alignUp(width * bytes, STRIDE_ALIGN);
    const plane = { offset, stride, rows: height / rowsShared };
    offset += stride * plane.rows;
    return plane;
  });
  return { format, width, height, planes, bytes: alignUp(offset, PAGE) };
}

/** Byte ranges of whole rows that cover the damage, one for each plane. */
export function damagedBytes(layout: ImageLayout, damage: readonly Rect[] | undefined): [number, number][] {
  const clamp = (row: number) => Math.min(layout.height, Math.max(0, row));
  const top = damage ? clamp(Math.min(...damage.map(({ y }) => y))) : 0;
  const bottom = damage ? clamp(Math.max(...damage.map(({ y, height }) => y + height))) : layout.height;
  if (top >= bottom) return [];
  return layout.planes.map(({ offset, stride, rows }) => {
    const shared = layout.height / rows;
    return [offset + Math.floor(top / shared) * stride, offset + Math.ceil(bottom / shared) * stride];
  });
}
