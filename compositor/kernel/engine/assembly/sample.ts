// Scaled, turned and mirrored sources.
//
// Along one side of the source rectangle, `start` and `length` in 16.16, shown by `n` pixels of the destination, pixel i
// (counted from the other end where the transform mirrors) samples at
//   start + (((2 * i + 1) * step) >> 17), with step = (length << 16) / n rounded down,
// that is at the middle of the i-th of n equal parts. Nearest takes the pixel that this lies in; bilinear the two around
// it (half a pixel less), the second with the weight of the upper 8 bits of the fraction. Both stay within the pixels that the
// source rectangle touches. The four products are summed exactly and divided by 65536 to nearest.
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
import { expand565 } from './pixel';
import { word } from './word';
import { nv12Pixels } from './yuv';

let base: usize = 0;
let stride: i32 = 0;
let chromaBase: usize = 0;
let chromaStride: i32 = 0;
let format: i32 = 0;
let bilinear: bool = false;

/** The destination's x walks the source's y. */
let turned: bool = false;
let mirrorX: bool = false;
let mirrorY: bool = false;

/** Start of the source rectangle, its first and last pixel, pixels of the destination along it, and the step, of each axis. */
let startX: i32 = 0;
let firstX: i32 = 0;
let lastX: i32 = 0;
let countX: i32 = 0;
let stepX: i64 = 0;
let startY: i32 = 0;
let firstY: i32 = 0;
let lastY: i32 = 0;
let countY: i32 = 0;
let stepY: i64 = 0;

/** Position within the row: (2 * i + 1) * step of both axes, and what the next pixel adds. */
let atX: i64 = 0;
let atY: i64 = 0;
let advanceX: i64 = 0;
let advanceY: i64 = 0;

export function prepareSampling(command: usize): void {
  base = word(command, CMD_SOURCE_ADDRESS);
  stride = word(command, CMD_SOURCE_STRIDE);
  chromaBase = word(command, CMD_CHROMA_ADDRESS);
  chromaStride = word(command, CMD_CHROMA_STRIDE);
  format = word(command, CMD_SOURCE_FORMAT);
  bilinear = word(command, CMD_FILTER) == FILTER_BILINEAR;
  const transform = word(command, CMD_TRANSFORM);
  turned = (transform & 1) == 1;
  // Flipped is undone after the turn: 4 and 6 mirror one axis, 7 both; of 1 and 3, each mirrors the axis that the turn reverses.
  mirrorX = transform == 2 || transform == 3 || transform == 4 || transform == 7;
  mirrorY = transform == 1 || transform == 2 || transform == 6 || transform == 7;
  startX = word(command, CMD_SOURCE_X);
  startY = word(command, CMD_SOURCE_Y);
  const width = word(command, CMD_SOURCE_RECT_WIDTH);
  const height = word(command, CMD_SOURCE_RECT_HEIGHT);
  firstX = startX >> 16;
  firstY = startY >> 16;
  lastX = <i32>((<i64>startX + width - 1) >> 16);
  lastY = <i32>((<i64>startY + height - 1) >> 16);
  countX = word(command, turned ? CMD_DEST_HEIGHT : CMD_DEST_WIDTH);
  countY = word(command, turned ? CMD_DEST_WIDTH : CMD_DEST_HEIGHT);
  stepX = ((<i64>width) << 16) / countX;
  stepY = ((<i64>height) << 16) / countY;
  const forwardX = mirrorX ? -stepX * 2 : stepX * 2;
  const forwardY = mirrorY ? -stepY * 2 : stepY * 2;
  advanceX = turned ? 0 : forwardX;
  advanceY = turned ? forwardY : 0;
}

/** Goes to the pixel at `column`, `row` of the destination rectangle; each sample then goes one to the right. */
export function startRow(column: i32, row: i32): void {
  const alongX = turned ? row : column;
  const alongY = turned ? column : row;
  atX = <i64>(2 * (mirrorX ? countX - 1 - alongX : alongX) + 1) * stepX;
  atY = <i64>(2 * (mirrorY ? countY - 1 - alongY : alongY) + 1) * stepY;
}

export function sampleFour(): v128 {
  if (bilinear) {
    const first = i16x8.narrow_i32x4_u(mean(), mean());
    const second = i16x8.narrow_i32x4_u(mean(), mean());
    return i8x16.narrow_i16x8_u(first, second);
  }
  let pixels = i32x4.splat(nearestPixel());
  pixels = i32x4.replace_lane(pixels, 1, nearestPixel());
  pixels = i32x4.replace_lane(pixels, 2, nearestPixel());
  return i32x4.replace_lane(pixels, 3, nearestPixel());
}

export function sampleOne(): u32 {
  if (!bilinear) return nearestPixel();
  const channels = mean();
  const halves = i16x8.narrow_i32x4_u(channels, channels);
  return i32x4.extract_lane(i8x16.narrow_i16x8_u(halves, halves), 0);
}

@inline
function clampTo(value: i32, first: i32, last: i32): i32 {
  return min(max(value, first), last);
}

@inline
function advance(): void {
  atX += advanceX;
  atY += advanceY;
}

function nearestPixel(): u32 {
  const x = clampTo((startX + <i32>(atX >> 17)) >> 16, firstX, lastX);
  const y = clampTo((startY + <i32>(atY >> 17)) >> 16, firstY, lastY);
  advance();
  return pixel(x, y);
}

/** B, G, R and A of a bilinear sample, each a 32-bit lane. */
function mean(): v128 {
  const positionX = startX + <i32>(atX >> 17) - 0x8000;
  const positionY = startY + <i32>(atY >> 17) - 0x8000;
  advance();
  const left = clampTo(positionX >> 16, firstX, lastX);
  const right = clampTo((positionX >> 16) + 1, firstX, lastX);
  const top = clampTo(positionY >> 16, firstY, lastY);
  const bottom = clampTo((positionY >> 16) + 1, firstY, lastY);
  const weightX = <i16>((positionX >> 8) & 0xff);
  const weightY = <i16>((positionY >> 8) & 0xff);
  // Upper and lower row side by side: left pixels, right pixels.
  const lefts = i16x8.extend_low_i8x16_u(i32x4.replace_lane(i32x4.splat(pixel(left, top)), 1, pixel(left, bottom)));
  const rights = i16x8.extend_low_i8x16_u(i32x4.replace_lane(i32x4.splat(pixel(right, top)), 1, pixel(right, bottom)));
  const rows = i16x8.add(i16x8.mul(lefts, i16x8.splat(256 - weightX)), i16x8.mul(rights, i16x8.splat(weightX)));
  const upper = i32x4.extmul_low_i16x8_u(rows, i16x8.splat(256 - weightY));
  const lower = i32x4.extmul_high_i16x8_u(rows, i16x8.splat(weightY));
  return i32x4.shr_u(i32x4.add(i32x4.add(upper, lower), i32x4.splat(0x8000)), 16);
}

@inline
function pixel(x: i32, y: i32): u32 {
  const row: usize = base + y * stride;
  if (format == FORMAT_NV12) {
    const chroma: usize = chromaBase + (y >> 1) * chromaStride + (x & ~1);
    return i32x4.extract_lane(nv12Pixels(load<u8>(row + x), load<u16>(chroma)), 0);
  }
  if (format == FORMAT_RGB565) return i32x4.extract_lane(expand565(i32x4.splat(load<u16>(row + x * 2))), 0);
  return load<u32>(row + x * 4);
}
