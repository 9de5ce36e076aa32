// OP_COMPOSITE: what is common to all sources, and the rows of unscaled, upright ones.
import {
  CMD_CHROMA_ADDRESS,
  CMD_CHROMA_STRIDE,
  CMD_CLIP_HEIGHT,
  CMD_CLIP_WIDTH,
  CMD_CLIP_X,
  CMD_CLIP_Y,
  CMD_COLOR_ENCODING,
  CMD_DEST_HEIGHT,
  CMD_DEST_WIDTH,
  CMD_DEST_X,
  CMD_DEST_Y,
  CMD_SOURCE_ADDRESS,
  CMD_SOURCE_FORMAT,
  CMD_SOURCE_RECT_HEIGHT,
  CMD_SOURCE_RECT_WIDTH,
  CMD_SOURCE_STRIDE,
  CMD_SOURCE_X,
  CMD_SOURCE_Y,
  CMD_TARGET_ADDRESS,
  CMD_TARGET_STRIDE,
  CMD_TRANSFORM,
  FORMAT_NV12,
  FORMAT_RGB565,
} from '../layout';
import { bytesPerPixel, expand565, over } from './pixel';
import { prepareSampling, sampledRow, startRow } from './sample';
import { word } from './word';
import { isPlainOver, paddingBits, prepareWriting, writeFour, writeOne } from './write';
import { nv12Pixels, setMatrix } from './yuv';

const KIND_PLAIN = 0;
const KIND_565 = 1;
const KIND_NV12 = 2;
const KIND_SAMPLED = 3;

let kind: i32 = 0;

export function composite(command: usize): void {
  const destX = word(command, CMD_DEST_X);
  const destY = word(command, CMD_DEST_Y);
  const left = max(word(command, CMD_CLIP_X), destX);
  const top = max(word(command, CMD_CLIP_Y), destY);
  const right = min(word(command, CMD_CLIP_X) + word(command, CMD_CLIP_WIDTH), destX + word(command, CMD_DEST_WIDTH));
  const bottom = min(word(command, CMD_CLIP_Y) + word(command, CMD_CLIP_HEIGHT), destY + word(command, CMD_DEST_HEIGHT));
  if (left >= right || top >= bottom) return;
  prepare(command);
  const stride = word(command, CMD_TARGET_STRIDE);
  const target: usize = word(command, CMD_TARGET_ADDRESS) + top * stride + left * 4;
  if (kind == KIND_SAMPLED) sampledRows(command, target, right - left, bottom - top, left - destX, top - destY);
  else unscaledRows(command, target, right - left, bottom - top, left - destX, top - destY);
}

/** Rows from pixel `x`, `y` of the destination rectangle on. */
function sampledRows(command: usize, target: usize, width: i32, height: i32, x: i32, y: i32): void {
  const stride = word(command, CMD_TARGET_STRIDE);
  prepareSampling(command);
  for (const end = y + height; y < end; y++, target += stride) {
    startRow(y);
    sampledRow(target, width, x);
  }
}

/** The same, where a pixel of the destination is one of the source. */
function unscaledRows(command: usize, target: usize, width: i32, height: i32, x: i32, y: i32): void {
  const stride = word(command, CMD_TARGET_STRIDE);
  const sourceStride = word(command, CMD_SOURCE_STRIDE);
  const chromaStride = word(command, CMD_CHROMA_STRIDE);
  x += word(command, CMD_SOURCE_X) >> 16;
  y += word(command, CMD_SOURCE_Y) >> 16;
  const bytes = bytesPerPixel(word(command, CMD_SOURCE_FORMAT));
  let source: usize = word(command, CMD_SOURCE_ADDRESS) + y * sourceStride + x * bytes;
  const chromaStart: usize = word(command, CMD_CHROMA_ADDRESS) + (x & ~1);
  for (const end = y + height; y < end; y++, target += stride, source += sourceStride) {
    const chroma = chromaStart + (y >> 1) * chromaStride;
    if (kind == KIND_NV12 && x & 1) {
      // After this pixel, a chroma pair starts with every second one.
      writeOne(target, nv12Pixels(load<u8>(source), load<u16>(chroma)));
      row(target + 4, width - 1, source + 1, chroma + 2);
    } else row(target, width, source, chroma);
  }
}

function prepare(command: usize): void {
  const format = word(command, CMD_SOURCE_FORMAT);
  prepareWriting(command);
  if (format == FORMAT_NV12) {
    const encoding = word(command, CMD_COLOR_ENCODING);
    setMatrix(encoding & 0xff, (encoding >> 8) & 0xff);
  }
  if (!unscaled(command)) kind = KIND_SAMPLED;
  else if (format == FORMAT_NV12) kind = KIND_NV12;
  else kind = format == FORMAT_RGB565 ? KIND_565 : KIND_PLAIN;
}

/** Sampling would hit the middle of each source pixel in turn, so that both filters give that pixel. */
function unscaled(command: usize): bool {
  return (
    word(command, CMD_TRANSFORM) == 0 &&
    ((word(command, CMD_SOURCE_X) | word(command, CMD_SOURCE_Y)) & 0xffff) == 0 &&
    word(command, CMD_SOURCE_RECT_WIDTH) == word(command, CMD_DEST_WIDTH) << 16 &&
    word(command, CMD_SOURCE_RECT_HEIGHT) == word(command, CMD_DEST_HEIGHT) << 16
  );
}

/** One unscaled row; `source` and `chroma` are where it starts. */
function row(target: usize, width: i32, source: usize, chroma: usize): void {
  if (kind == KIND_PLAIN) {
    if (isPlainOver()) overRow(target, width, source);
    else plainRow(target, width, source);
  } else if (kind == KIND_NV12) nv12Row(target, width, source, chroma);
  else row565(target, width, source);
}

/** The way of nearly all windows, kept free of the branches of the others. */
function overRow(target: usize, width: i32, source: usize): void {
  const bits = paddingBits();
  for (; width >= 8; width -= 8, target += 32, source += 32) {
    const first = over(v128.load(source), v128.load(target));
    const second = over(v128.load(source, 16), v128.load(target, 16));
    v128.store(target, v128.or(first, bits));
    v128.store(target, v128.or(second, bits), 16);
  }
  for (; width > 0; width--, target += 4, source += 4) writeOne(target, v128.load32_zero(source));
}

function plainRow(target: usize, width: i32, source: usize): void {
  for (; width >= 4; width -= 4, target += 16, source += 16) writeFour(target, v128.load(source));
  for (; width > 0; width--, target += 4, source += 4) writeOne(target, v128.load32_zero(source));
}

function row565(target: usize, width: i32, source: usize): void {
  for (; width >= 4; width -= 4, target += 16, source += 8)
    writeFour(target, expand565(i32x4.extend_low_i16x8_u(v128.load64_zero(source))));
  for (; width > 0; width--, target += 4, source += 2) writeOne(target, expand565(i32x4.splat(load<u16>(source))));
}

function nv12Row(target: usize, width: i32, source: usize, chroma: usize): void {
  for (; width >= 4; width -= 4, target += 16, source += 4, chroma += 4)
    writeFour(target, nv12Pixels(load<u32>(source), load<u32>(chroma)));
  for (let x = 0; x < width; x++)
    writeOne(target + x * 4, nv12Pixels(load<u8>(source + x), load<u16>(chroma + (x & ~1))));
}
