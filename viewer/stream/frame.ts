// A picture on its way to the page: what changed of one output, in one binary WebSocket message.
//
//   0  u8   1, the kind of message       8  u32  number of the last input message before it (0: none)
//   1  u8   encoding                    12  u16  rectangles
//   2  u16  output                      14  u16  reserved
//   4  u32  sequence                    16  the rectangles: u16 x, y, width, height each; then the pixels
//
// All little-endian. Pixels are XRGB8888 as in memory (blue, green, red, unused), row by row, rectangle by rectangle, without
// padding; `deflate-raw` is all of that compressed as one stream.

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type Encoding = 'raw' | 'deflate-raw';

export interface FrameHeader {
  readonly encoding: Encoding;
  /** The number of the output, as in the message `outputs`. */
  readonly output: number;
  /** Counts the frames of this output to this page, from 1; acknowledged with the message `ack`. */
  readonly sequence: number;
  /** Number of the last input message that was passed on before the picture was taken. */
  readonly input: number;
  readonly rects: readonly Rect[];
}

const KIND = 1;
const ENCODINGS: readonly Encoding[] = ['raw', 'deflate-raw'];
const FIXED = 16;
const RECT = 8;
const BYTES_PER_PIXEL = 4;

/** Rectangles in one frame at most; more are joined. */
export const MOST_RECTS = 32;

export const headerLength = (rects: number): number => FIXED + rects * RECT;

/** Bytes of the pixels of rectangles. */
export const pixelBytes = (rects: readonly Rect[]): number =>
  rects.reduce((bytes, { width, height }) => bytes + width * height * BYTES_PER_PIXEL, 0);

/** Writes a header at the start of `bytes`; the pixels follow at `headerLength`. */
export function writeHeader(bytes: Uint8Array, header: FrameHeader): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint8(0, KIND);
  view.setUint8(1, ENCODINGS.indexOf(header.encoding));
  view.setUint16(2, header.output, true);
  view.setUint32(4, header.sequence, true);
  view.setUint32(8, header.input, true);
  view.setUint16(12, header.rects.length, true);
  view.setUint16(14, 0, true);
  header.rects.forEach(({ x, y, width, height }, index) => {
    const at = FIXED + index * RECT;
    view.setUint16(at, x, true);
    view.setUint16(at + 2, y, true);
    view.setUint16(at + 4, width, true);
    view.setUint16(at + 6, height, true);
  });
}

/** Reads a header. Throws a RangeError when the bytes are not a frame. */
export function readHeader(bytes: Uint8Array): FrameHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const encoding = ENCODINGS[view.getUint8(1)];
  if (view.getUint8(0) !== KIND || !encoding) throw new RangeError('this is not a frame of a known encoding');
  const rects: Rect[] = [];
  for (let index = 0, count = view.getUint16(12, true); index < count; index++) {
    const at = FIXED + index * RECT;
    rects.push({
      x: view.getUint16(at, true),
      y: view.getUint16(at + 2, true),
      width: view.getUint16(at + 4, true),
      height: view.getUint16(at + 6, true),
    });
  }
  return {
    encoding,
    output: view.getUint16(2, true),
    sequence: view.getUint32(4, true),
    input: view.getUint32(8, true),
    rects,
  };
}
