/** What the first line of a YUV4MPEG2 stream says. */
export interface Y4mHeader {
  readonly width: number;
  readonly height: number;
  /** Frames per second as a fraction. */
  readonly rate: readonly [number, number];
}

export interface Y4mFrame {
  /** One byte of luma per pixel. */
  readonly luma: Uint8Array;
  /** A quarter as many bytes each: 4:2:0. */
  readonly blue: Uint8Array;
  readonly red: Uint8Array;
}

const LONGEST_LINE = 256;
const LARGEST_SIDE = 8192;

export class Y4mError extends Error {
  override readonly name = 'Y4mError';
}

/** Reads `YUV4MPEG2 W640 H360 F30:1 C420jpeg`; only 4:2:0 with 8 bits is understood. */
export function parseHeader(line: string): Y4mHeader {
  const [magic, ...fields] = line.trim().split(' ');
  if (magic !== 'YUV4MPEG2') throw new Y4mError(`not a Y4M stream: it begins with '${line.slice(0, 16)}'`);
  const field = (letter: string) => fields.find(word => word.startsWith(letter))?.slice(1);
  const [width, height] = [Number(field('W')), Number(field('H'))];
  const valid = (side: number) =>
    Number.isInteger(side) && side >= 2 && side <= LARGEST_SIDE && side % 2 === 0;
  if (!valid(width) || !valid(height))
    throw new Y4mError(
      `the size is ${field('W')}x${field('H')}; even sides up to ${LARGEST_SIDE} are understood`,
    );
  const format = field('C') ?? '420';
  if (!/^420(jpeg|mpeg2|paldv)?$/.test(format))
    throw new Y4mError(`the pixels are C${format}; only 4:2:0 with 8 bits is understood`);
  const [over, under] = (field('F') ?? '30:1').split(':').map(Number);
  if (!over || !under || over < 0 || under < 0)
    throw new Y4mError(`the rate is F${field('F')}; a fraction like 30:1 is expected`);
  return { width, height, rate: [over, under] };
}

/** Takes lines and blocks off a stream of chunks of any size. */
class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    if (done) return false;
    const joined = new Uint8Array(this.#rest.length + value.length);
    joined.set(this.#rest);
    joined.set(value, this.#rest.length);
    this.#rest = joined;
    return true;
  }

  /** Up to the next newline, without it; null at the end of the stream. */
  async line(): Promise<string | null> {
    for (;;) {
      const end = this.#rest.indexOf(10);
      if (end >= 0) {
        const text = new TextDecoder().decode(this.#rest.subarray(0, end));
        this.#rest = this.#rest.subarray(end + 1);
        return text;
      }
      if (this.#rest.length > LONGEST_LINE)
        throw new Y4mError(`a header line is longer than ${LONGEST_LINE} bytes`);
      if (!(await this.#more())) return null;
    }
  }

  /** Exactly `length` bytes; null when the stream ends before. */
  async block(length: number): Promise<Uint8Array | null> {
    const block = new Uint8Array(length);
    let filled = 0;
    for (;;) {
      const part = this.#rest.subarray(0, length - filled);
      block.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
      if (filled === length) return block;
      if (!(await this.#more())) return null;
    }
  }
}

/** Reads a Y4M stream: its header, and then frame after frame as they arrive. */
export async function readY4m(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ header: Y4mHeader; frames: AsyncGenerator<Y4mFrame> }> {
  const reader = new ByteReader(chunks);
  const first = await reader.line();
  if (first === null) throw new Y4mError('the stream is empty');
  const header = parseHeader(first);
  return { header, frames: readFrames(reader, header) };
}

async function* readFrames(reader: ByteReader, { width, height }: Y4mHeader): AsyncGenerator<Y4mFrame> {
  const pixels = width * height;
  for (let line = await reader.line(); line !== null; line = await reader.line()) {
    if (!line.startsWith('FRAME')) throw new Y4mError(`expected FRAME, got '${line.slice(0, 16)}'`);
    const block = await reader.block((pixels * 3) / 2);
    if (!block) return;
    yield {
      luma: block.subarray(0, pixels),
      blue: block.subarray(pixels, (pixels * 5) / 4),
      red: block.subarray((pixels * 5) / 4),
    };
  }
}

export const headerLine = ({ width, height, rate }: Y4mHeader): string =>
  `YUV4MPEG2 W${width} H${height} F${rate[0]}:${rate[1]} Ip A1:1 C420mpeg2\n`;

/** Lays a frame out as NV12: the luma plane, then blue and red interleaved. */
export function writeNv12(
  frame: Y4mFrame,
  { width, height }: Y4mHeader,
  target: { luma: Uint8Array; lumaStride: number; chroma: Uint8Array; chromaStride: number },
): void {
  for (let y = 0; y < height; y++)
    target.luma.set(frame.luma.subarray(y * width, (y + 1) * width), y * target.lumaStride);
  const half = width / 2;
  for (let y = 0; y < height / 2; y++) {
    let to = y * target.chromaStride;
    for (let from = y * half; from < (y + 1) * half; from++) {
      target.chroma[to++] = frame.blue[from]!;
      target.chroma[to++] = frame.red[from]!;
    }
  }
}
