// The pixels of some rectangles of a picture, ready to be sent.
import { promisify } from 'node:util';
import { constants, deflateRaw, deflateRawSync } from 'node:zlib';
import {
  type Encoding,
  type FrameHeader,
  headerLength,
  pixelBytes,
  type Rect,
  writeHeader,
} from '../stream/frame.ts';

const BYTES_PER_PIXEL = 4;
/** Pixels of fewer bytes are not worth a stream of their own. */
const SMALL = 4096;
/** As much of the pixels is tried first: what does not shrink to this part of itself goes as it is. */
const SAMPLE = 16_384;
const WORTH_IT = 0.6;

const OPTIONS = { level: constants.Z_BEST_SPEED };
const deflate = promisify<Buffer, object, Buffer>(deflateRaw);

/** Rows of XRGB8888. */
export interface Pixels {
  readonly data: Uint8Array;
  /** Bytes from one row to the next. */
  readonly stride: number;
}

export interface EncodedPixels {
  readonly rects: readonly Rect[];
  readonly encoding: Encoding;
  readonly bytes: Buffer;
}

/**
 * Copies the rectangles at once, so that the picture may change afterwards, and compresses them on a thread of libuv's pool
 * where that pays.
 */
export function encodePixels(pixels: Pixels, rects: readonly Rect[]): Promise<EncodedPixels> {
  const bytes = copyRects(pixels, rects);
  return compressed(bytes, rects);
}

async function compressed(raw: Buffer, rects: readonly Rect[]): Promise<EncodedPixels> {
  if (raw.length < SMALL || !shrinks(raw)) return { rects, encoding: 'raw', bytes: raw };
  return { rects, encoding: 'deflate-raw', bytes: await deflate(raw, OPTIONS) };
}

/** The header of a frame, to be sent before its pixels. */
export function headerOf(frame: Omit<FrameHeader, 'rects' | 'encoding'>, pixels: EncodedPixels): Buffer {
  const header = Buffer.allocUnsafe(headerLength(pixels.rects.length));
  writeHeader(header, { ...frame, rects: pixels.rects, encoding: pixels.encoding });
  return header;
}

function copyRects({ data, stride }: Pixels, rects: readonly Rect[]): Buffer {
  const bytes = Buffer.allocUnsafe(pixelBytes(rects));
  let to = 0;
  for (const { x, y, width, height } of rects) {
    const row = width * BYTES_PER_PIXEL;
    const rows = row === stride ? 1 : height;
    const length = row === stride ? row * height : row;
    for (let index = 0; index < rows; index++, to += length) {
      const from = (y + index) * stride + x * BYTES_PER_PIXEL;
      bytes.set(data.subarray(from, from + length), to);
    }
  }
  return bytes;
}

/** Whether a piece from the middle shrinks enough. */
function shrinks(raw: Buffer): boolean {
  const start = Math.max(0, (raw.length - SAMPLE) >> 1);
  const sample = raw.subarray(start, start + SAMPLE);
  return deflateRawSync(sample, OPTIONS).length < sample.length * WORTH_IT;
}
