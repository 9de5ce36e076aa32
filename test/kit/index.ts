/** `fencepost/testing`: kernel, compositor and clients in one process and in virtual time. */
export { type CommitRecord, Commits } from './commits.ts';
export { colorsOf, Film, type FilmFrame } from './film.ts';
export {
  type Color,
  compare,
  type Difference,
  encodePng,
  expectSameImage,
  fillRect,
  fromXrgb,
  type Image,
  pixel,
  solid,
  toBytes,
} from './image.ts';
export {
  type ButtonName,
  KeyboardInput,
  type KeyName,
  PointerInput,
  SessionInput,
  TouchInput,
} from './input.ts';
export { type FailureOptions, KernelFailures } from './kernel-failures.ts';
export { blocks, crop, enlarge, over, pattern, picture, upright, veil } from './picture.ts';
export { type Canvas, type Footprint, TestSession, type TestSessionOptions } from './session.ts';
export { BUTTON, KEY, type Stroke, strokeOf } from './us-keys.ts';
