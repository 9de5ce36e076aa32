// Frames on a canvas.
import { type FrameHeader, headerLength, readHeader } from '../stream/frame.ts';

export interface Painted {
  readonly header: FrameHeader;
  readonly bytes: number;
}

/** Reads, unpacks and paints the frames of one output, one after the other. */
export class FramePainter {
  readonly #context: CanvasRenderingContext2D;
  #scratch = new Uint32Array(0);
  #last: Promise<unknown> = Promise.resolve();

  constructor(canvas: HTMLCanvasElement) {
    this.#context = canvas.getContext('2d', { alpha: false })!;
  }

  /** Resolves when the frame is on the canvas. */
  paint(bytes: Uint8Array): Promise<Painted> {
    const header = readHeader(bytes);
    const unpacked = unpack(header, bytes.subarray(headerLength(header.rects.length)));
    const painted = Promise.all([unpacked, this.#last]).then(([pixels]) => {
      this.#put(header, pixels);
      return { header, bytes: bytes.length };
    });
    this.#last = painted.catch(() => {});
    return painted;
  }

  #put({ rects }: FrameHeader, pixels: Uint8Array): void {
    const words = new Uint32Array(pixels.buffer, pixels.byteOffset, pixels.byteLength >> 2);
    if (this.#scratch.length < words.length) this.#scratch = new Uint32Array(words.length);
    const target = this.#scratch;
    // Blue, green, red in memory become red, green, blue; machines that browsers run on are little-endian.
    for (let at = 0; at < words.length; at++) {
      const word = words[at]!;
      target[at] = 0xff000000 | ((word & 0xff) << 16) | (word & 0xff00) | ((word >>> 16) & 0xff);
    }
    let at = 0;
    for (const { x, y, width, height } of rects) {
      const part = new Uint8ClampedArray(target.buffer, at * 4, width * height * 4);
      this.#context.putImageData(new ImageData(part, width, height), x, y);
      at += width * height;
    }
  }
}

async function unpack({ encoding }: FrameHeader, pixels: Uint8Array): Promise<Uint8Array> {
  if (encoding === 'raw') return pixels;
  const stream = new Blob([pixels as Uint8Array<ArrayBuffer>]).stream();
  const unpacked = new Response(stream.pipeThrough(new DecompressionStream('deflate-raw')));
  return new Uint8Array(await unpacked.arrayBuffer());
}
