/** `fencepost/testing`: kernel, compositor and clients in one process and in virtual time. */
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
} from './image.ts';
export { TestSession, type TestSessionOptions } from './session.ts';
