// Arithmetic on pixels, four at a time, each as the bytes B, G, R, A (or R, G, B, A: only the place of A matters).
// One pixel is done by the same functions in the lowest lane, so ends of rows equal their middles to the bit.
import {
  BLEND_COVERAGE,
  BLEND_NONE,
  FORMAT_ABGR8888,
  FORMAT_ARGB8888,
  FORMAT_NV12,
  FORMAT_RGB565,
  FORMAT_XBGR8888,
} from '../layout';

// How a source meets the target.
// Opaque everywhere: the target isn't read.
export const MEET_STORE = 0;
// result = source + target * (255 - source alpha) / 255
export const MEET_OVER = 1;
// The same after source = source * plane alpha / 255
export const MEET_OVER_FADED = 2;
// weight = plane alpha, or source alpha * plane alpha / 255; result = (source * weight + target * (255 - weight)) / 255
export const MEET_MIX = 3;
export const MEET_MIX_COVERAGE = 4;

export const OPAQUE: u32 = 0xff000000;

export function hasAlpha(format: i32): bool {
  return format == FORMAT_ARGB8888 || format == FORMAT_ABGR8888;
}

export function redFirst(format: i32): bool {
  return format == FORMAT_XBGR8888 || format == FORMAT_ABGR8888;
}

export function bytesPerPixel(format: i32): i32 {
  if (format == FORMAT_RGB565) return 2;
  return format == FORMAT_NV12 ? 1 : 4;
}

/** 16 bits to the 8 that the arithmetic uses. */
export function alphaByte(alpha: i32): i32 {
  return (alpha + 128) / 257;
}

/** A source without alpha is one whose alpha is 255 everywhere. */
export function meeting(blend: i32, sourceHasAlpha: bool, alpha: i32): i32 {
  if (alpha == 255 && (!sourceHasAlpha || blend == BLEND_NONE)) return MEET_STORE;
  if (blend == BLEND_NONE) return MEET_MIX;
  if (blend == BLEND_COVERAGE) return MEET_MIX_COVERAGE;
  return alpha == 255 ? MEET_OVER : MEET_OVER_FADED;
}

/** x / 255, to nearest, of 16-bit lanes up to 255 * 255. */
@inline
function div255(x: v128): v128 {
  const t = i16x8.add(x, i16x8.splat(128));
  return i16x8.shr_u(i16x8.add(t, i16x8.shr_u(t, 8)), 8);
}

/** a * b / 255 of bytes, to nearest. */
@inline
export function mul255(a: v128, b: v128): v128 {
  return i8x16.narrow_i16x8_u(div255(i16x8.extmul_low_i8x16_u(a, b)), div255(i16x8.extmul_high_i8x16_u(a, b)));
}

/** (a * weight + b * (255 - weight)) / 255 of bytes, to nearest. */
@inline
function mix255(a: v128, b: v128, weight: v128): v128 {
  const rest = v128.not(weight);
  const low = i16x8.add(i16x8.extmul_low_i8x16_u(a, weight), i16x8.extmul_low_i8x16_u(b, rest));
  const high = i16x8.add(i16x8.extmul_high_i8x16_u(a, weight), i16x8.extmul_high_i8x16_u(b, rest));
  return i8x16.narrow_i16x8_u(div255(low), div255(high));
}

/** The alpha of each pixel in all of its bytes. */
@inline
function alphaOf(pixels: v128): v128 {
  return v128.shuffle<i8>(pixels, pixels, 3, 3, 3, 3, 7, 7, 7, 7, 11, 11, 11, 11, 15, 15, 15, 15);
}

/** Colours larger than their alpha, which no premultiplied image has, saturate. */
@inline
export function over(source: v128, target: v128): v128 {
  return i8x16.add_sat_u(source, mul255(target, v128.not(alphaOf(source))));
}

/** Source on target; `alpha` is the plane's in every byte. Not for MEET_STORE. */
@inline
export function meet(how: i32, source: v128, target: v128, alpha: v128): v128 {
  if (how == MEET_OVER) return over(source, target);
  if (how == MEET_OVER_FADED) return over(mul255(source, alpha), target);
  const opaque = v128.or(source, i32x4.splat(OPAQUE));
  if (how == MEET_MIX) return mix255(opaque, target, alpha);
  return mix255(opaque, target, mul255(alphaOf(source), alpha));
}

/** B, G, R, A to R, G, B, A and back. */
@inline
export function swapRedBlue(pixels: v128): v128 {
  return v128.shuffle<i8>(pixels, pixels, 2, 1, 0, 3, 6, 5, 4, 7, 10, 9, 8, 11, 14, 13, 12, 15);
}

/** RGB565 in the low halves of the lanes; 5 bits are scaled by 255 / 31 and 6 bits by 255 / 63, to nearest. */
@inline
export function expand565(words: v128): v128 {
  const five = i32x4.splat(31);
  const red = v128.and(i32x4.shr_u(words, 11), five);
  const green = v128.and(i32x4.shr_u(words, 5), i32x4.splat(63));
  const blue = v128.and(words, five);
  const r = i32x4.shr_u(i32x4.add(i32x4.mul(red, i32x4.splat(527)), i32x4.splat(23)), 6);
  const g = i32x4.shr_u(i32x4.add(i32x4.mul(green, i32x4.splat(259)), i32x4.splat(33)), 6);
  const b = i32x4.shr_u(i32x4.add(i32x4.mul(blue, i32x4.splat(527)), i32x4.splat(23)), 6);
  const rgb = v128.or(v128.or(i32x4.shl(r, 16), i32x4.shl(g, 8)), b);
  return v128.or(rgb, i32x4.splat(OPAQUE));
}
