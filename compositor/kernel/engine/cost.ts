import type { Command, CompositeCommand, EngineImage, FillCommand, PixelRect } from './command.ts';
import { formatInfo } from './formats.ts';
import { BLEND_NONE } from './layout.ts';

/** How fast a device is, in device time. */
export type DeviceSpeed = {
  /** Bytes of memory moved in a microsecond, reads and writes taken together. */
  bytesPerMicrosecond: number;
  /** Nanoseconds that each command takes before it moves the first byte. */
  setupNanoseconds: number;
};

/** An integrated GPU with about 12 GB/s of memory to itself: 1920x1080 `over` takes 2.1 ms. */
export const DEFAULT_DEVICE_SPEED: DeviceSpeed = { bytesPerMicrosecond: 12_000, setupNanoseconds: 2_000 };

const TABLE_WORDS = 256;

/**
 * Device time of a list of commands in nanoseconds: the set-up of each, and the bytes that it reads and writes at the
 * speed of the memory, rounded up for each command.
 *
 * | command | bytes |
 * | --- | --- |
 * | fill | pixels written; read as well if blended |
 * | copy | pixels read and written |
 * | composite | source bytes under the touched part, pixels written; pixels read as well if blended |
 * | gamma | pixels read and written |
 * | histogram | pixels read, and the table |
 * | crc | pixels read |
 * | zero | bytes written |
 * | spin | none: it has no end of its own |
 */
export function costOf(commands: readonly Command[], speed: DeviceSpeed): bigint {
  let nanoseconds = 0;
  for (const command of commands)
    nanoseconds +=
      speed.setupNanoseconds + Math.ceil((bytesMoved(command) * 1000) / speed.bytesPerMicrosecond);
  return BigInt(nanoseconds);
}

/** Bytes that a command reads and writes, as the table of `costOf` counts them. */
export function bytesMoved(command: Command): number {
  switch (command.op) {
    case 'fill':
      return pixelBytes(command.target, command.clip) * (isStored(command) ? 1 : 2);
    case 'copy':
    case 'gamma':
      return pixelBytes(command.target, command.clip) * 2;
    case 'composite':
      return compositeBytes(command);
    case 'histogram':
      return pixelBytes(command.target, command.clip) + TABLE_WORDS * 4;
    case 'crc':
      return pixelBytes(command.target, command.clip);
    case 'zero':
      return command.length;
    case 'spin':
      return 0;
  }
}

function compositeBytes(command: CompositeCommand): number {
  const touched = intersectionArea(command.clip, command.destination);
  const share = touched / (command.destination.width * command.destination.height);
  const sourcePixels = (command.sourceRect.width / 65536) * (command.sourceRect.height / 65536) * share;
  const opaque =
    isOpaque(command) && (command.blend === BLEND_NONE || !formatInfo(command.source.format)?.hasAlpha);
  return sourcePixels * bytesPerPixel(command.source.format) + touched * 4 * (opaque ? 1 : 2);
}

/** Whether a fill looks at what was there before. */
function isStored(command: FillCommand): boolean {
  return command.blend === BLEND_NONE || (isOpaque(command) && command.color >>> 24 === 0xff);
}

function isOpaque(command: { alpha: number }): boolean {
  return command.alpha === 0xffff;
}

function pixelBytes(image: EngineImage, rect: PixelRect): number {
  return rect.width * rect.height * bytesPerPixel(image.format);
}

function bytesPerPixel(format: number): number {
  const planes = formatInfo(format)?.planes ?? [];
  return planes.reduce((sum, plane) => sum + plane.bytes / (plane.horizontal * plane.vertical), 0);
}

function intersectionArea(a: PixelRect, b: PixelRect): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}
