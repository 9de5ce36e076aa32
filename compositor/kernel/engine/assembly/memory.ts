// OP_FILL, OP_COPY and OP_ZERO.
import {
  BLEND_NONE,
  CMD_BLEND,
  CMD_CLIP_HEIGHT,
  CMD_CLIP_WIDTH,
  CMD_CLIP_X,
  CMD_CLIP_Y,
  CMD_FILL_COLOR,
  CMD_LENGTH,
  CMD_PLANE_ALPHA,
  CMD_SOURCE_ADDRESS,
  CMD_SOURCE_STRIDE,
  CMD_SOURCE_X,
  CMD_SOURCE_Y,
  CMD_TARGET_ADDRESS,
  CMD_TARGET_FORMAT,
  CMD_TARGET_STRIDE,
  FORMAT_GR88,
  FORMAT_R8,
  FORMAT_RGB565,
} from '../layout';
import { MEET_STORE, OPAQUE, alphaByte, hasAlpha, meet, meeting, redFirst, swapRedBlue } from './pixel';
import { word } from './word';

export function fill(command: usize): void {
  const format = word(command, CMD_TARGET_FORMAT);
  const blend = word(command, CMD_BLEND);
  const planeAlpha = alphaByte(word(command, CMD_PLANE_ALPHA));
  const how = blend == BLEND_NONE ? MEET_STORE : meeting(blend, true, planeAlpha);
  const alpha = i8x16.splat(<i8>planeAlpha);
  const bits = i32x4.splat(hasAlpha(format) ? 0 : OPAQUE);
  let color = i32x4.splat(word(command, CMD_FILL_COLOR));
  if (redFirst(format)) color = swapRedBlue(color);
  const width = word(command, CMD_CLIP_WIDTH);
  const stride = word(command, CMD_TARGET_STRIDE);
  let start: usize = word(command, CMD_TARGET_ADDRESS) + word(command, CMD_CLIP_Y) * stride + word(command, CMD_CLIP_X) * 4;
  for (let rows = word(command, CMD_CLIP_HEIGHT); rows > 0; rows--, start += stride) {
    let target = start;
    let left = width;
    for (; left >= 4; left -= 4, target += 16) {
      const result = how == MEET_STORE ? color : meet(how, color, v128.load(target), alpha);
      v128.store(target, v128.or(result, bits));
    }
    for (; left > 0; left--, target += 4) {
      const result = how == MEET_STORE ? color : meet(how, color, v128.load32_zero(target), alpha);
      v128.store_lane<u32>(target, v128.or(result, bits), 0);
    }
  }
}

export function copy(command: usize): void {
  const bytes = planeBytes(word(command, CMD_TARGET_FORMAT));
  const targetStride = word(command, CMD_TARGET_STRIDE);
  const sourceStride = word(command, CMD_SOURCE_STRIDE);
  let target: usize =
    word(command, CMD_TARGET_ADDRESS) + word(command, CMD_CLIP_Y) * targetStride + word(command, CMD_CLIP_X) * bytes;
  let source: usize =
    word(command, CMD_SOURCE_ADDRESS) +
    (word(command, CMD_SOURCE_Y) >> 16) * sourceStride +
    (word(command, CMD_SOURCE_X) >> 16) * bytes;
  const length = word(command, CMD_CLIP_WIDTH) * bytes;
  const rows = word(command, CMD_CLIP_HEIGHT);
  if (length == targetStride && length == sourceStride) {
    memory.copy(target, source, <usize>length * rows);
    return;
  }
  for (let row = 0; row < rows; row++, target += targetStride, source += sourceStride) memory.copy(target, source, length);
}

export function zero(command: usize): void {
  memory.fill(word(command, CMD_TARGET_ADDRESS), 0, word(command, CMD_LENGTH));
}

function planeBytes(format: i32): i32 {
  if (format == FORMAT_R8) return 1;
  return format == FORMAT_RGB565 || format == FORMAT_GR88 ? 2 : 4;
}
