// OP_CRC without tables in memory: a CRC is linear over GF(2).
//
// A pixel is 8 bytes, two words: A, A, R, R and G, G, B, B. The CRC after it is F64(crc ^ first) ^ F32(second), where Fn feeds n
// zero bits. Such a map is known by what it makes of each single bit: 32 words, held as 8 vectors; vector v has those of the
// bits 31-4v, 30-4v, 29-4v, 28-4v.
import {
  CMD_CLIP_HEIGHT,
  CMD_CLIP_WIDTH,
  CMD_TABLE_ADDRESS,
  CMD_TARGET_FORMAT,
  CMD_TARGET_STRIDE,
} from '../layout';
import { hasAlpha, redFirst } from './pixel';
import { clipStart } from './scan';
import { word } from './word';

const POLYNOMIAL: u32 = 0xedb88320;

/** Four CRCs after `bits` zero bits more. */
function feed(crcs: v128, bits: i32): v128 {
  for (let bit = 0; bit < bits; bit++) {
    const carry = i32x4.neg(v128.and(crcs, i32x4.splat(1)));
    crcs = v128.xor(i32x4.shr_u(crcs, 1), v128.and(carry, i32x4.splat(POLYNOMIAL)));
  }
  return crcs;
}

/** Vector `v` of the map that feeds `bits` zero bits. */
function column(v: i32, bits: i32): v128 {
  return feed(i32x4.shr_u(i32x4(1 << 31, 1 << 30, 1 << 29, 1 << 28), 4 * v), bits);
}

/** The words of vector `v` whose bit is set in `word`; `bits` has the word shifted by 0, 1, 2 and 3 in its lanes. */
@inline
function chosen(bits: v128, v: i32, column: v128): v128 {
  return v128.and(column, i32x4.shr_s(i32x4.shl(bits, 4 * v), 31));
}

@inline
function spread(value: u32): v128 {
  return i32x4.mul(i32x4.splat(value), i32x4(1, 2, 4, 8));
}

/** A byte twice in the low half and another twice in the high half. */
@inline
function doubled(low: u32, high: u32): u32 {
  return low * 0x101 + high * 0x1010000;
}

@inline
function sum(words: v128): u32 {
  const halves = v128.xor(words, v128.shuffle<i32>(words, words, 2, 3, 0, 1));
  return i32x4.extract_lane(halves, 0) ^ i32x4.extract_lane(halves, 1);
}

export function crc(command: usize): void {
  const f0 = column(0, 64);
  const f1 = column(1, 64);
  const f2 = column(2, 64);
  const f3 = column(3, 64);
  const f4 = column(4, 64);
  const f5 = column(5, 64);
  const f6 = column(6, 64);
  const f7 = column(7, 64);
  const s0 = column(0, 32);
  const s1 = column(1, 32);
  const s2 = column(2, 32);
  const s3 = column(3, 32);
  const s4 = column(4, 32);
  const s5 = column(5, 32);
  const s6 = column(6, 32);
  const s7 = column(7, 32);
  const table: usize = word(command, CMD_TABLE_ADDRESS);
  const format = word(command, CMD_TARGET_FORMAT);
  const bits: u32 = hasAlpha(format) ? 0 : 0xff000000;
  const redShift: u32 = redFirst(format) ? 0 : 16;
  const width = word(command, CMD_CLIP_WIDTH);
  const stride = word(command, CMD_TARGET_STRIDE);
  let value = load<u32>(table);
  let start = clipStart(command);
  for (let rows = word(command, CMD_CLIP_HEIGHT); rows > 0; rows--, start += stride) {
    let at = start;
    for (let left = width; left > 0; left--, at += 4) {
      const pixel = load<u32>(at) | bits;
      const red = (pixel >> redShift) & 0xff;
      const blue = (pixel >> (16 - redShift)) & 0xff;
      const a = spread(value ^ doubled(pixel >> 24, red));
      const b = spread(doubled((pixel >> 8) & 0xff, blue));
      const first = v128.xor(
        v128.xor(v128.xor(chosen(a, 0, f0), chosen(a, 1, f1)), v128.xor(chosen(a, 2, f2), chosen(a, 3, f3))),
        v128.xor(v128.xor(chosen(a, 4, f4), chosen(a, 5, f5)), v128.xor(chosen(a, 6, f6), chosen(a, 7, f7))),
      );
      const second = v128.xor(
        v128.xor(v128.xor(chosen(b, 0, s0), chosen(b, 1, s1)), v128.xor(chosen(b, 2, s2), chosen(b, 3, s3))),
        v128.xor(v128.xor(chosen(b, 4, s4), chosen(b, 5, s5)), v128.xor(chosen(b, 6, s6), chosen(b, 7, s7))),
      );
      value = sum(v128.xor(first, second));
    }
  }
  store<u32>(table, value);
}
