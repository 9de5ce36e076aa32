// NV12 to B, G, R, A by integer matrices: coefficients are the real ones times 8192 to nearest, sums are rounded to nearest
// and clamped. A pixel has the chroma of the 2x2 block it is in, without interpolation.
import { ENCODING_BT2020, ENCODING_BT709, RANGE_FULL } from '../layout';

const SHIFT = 13;
const HALF = 4096;

let offsets: v128 = i16x8.splat(0);
let redOfYV: v128 = i16x8.splat(0);
let greenOfYV: v128 = i16x8.splat(0);
let greenOfYU: v128 = i16x8.splat(0);
let blueOfYU: v128 = i16x8.splat(0);

/** A 16-bit pair in each lane. */
@inline
function pair(low: i32, high: i32): v128 {
  return i32x4.splat((low & 0xffff) | (high << 16));
}

function scaled(coefficient: f64): i32 {
  return <i32>nearest<f64>(coefficient * 8192.0);
}

/** Makes the matrix for `nv12Pixels`, once a command. */
export function setMatrix(encoding: i32, range: i32): void {
  let kr = 0.299;
  let kb = 0.114;
  if (encoding == ENCODING_BT709) {
    kr = 0.2126;
    kb = 0.0722;
  } else if (encoding == ENCODING_BT2020) {
    kr = 0.2627;
    kb = 0.0593;
  }
  const kg = 1.0 - kr - kb;
  const full = range == RANGE_FULL;
  const lumaScale = full ? 1.0 : 255.0 / 219.0;
  const chromaScale = full ? 1.0 : 255.0 / 224.0;
  const luma = scaled(lumaScale);
  const redDifference = 2.0 * (1.0 - kr) * chromaScale;
  const blueDifference = 2.0 * (1.0 - kb) * chromaScale;
  offsets = pair(full ? 0 : 16, 128);
  redOfYV = pair(luma, scaled(redDifference));
  greenOfYV = pair(0, scaled((-redDifference * kr) / kg));
  greenOfYU = pair(luma, scaled((-blueDifference * kb) / kg));
  blueOfYU = pair(luma, scaled(blueDifference));
}

@inline
function rounded(sums: v128): v128 {
  return i32x4.shr_s(i32x4.add(sums, i32x4.splat(HALF)), SHIFT);
}

/** Four pixels from four bytes of luma and the two U, V pairs they share. */
@inline
export function nv12Pixels(luma: u32, chroma: u32): v128 {
  const bytes = i32x4.replace_lane(i32x4.splat(luma), 1, chroma);
  const yu = i8x16.swizzle(bytes, i8x16(0, -1, 4, -1, 1, -1, 4, -1, 2, -1, 6, -1, 3, -1, 6, -1));
  const yv = i8x16.swizzle(bytes, i8x16(0, -1, 5, -1, 1, -1, 5, -1, 2, -1, 7, -1, 3, -1, 7, -1));
  const u = i16x8.sub(yu, offsets);
  const v = i16x8.sub(yv, offsets);
  const red = rounded(i32x4.dot_i16x8_s(v, redOfYV));
  const green = rounded(i32x4.add(i32x4.dot_i16x8_s(u, greenOfYU), i32x4.dot_i16x8_s(v, greenOfYV)));
  const blue = rounded(i32x4.dot_i16x8_s(u, blueOfYU));
  const planes = i8x16.narrow_i16x8_u(
    i16x8.narrow_i32x4_s(blue, green),
    i16x8.narrow_i32x4_s(red, i32x4.splat(255)),
  );
  return v128.shuffle<i8>(planes, planes, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
}
