import * as layout from './layout.ts';

/** Whole pixels. */
export type PixelRect = { x: number; y: number; width: number; height: number };

/** A rectangle in 16.16 fixed point, as the SRC_X.. properties of a KMS plane. */
export type FixedRect = { x: number; y: number; width: number; height: number };

/** An image in physical memory: byte addresses (up to 4 GiB), bytes per row, pixels, a fourcc of `formats.ts`. */
export type EngineImage = {
  address: number;
  stride: number;
  width: number;
  height: number;
  format: number;
  /** Second plane, of NV12 only. */
  chromaAddress?: number;
  chromaStride?: number;
};

/** wl_output.transform. */
export type Transform = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;
export type Filter = typeof layout.FILTER_NEAREST | typeof layout.FILTER_BILINEAR;
export type BlendMode =
  | typeof layout.BLEND_NONE
  | typeof layout.BLEND_PREMULTIPLIED
  | typeof layout.BLEND_COVERAGE;
export type ColorEncoding =
  | typeof layout.ENCODING_BT601
  | typeof layout.ENCODING_BT709
  | typeof layout.ENCODING_BT2020;
export type ColorRange = typeof layout.RANGE_LIMITED | typeof layout.RANGE_FULL;

/** `color` is 0xAARRGGBB, premultiplied; blend mode none writes it as it is, transparency included. */
export type FillCommand = {
  op: 'fill';
  target: EngineImage;
  clip: PixelRect;
  color: number;
  blend: BlendMode;
  /** 0 to 0xffff; blend mode none does not look at it. */
  alpha: number;
};

/** Copies pixels of `source` from `from` on to `clip`; both images have the same format, of one plane. */
export type CopyCommand = {
  op: 'copy';
  target: EngineImage;
  clip: PixelRect;
  source: EngineImage;
  from: { x: number; y: number };
};

/** Draws `sourceRect` of `source` over `destination`, touching only `clip`. */
export type CompositeCommand = {
  op: 'composite';
  target: EngineImage;
  destination: PixelRect;
  clip: PixelRect;
  source: EngineImage;
  sourceRect: FixedRect;
  transform: Transform;
  filter: Filter;
  blend: BlendMode;
  /** 0 to 0xffff. */
  alpha: number;
  /** For NV12; BT.601 in limited range when left out. */
  encoding?: ColorEncoding;
  range?: ColorRange;
};

/** `table`: address of 256 bytes for R, 256 for G, 256 for B. */
export type GammaCommand = { op: 'gamma'; target: EngineImage; clip: PixelRect; table: number };
/** `table`: address of 256 words, which the counts are added to. */
export type HistogramCommand = { op: 'histogram'; target: EngineImage; clip: PixelRect; table: number };
/** `table`: address of the word that holds the CRC so far. */
export type CrcCommand = { op: 'crc'; target: EngineImage; clip: PixelRect; table: number };
/** Clears `length` bytes. */
export type ZeroCommand = { op: 'zero'; address: number; length: number };
/** Ends when the word at `table` is other than 0; never, when `table` is 0. */
export type SpinCommand = { op: 'spin'; table: number };

export type Command =
  | FillCommand
  | CopyCommand
  | CompositeCommand
  | GammaCommand
  | HistogramCommand
  | CrcCommand
  | ZeroCommand
  | SpinCommand;

/**
 * Writes `command` as the `index`-th of the array of commands that starts at `words[0]`. All 32 words are written, so
 * the memory may hold anything before. Checks nothing: that is the driver's part, see `layout.ts`.
 */
export function writeCommand(words: Int32Array, index: number, command: Command): void {
  const at = index * layout.CMD_WORDS;
  words.fill(0, at, at + layout.CMD_WORDS);
  words[at + layout.CMD_OPCODE] = OPCODES[command.op];
  if ('target' in command) writeTarget(words, at, command.target, command.clip);
  if ('source' in command) writeSource(words, at, command.source);
  if ('table' in command) words[at + layout.CMD_TABLE_ADDRESS] = command.table;
  if (command.op === 'composite') writeComposition(words, at, command);
  else if (command.op === 'copy') writeCopyRects(words, at, command);
  else if (command.op === 'fill') {
    words[at + layout.CMD_FILL_COLOR] = command.color;
    words[at + layout.CMD_BLEND] = command.blend;
    words[at + layout.CMD_PLANE_ALPHA] = command.alpha;
  } else if (command.op === 'zero') {
    words[at + layout.CMD_TARGET_ADDRESS] = command.address;
    words[at + layout.CMD_LENGTH] = command.length;
  }
}

const OPCODES: { readonly [op in Command['op']]: number } = {
  fill: layout.OP_FILL,
  copy: layout.OP_COPY,
  composite: layout.OP_COMPOSITE,
  gamma: layout.OP_GAMMA,
  histogram: layout.OP_HISTOGRAM,
  crc: layout.OP_CRC,
  zero: layout.OP_ZERO,
  spin: layout.OP_SPIN,
};

function writeTarget(words: Int32Array, at: number, target: EngineImage, clip: PixelRect): void {
  words[at + layout.CMD_TARGET_ADDRESS] = target.address;
  words[at + layout.CMD_TARGET_STRIDE] = target.stride;
  words[at + layout.CMD_TARGET_WIDTH] = target.width;
  words[at + layout.CMD_TARGET_HEIGHT] = target.height;
  words[at + layout.CMD_TARGET_FORMAT] = target.format;
  words[at + layout.CMD_CLIP_X] = clip.x;
  words[at + layout.CMD_CLIP_Y] = clip.y;
  words[at + layout.CMD_CLIP_WIDTH] = clip.width;
  words[at + layout.CMD_CLIP_HEIGHT] = clip.height;
}

function writeSource(words: Int32Array, at: number, source: EngineImage): void {
  words[at + layout.CMD_SOURCE_ADDRESS] = source.address;
  words[at + layout.CMD_SOURCE_STRIDE] = source.stride;
  words[at + layout.CMD_SOURCE_WIDTH] = source.width;
  words[at + layout.CMD_SOURCE_HEIGHT] = source.height;
  words[at + layout.CMD_SOURCE_FORMAT] = source.format;
  words[at + layout.CMD_CHROMA_ADDRESS] = source.chromaAddress ?? 0;
  words[at + layout.CMD_CHROMA_STRIDE] = source.chromaStride ?? 0;
}

function writeRects(words: Int32Array, at: number, destination: PixelRect, source: FixedRect): void {
  words[at + layout.CMD_DEST_X] = destination.x;
  words[at + layout.CMD_DEST_Y] = destination.y;
  words[at + layout.CMD_DEST_WIDTH] = destination.width;
  words[at + layout.CMD_DEST_HEIGHT] = destination.height;
  words[at + layout.CMD_SOURCE_X] = source.x;
  words[at + layout.CMD_SOURCE_Y] = source.y;
  words[at + layout.CMD_SOURCE_RECT_WIDTH] = source.width;
  words[at + layout.CMD_SOURCE_RECT_HEIGHT] = source.height;
}

function writeComposition(words: Int32Array, at: number, command: CompositeCommand): void {
  writeRects(words, at, command.destination, command.sourceRect);
  words[at + layout.CMD_TRANSFORM] = command.transform;
  words[at + layout.CMD_FILTER] = command.filter;
  words[at + layout.CMD_BLEND] = command.blend;
  words[at + layout.CMD_PLANE_ALPHA] = command.alpha;
  const encoding = command.encoding ?? layout.ENCODING_BT601;
  const range = command.range ?? layout.RANGE_LIMITED;
  words[at + layout.CMD_COLOR_ENCODING] = encoding | (range << 8);
}

function writeCopyRects(words: Int32Array, at: number, { clip, from }: CopyCommand): void {
  words[at + layout.CMD_DEST_X] = clip.x;
  words[at + layout.CMD_DEST_Y] = clip.y;
  words[at + layout.CMD_DEST_WIDTH] = clip.width;
  words[at + layout.CMD_DEST_HEIGHT] = clip.height;
  words[at + layout.CMD_SOURCE_X] = from.x << 16;
  words[at + layout.CMD_SOURCE_Y] = from.y << 16;
  words[at + layout.CMD_SOURCE_RECT_WIDTH] = clip.width << 16;
  words[at + layout.CMD_SOURCE_RECT_HEIGHT] = clip.height << 16;
}
