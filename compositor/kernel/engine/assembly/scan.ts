// OP_GAMMA and OP_HISTOGRAM: the display engine on finished pixels.
import {
  CMD_CLIP_HEIGHT,
  CMD_CLIP_WIDTH,
  CMD_CLIP_X,
  CMD_CLIP_Y,
  CMD_TABLE_ADDRESS,
  CMD_TARGET_ADDRESS,
  CMD_TARGET_FORMAT,
  CMD_TARGET_STRIDE,
} from '../layout';
import { redFirst } from './pixel';
import { word } from './word';

/** Address of the first pixel of the clip rectangle. */
export function clipStart(command: usize): usize {
  return (
    word(command, CMD_TARGET_ADDRESS) +
    word(command, CMD_CLIP_Y) * word(command, CMD_TARGET_STRIDE) +
    word(command, CMD_CLIP_X) * 4
  );
}

export function gamma(command: usize): void {
  const table: usize = word(command, CMD_TABLE_ADDRESS);
  const swapped = redFirst(word(command, CMD_TARGET_FORMAT));
  const low = swapped ? table : table + 512;
  const middle = table + 256;
  const high = swapped ? table + 512 : table;
  const width = word(command, CMD_CLIP_WIDTH);
  const stride = word(command, CMD_TARGET_STRIDE);
  let start = clipStart(command);
  for (let rows = word(command, CMD_CLIP_HEIGHT); rows > 0; rows--, start += stride) {
    let at = start;
    for (let left = width; left > 0; left--, at += 4) {
      const pixel = load<u32>(at);
      const a: u32 = load<u8>(low + (pixel & 0xff));
      const b: u32 = load<u8>(middle + ((pixel >> 8) & 0xff));
      const c: u32 = load<u8>(high + ((pixel >> 16) & 0xff));
      store<u32>(at, (pixel & 0xff000000) | (c << 16) | (b << 8) | a);
    }
  }
}

export function histogram(command: usize): void {
  const table: usize = word(command, CMD_TABLE_ADDRESS);
  const width = word(command, CMD_CLIP_WIDTH);
  const stride = word(command, CMD_TARGET_STRIDE);
  let start = clipStart(command);
  for (let rows = word(command, CMD_CLIP_HEIGHT); rows > 0; rows--, start += stride) {
    let at = start;
    let left = width;
    for (; left >= 4; left -= 4, at += 16) {
      const values = brightest(v128.load(at));
      const first = i32x4.extract_lane(values, 0);
      if (i32x4.all_true(i32x4.eq(values, i32x4.splat(first)))) count(table, first, 4);
      else {
        count(table, first, 1);
        count(table, i32x4.extract_lane(values, 1), 1);
        count(table, i32x4.extract_lane(values, 2), 1);
        count(table, i32x4.extract_lane(values, 3), 1);
      }
    }
    for (; left > 0; left--, at += 4) count(table, i32x4.extract_lane(brightest(v128.load32_zero(at)), 0), 1);
  }
}

/** max(R, G, B) of each pixel, in its lane. */
@inline
function brightest(pixels: v128): v128 {
  const twoOfThree = i8x16.max_u(pixels, i32x4.shr_u(pixels, 8));
  return v128.and(i8x16.max_u(twoOfThree, i32x4.shr_u(pixels, 16)), i32x4.splat(0xff));
}

@inline
function count(table: usize, bin: i32, pixels: i32): void {
  const at = table + (bin << 2);
  store<i32>(at, load<i32>(at) + pixels);
}
