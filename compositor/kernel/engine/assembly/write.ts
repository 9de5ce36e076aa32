// Putting source pixels on the target, as the command's blend mode and alpha say.
import { CMD_BLEND, CMD_PLANE_ALPHA, CMD_SOURCE_FORMAT, CMD_TARGET_FORMAT } from '../layout';
import { MEET_OVER, MEET_STORE, OPAQUE, alphaByte, hasAlpha, meet, meeting, redFirst, swapRedBlue } from './pixel';
import { word } from './word';

let how: i32 = 0;
let alpha: v128 = i8x16.splat(0);
/** Bits that are set in every source pixel: alpha of opaque formats. */
let sourceBits: v128 = i8x16.splat(0);
/** Bits that are set in every pixel written: the padding of targets without alpha. */
let targetBits: v128 = i8x16.splat(0);
let swap: bool = false;

export function prepareWriting(command: usize): void {
  const format = word(command, CMD_SOURCE_FORMAT);
  const targetFormat = word(command, CMD_TARGET_FORMAT);
  const planeAlpha = alphaByte(word(command, CMD_PLANE_ALPHA));
  how = meeting(word(command, CMD_BLEND), hasAlpha(format), planeAlpha);
  alpha = i8x16.splat(<i8>planeAlpha);
  // A stored pixel is opaque whatever its alpha says: blend mode none.
  sourceBits = i32x4.splat(!hasAlpha(format) || how == MEET_STORE ? OPAQUE : 0);
  targetBits = i32x4.splat(hasAlpha(targetFormat) ? 0 : OPAQUE);
  swap = redFirst(format) != redFirst(targetFormat);
}

/** Neither plane alpha nor another order of channels: `over` and the target's bits are all there is to do. */
export function isPlainOver(): bool {
  return how == MEET_OVER && !swap;
}

export function paddingBits(): v128 {
  return targetBits;
}

@inline
function ready(pixels: v128): v128 {
  const opaque = v128.or(pixels, sourceBits);
  return swap ? swapRedBlue(opaque) : opaque;
}

@inline
export function writeFour(target: usize, pixels: v128): void {
  const source = ready(pixels);
  const result = how == MEET_STORE ? source : meet(how, source, v128.load(target), alpha);
  v128.store(target, v128.or(result, targetBits));
}

@inline
export function writeOne(target: usize, pixel: v128): void {
  const source = ready(pixel);
  const result = how == MEET_STORE ? source : meet(how, source, v128.load32_zero(target), alpha);
  v128.store_lane<u32>(target, v128.or(result, targetBits), 0);
}
