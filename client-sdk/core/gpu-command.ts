// Commands of the simulated GPU, and how they are laid out for it.
import {
  SIMGPU_BLEND_COVERAGE,
  SIMGPU_BLEND_NONE,
  SIMGPU_BLEND_PREMULTIPLIED,
  SIMGPU_FILTER_BILINEAR,
  SIMGPU_FILTER_NEAREST,
  SIMGPU_OP_COMPOSITE,
  SIMGPU_OP_COPY,
  SIMGPU_OP_FILL,
  SIMGPU_OP_SPIN,
  SIMGPU_SPIN_FOREVER,
  type simgpu_command,
} from '../../protocol/uapi/simgpu.ts';
import type { UserValue } from '../../protocol/uapi/struct.ts';
import type { SharedImage } from './image.ts';
import { fourccOf } from './layout.ts';
import type { Rect } from './options.ts';
import type { Colour } from './single-pixel.ts';

export interface FillCommand {
  readonly op: 'fill';
  readonly target: SharedImage;
  readonly colour: Colour;
  /** Default: all of it. */
  readonly rect?: Rect;
  /** Put over what is there (`premultiplied`), or instead of it, opaque (`none`, the default). */
  readonly blend?: 'none' | 'premultiplied';
}

/** Pixels as they are, from an image of the same format. */
export interface CopyCommand {
  readonly op: 'copy';
  readonly source: SharedImage;
  readonly target: SharedImage;
  /** Whole pixels. Default: all of the source. */
  readonly from?: Rect;
  /** Where its upper left corner goes. Default: 0, 0. */
  readonly to?: { readonly x: number; readonly y: number };
}

/** Scales, converts and blends. */
export interface CompositeCommand {
  readonly op: 'composite';
  readonly source: SharedImage;
  readonly target: SharedImage;
  /** In pixels of the source, fractions allowed. Default: all of it. */
  readonly from?: Rect;
  /** In pixels of the target. Default: all of it. */
  readonly to?: Rect;
  /** Nothing outside of it is touched. Default: `to`. */
  readonly clip?: Rect;
  /** 0 to 1. Default 1. */
  readonly alpha?: number;
  /** What the source's alpha means. Default `premultiplied`. */
  readonly blend?: 'none' | 'premultiplied' | 'coverage';
  /** Default `bilinear`. */
  readonly filter?: 'nearest' | 'bilinear';
}

/** Occupies the engine. A job that never ends is stopped by the device, and its fence ends in error. */
export interface SpinCommand {
  readonly op: 'spin';
  /** Of device time. */
  readonly nanoseconds: bigint | 'forever';
}

export type GpuCommand = FillCommand | CopyCommand | CompositeCommand | SpinCommand;
type Laid = UserValue<typeof simgpu_command>;

const BLENDS = {
  none: SIMGPU_BLEND_NONE,
  premultiplied: SIMGPU_BLEND_PREMULTIPLIED,
  coverage: SIMGPU_BLEND_COVERAGE,
} as const;

const FIXED = 65536;
const OPAQUE = 0xffff;

/** The images that a command reads and writes. */
export function imagesOf(command: GpuCommand): SharedImage[] {
  if (command.op === 'spin') return [];
  return command.op === 'fill' ? [command.target] : [command.target, command.source];
}

/** Lays a command out; `gem` gives the handles of its images. */
export function layOut(command: GpuCommand, gem: ReadonlyMap<SharedImage, number>): Laid {
  if (command.op === 'spin') return spin(command);
  if (command.op === 'fill') return fill(command, gem);
  return command.op === 'copy' ? copy(command, gem) : composite(command, gem);
}

function spin({ nanoseconds }: SpinCommand): Laid {
  const duration = nanoseconds === 'forever' ? SIMGPU_SPIN_FOREVER : nanoseconds;
  return { opcode: SIMGPU_OP_SPIN, duration_ns: duration };
}

function fill(
  { target, colour, rect, blend = 'none' }: FillCommand,
  gem: ReadonlyMap<SharedImage, number>,
): Laid {
  const area = edges(rect ?? whole(target));
  return {
    opcode: SIMGPU_OP_FILL,
    target: imageOf(target, gem),
    destination: area,
    clip: area,
    color: premultiplied(colour),
    alpha: OPAQUE,
    blend_mode: BLENDS[blend],
  };
}

function copy(command: CopyCommand, gem: ReadonlyMap<SharedImage, number>): Laid {
  const { source, target, from = whole(source), to = { x: 0, y: 0 } } = command;
  const area = edges({ ...to, width: from.width, height: from.height });
  return {
    opcode: SIMGPU_OP_COPY,
    target: imageOf(target, gem),
    source: imageOf(source, gem),
    destination: area,
    clip: area,
    source_rect: sourceRect(from),
  };
}

function composite(command: CompositeCommand, gem: ReadonlyMap<SharedImage, number>): Laid {
  const { source, target, from = whole(source), to = whole(target), clip = to } = command;
  return {
    opcode: SIMGPU_OP_COMPOSITE,
    target: imageOf(target, gem),
    source: imageOf(source, gem),
    destination: edges(to),
    clip: edges(clip),
    source_rect: sourceRect(from),
    filter: command.filter === 'nearest' ? SIMGPU_FILTER_NEAREST : SIMGPU_FILTER_BILINEAR,
    alpha: Math.round(Math.min(1, Math.max(0, command.alpha ?? 1)) * OPAQUE),
    blend_mode: BLENDS[command.blend ?? 'premultiplied'],
  };
}

function imageOf(image: SharedImage, gem: ReadonlyMap<SharedImage, number>): Laid['target'] {
  const { width, height, format, planes } = image.layout;
  const words = (of: (plane: (typeof planes)[0]) => number) => [
    of(planes[0]!),
    planes[1] ? of(planes[1]) : 0,
  ];
  return {
    handle: gem.get(image)!,
    format: fourccOf(format),
    width,
    height,
    offsets: words(({ offset }) => offset),
    pitches: words(({ stride }) => stride),
  };
}

function whole({ width, height }: SharedImage): Rect {
  return { x: 0, y: 0, width, height };
}

function edges({ x, y, width, height }: Rect): { x1: number; y1: number; x2: number; y2: number } {
  return { x1: x, y1: y, x2: x + width, y2: y + height };
}

function sourceRect({ x, y, width, height }: Rect): { x: number; y: number; w: number; h: number } {
  const fixed = (value: number) => Math.round(value * FIXED);
  return { x: fixed(x), y: fixed(y), w: fixed(width), h: fixed(height) };
}

/** 0xAARRGGBB. */
function premultiplied({ red, green, blue, alpha = 1 }: Colour): number {
  const byte = (part: number) => Math.round(Math.min(1, Math.max(0, part)) * 255);
  const [r, g, b] = [byte(red * alpha), byte(green * alpha), byte(blue * alpha)];
  return ((byte(alpha) << 24) | (r << 16) | (g << 8) | b) >>> 0;
}
