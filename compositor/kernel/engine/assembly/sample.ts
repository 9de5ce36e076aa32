// Scaled, turned and mirrored sources.
//
// Along one side of the source rectangle, `start` and `length` in 16.16, shown by `n` pixels of the destination, pixel i
// (counted from the other end where the transform mirrors) samples at
//   start + (((2 * i + 1) * step) >> 17), with step = (length << 16) / n rounded down,
// that is at the middle of the i-th of n equal parts. Nearest takes the pixel that this lies in; bilinear the two around
// it (half a pixel less), the second with the weight of the upper 8 bits of the fraction. Both stay within the pixels that the
// source rectangle touches. The four products are summed exactly and divided by 65536 to nearest.
//
// A row of the destination walks along one axis of the source (y, if the transform turns) and stays at one place across it. So
// the place across is looked up once a row, as one or two lines of memory, and the pixels of a line are `pitch` bytes apart.
import {
  CMD_CHROMA_ADDRESS,
  CMD_CHROMA_STRIDE,
  CMD_DEST_HEIGHT,
  CMD_DEST_WIDTH,
  CMD_FILTER,
  CMD_SOURCE_ADDRESS,
  CMD_SOURCE_FORMAT,
  CMD_SOURCE_RECT_HEIGHT,
  CMD_SOURCE_RECT_WIDTH,
  CMD_SOURCE_STRIDE,
  CMD_SOURCE_X,
  CMD_SOURCE_Y,
  CMD_TRANSFORM,
  FILTER_BILINEAR,
  FORMAT_NV12,
  FORMAT_RGB565,
} from '../layout';
import { bytesPerPixel, expand565 } from './pixel';
import { word } from './word';
import { writeFour, writeOne } from './write';
import { nv12Pixels } from './yuv';

/** Ways to get at a pixel of a line; constant at each use, so that each way has a loop of its own. */
const TEXEL_32 = 0;
const TEXEL_ANY = 1;
/** 32 bits, and the next pixel of the line is next in memory. */
const TEXEL_NEIGHBOURS = 2;

/** The step of a side that is not scaled. */
const ONE_PIXEL: i64 = 1 << 32;

let base: usize = 0;
let chromaBase: usize = 0;
let format: i32 = 0;
let bilinear: bool = false;

/** Bytes between neighbours, and between chroma pairs, along the row and across it. */
let pitch: i32 = 0;
let chromaPitch: i32 = 0;
let acrossPitch: i32 = 0;
let chromaAcrossPitch: i32 = 0;

/** Of each axis: start and pixels of the source rectangle, pixels of the destination, step, direction. */
let start: i32 = 0;
let first: i32 = 0;
let last: i32 = 0;
let count: i32 = 0;
let stepAlong: i64 = 0;
let mirrored: bool = false;
let acrossStart: i32 = 0;
let acrossFirst: i32 = 0;
let acrossLast: i32 = 0;
let acrossCount: i32 = 0;
let acrossStep: i64 = 0;
let acrossMirrored: bool = false;

/** The lines of the present row; nearest has only the first. `acrossWeight` is the second's, of 256. */
let line: usize = 0;
let nextLine: usize = 0;
let chromaLine: usize = 0;
let nextChromaLine: usize = 0;
let acrossWeight: i32 = 0;

export function prepareSampling(command: usize): void {
  const transform = word(command, CMD_TRANSFORM);
  // Which axis of the buffer runs against the destination's. Turned by 90 degrees counter-clockwise (1), the buffer's y runs against
  // x and its x along y; by 270 (3) it is the other way round; flipping before the turn (4 to 7) turns round the one that goes with x.
  const mirrorX = transform == 2 || transform == 3 || transform == 4 || transform == 7;
  const mirrorY = transform == 1 || transform == 2 || transform == 6 || transform == 7;
  const turned = (transform & 1) == 1;
  base = word(command, CMD_SOURCE_ADDRESS);
  chromaBase = word(command, CMD_CHROMA_ADDRESS);
  format = word(command, CMD_SOURCE_FORMAT);
  bilinear = word(command, CMD_FILTER) == FILTER_BILINEAR;
  const bytes = bytesPerPixel(format);
  const stride = word(command, CMD_SOURCE_STRIDE);
  const chromaStride = word(command, CMD_CHROMA_STRIDE);
  pitch = turned ? stride : bytes;
  chromaPitch = turned ? chromaStride : 2;
  acrossPitch = turned ? bytes : stride;
  chromaAcrossPitch = turned ? 2 : chromaStride;
  mirrored = turned ? mirrorY : mirrorX;
  acrossMirrored = turned ? mirrorX : mirrorY;
  count = word(command, CMD_DEST_WIDTH);
  acrossCount = word(command, CMD_DEST_HEIGHT);
  start = word(command, turned ? CMD_SOURCE_Y : CMD_SOURCE_X);
  acrossStart = word(command, turned ? CMD_SOURCE_X : CMD_SOURCE_Y);
  const length = word(command, turned ? CMD_SOURCE_RECT_HEIGHT : CMD_SOURCE_RECT_WIDTH);
  const acrossLength = word(command, turned ? CMD_SOURCE_RECT_WIDTH : CMD_SOURCE_RECT_HEIGHT);
  first = start >> 16;
  acrossFirst = acrossStart >> 16;
  last = <i32>((<i64>start + length - 1) >> 16);
  acrossLast = <i32>((<i64>acrossStart + acrossLength - 1) >> 16);
  stepAlong = ((<i64>length) << 16) / count;
  acrossStep = ((<i64>acrossLength) << 16) / acrossCount;
}

/** Goes to a row of the destination rectangle. */
export function startRow(row: i32): void {
  const index = acrossMirrored ? acrossCount - 1 - row : row;
  const position = acrossStart + <i32>((<i64>(2 * index + 1) * acrossStep) >> 17) - (bilinear ? 0x8000 : 0);
  const at = clampTo(position >> 16, acrossFirst, acrossLast);
  const next = clampTo((position >> 16) + 1, acrossFirst, acrossLast);
  acrossWeight = (position >> 8) & 0xff;
  line = base + at * acrossPitch;
  nextLine = base + next * acrossPitch;
  chromaLine = chromaBase + (at >> 1) * chromaAcrossPitch;
  nextChromaLine = chromaBase + (next >> 1) * chromaAcrossPitch;
}

/** `width` pixels of the destination rectangle's present row, from `column` on. */
export function sampledRow(target: usize, width: i32, column: i32): void {
  const step = mirrored ? -2 * stepAlong : 2 * stepAlong;
  const phase = <i64>(2 * (mirrored ? count - 1 - column : column) + 1) * stepAlong;
  const plain = bytesPerPixel(format) == 4;
  if (plain && stepsByPixels()) {
    const at = first + (mirrored ? count - 1 - column : column);
    steppedRow(target, width, line + at * pitch, mirrored ? -pitch : pitch);
  } else if (bilinear) {
    if (!plain) bilinearRow(TEXEL_ANY, target, width, phase, step);
    else if (pitch == 4) bilinearRow(TEXEL_NEIGHBOURS, target, width, phase, step);
    else bilinearRow(TEXEL_32, target, width, phase, step);
  } else {
    if (plain) nearestRow(TEXEL_32, target, width, phase, step);
    else nearestRow(TEXEL_ANY, target, width, phase, step);
  }
}

/** Whether the present row shows whole pixels of one line, one after the other: turned or mirrored, but not scaled. */
function stepsByPixels(): bool {
  return stepAlong == ONE_PIXEL && (start & 0xffff) == 0 && (!bilinear || acrossWeight == 0);
}

/** Pixels of 32 bits that lie `step` bytes apart, from `source` on. */
function steppedRow(target: usize, width: i32, source: usize, step: i32): void {
  if (step == 4) for (; width >= 4; width -= 4, target += 16, source += 16) writeFour(target, v128.load(source));
  else if (step == -4)
    for (; width >= 4; width -= 4, target += 16, source -= 16) {
      const pixels = v128.load(source - 12);
      writeFour(target, v128.shuffle<i32>(pixels, pixels, 3, 2, 1, 0));
    }
  else
    for (; width >= 4; width -= 4, target += 16, source += 4 * step) {
      const two = v128.load32_lane(source + step, v128.load32_zero(source), 1);
      const three = v128.load32_lane(source + 2 * step, two, 2);
      writeFour(target, v128.load32_lane(source + 3 * step, three, 3));
    }
  for (; width > 0; width--, target += 4, source += step) writeOne(target, v128.load32_zero(source));
}

@inline
function nearestRow(way: i32, target: usize, width: i32, phase: i64, step: i64): void {
  for (; width >= 4; width -= 4, target += 16, phase += 4 * step) {
    const low = v128.shuffle<i32>(nearest(way, phase), nearest(way, phase + step), 0, 4, 0, 4);
    const high = v128.shuffle<i32>(nearest(way, phase + 2 * step), nearest(way, phase + 3 * step), 0, 4, 0, 4);
    writeFour(target, v128.shuffle<i64>(low, high, 0, 2));
  }
  for (; width > 0; width--, target += 4, phase += step) writeOne(target, nearest(way, phase));
}

@inline
function bilinearRow(way: i32, target: usize, width: i32, phase: i64, step: i64): void {
  const lineNow = line;
  const nextNow = nextLine;
  const upper = i16x8.splat(<i16>(256 - acrossWeight));
  const lower = i16x8.splat(<i16>acrossWeight);
  for (; width >= 4; width -= 4, target += 16, phase += 4 * step) {
    if (way == TEXEL_NEIGHBOURS && isInside(phase) && isInside(phase + 3 * step)) {
      const a = meanInside(lineNow, nextNow, phase, upper, lower);
      const b = meanInside(lineNow, nextNow, phase + step, upper, lower);
      const c = meanInside(lineNow, nextNow, phase + 2 * step, upper, lower);
      const d = meanInside(lineNow, nextNow, phase + 3 * step, upper, lower);
      writeFour(target, i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_u(a, b), i16x8.narrow_i32x4_u(c, d)));
      continue;
    }
    const a = mean(way, lineNow, nextNow, phase, upper, lower);
    const b = mean(way, lineNow, nextNow, phase + step, upper, lower);
    const c = mean(way, lineNow, nextNow, phase + 2 * step, upper, lower);
    const d = mean(way, lineNow, nextNow, phase + 3 * step, upper, lower);
    writeFour(target, i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_u(a, b), i16x8.narrow_i32x4_u(c, d)));
  }
  for (; width > 0; width--, target += 4, phase += step) {
    const channels = mean(way, lineNow, nextNow, phase, upper, lower);
    const halves = i16x8.narrow_i32x4_u(channels, channels);
    writeOne(target, i8x16.narrow_i16x8_u(halves, halves));
  }
}

@inline
function clampTo(value: i32, first: i32, last: i32): i32 {
  return min(max(value, first), last);
}

@inline
function texel(way: i32, line: usize, chromaLine: usize, index: i32): v128 {
  const at = line + index * pitch;
  if (way == TEXEL_32) return v128.load32_zero(at);
  if (format == FORMAT_NV12) return nv12Pixels(load<u8>(at), load<u16>(chromaLine + (index >> 1) * chromaPitch));
  if (format == FORMAT_RGB565) return expand565(i32x4.splat(load<u16>(at)));
  return v128.load32_zero(at);
}

/** A nearest sample, in the lowest lane. */
@inline
function nearest(way: i32, phase: i64): v128 {
  return texel(way, line, chromaLine, clampTo((start + <i32>(phase >> 17)) >> 16, first, last));
}

/** The four pixels around a sample: those of this line and the next at `at`, then both at `next`. */
@inline
function around(way: i32, line: usize, nextLine: usize, at: i32, next: i32): v128 {
  if (way == TEXEL_NEIGHBOURS && next != at) {
    const pairs = v128.load64_lane(nextLine + at * 4, v128.load64_zero(line + at * 4), 1);
    return v128.shuffle<i32>(pairs, pairs, 0, 2, 1, 3);
  }
  const one = way == TEXEL_ANY ? TEXEL_ANY : TEXEL_32;
  const here = v128.shuffle<i32>(texel(one, line, chromaLine, at), texel(one, nextLine, nextChromaLine, at), 0, 4, 0, 4);
  const there = v128.shuffle<i32>(texel(one, line, chromaLine, next), texel(one, nextLine, nextChromaLine, next), 0, 4, 0, 4);
  return v128.shuffle<i64>(here, there, 0, 2);
}

/** B, G, R and A of a bilinear sample, each a 32-bit lane. */
@inline
function mean(way: i32, line: usize, nextLine: usize, phase: i64, upper: v128, lower: v128): v128 {
  const position = start + <i32>(phase >> 17) - 0x8000;
  const at = clampTo(position >> 16, first, last);
  const next = clampTo((position >> 16) + 1, first, last);
  const weight = i16x8.splat(<i16>((position >> 8) & 0xff));
  const pixels = around(way, line, nextLine, at, next);
  const from = i16x8.extend_low_i8x16_u(pixels);
  const change = i16x8.sub(i16x8.extend_high_i8x16_u(pixels), from);
  const lines = i16x8.add(i16x8.shl(from, 8), i16x8.mul(change, weight));
  const sum = i32x4.add(i32x4.extmul_low_i16x8_u(lines, upper), i32x4.extmul_high_i16x8_u(lines, lower));
  return i32x4.shr_u(i32x4.add(sum, i32x4.splat(0x8000)), 16);
}

/** Whether both neighbours of a bilinear sample are pixels of the source rectangle, so that none need be moved into it. */
@inline
function isInside(phase: i64): bool {
  const at = (start + <i32>(phase >> 17) - 0x8000) >> 16;
  return at >= first && at < last;
}

/**
 * The same sum as that of `mean`, for neighbours in memory: lines first, then along them. What the lines give has 16
 * bits; with half of the range taken off it is signed, and one instruction multiplies and adds the pair.
 */
@inline
function meanInside(line: usize, nextLine: usize, phase: i64, upper: v128, lower: v128): v128 {
  const position = start + <i32>(phase >> 17) - 0x8000;
  const at = (position >> 16) * 4;
  const weight = (position >> 8) & 0xff;
  const here = i16x8.mul(v128.load_ext<u8>(line + at), upper);
  const both = i16x8.add(here, i16x8.mul(v128.load_ext<u8>(nextLine + at), lower));
  const centred = v128.xor(both, i16x8.splat(<i16>0x8000));
  const pairs = v128.shuffle<i16>(centred, centred, 0, 4, 1, 5, 2, 6, 3, 7);
  const sum = i32x4.dot_i16x8_s(pairs, i32x4.splat((weight << 16) | (256 - weight)));
  return i32x4.shr_u(i32x4.add(sum, i32x4.splat(0x808000)), 16);
}
