import * as uapi from '../../../../protocol/uapi/simgpu.ts';
import type { StructValue } from '../../../../protocol/uapi/struct.ts';
import type { GemObject } from '../../drm/gem.ts';
import type { GemHandles } from '../../drm/gem-handles.ts';
import type {
  BlendMode,
  ColorEncoding,
  ColorRange,
  Command,
  Filter,
  Transform,
} from '../../engine/command.ts';
import { KernelError, require } from '../../task/kernel-error.ts';
import { checkImage, checkRect, checkSourceRect, engineImage, touchedArea } from './image.ts';

type CommandValue = StructValue<typeof uapi.simgpu_command>;

/** A command that the engine can be trusted with, as soon as it is known where its buffers are. */
export interface CheckedCommand {
  readonly target: GemObject | null;
  readonly source: GemObject | null;
  /** Device time of a spin in nanoseconds; null for one that never ends. */
  readonly spin: bigint | null;
  /** Null when it touches no pixel. `spinEnd` is the address of a word other than 0, or 0 to let spins hang. */
  place(addressOf: (object: GemObject) => number, spinEnd: number): Command | null;
}

type Field = keyof CommandValue;

const USED: { readonly [opcode: number]: readonly Field[] } = {
  [uapi.SIMGPU_OP_FILL]: ['target', 'destination', 'clip', 'color', 'blend_mode', 'alpha'],
  [uapi.SIMGPU_OP_COPY]: ['target', 'source', 'destination', 'clip', 'source_rect'],
  [uapi.SIMGPU_OP_COMPOSITE]: [
    'target',
    'source',
    'destination',
    'clip',
    'source_rect',
    'transform',
    'filter',
    'alpha',
    'blend_mode',
    'color_encoding',
    'color_range',
  ],
  [uapi.SIMGPU_OP_SPIN]: ['duration_ns'],
};

/** The others, by opcode. */
const UNUSED = Object.fromEntries(
  Object.entries(USED).map(([opcode, used]) => [
    opcode,
    Object.keys(uapi.simgpu_command.fields).filter(
      (field): field is Field => field !== 'opcode' && !used.includes(field as Field),
    ),
  ]),
) as { readonly [opcode: number]: readonly Field[] };

function isZero(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isZero);
  return value === 0 || value === 0n;
}

function checkUnused(value: CommandValue): void {
  const unused = UNUSED[value.opcode];
  if (!unused) throw new KernelError('EINVAL', `there is no opcode ${value.opcode}`);
  for (const field of unused)
    if (!isZero(value[field]))
      throw new KernelError('EINVAL', `opcode ${value.opcode} does not use ${field}, it must be 0`);
}

function atMost(name: Field, value: number, maximum: number): number {
  if (value > maximum) throw new KernelError('EINVAL', `${name} is 0 to ${maximum}, not ${value}`);
  return value;
}

const blendMode = (value: CommandValue): BlendMode =>
  atMost('blend_mode', value.blend_mode, uapi.SIMGPU_BLEND_COVERAGE) as BlendMode;

/**
 * Checks everything that the engine does not: `engine/layout.ts` lists it. ENOENT for handles, EINVAL for the rest.
 * A spin longer than `longest` counts as one without end.
 */
export function checkCommand(objects: GemHandles, value: CommandValue, longest: bigint): CheckedCommand {
  checkUnused(value);
  switch (value.opcode) {
    case uapi.SIMGPU_OP_FILL:
      return checkFill(objects, value);
    case uapi.SIMGPU_OP_COPY:
      return checkCopy(objects, value);
    case uapi.SIMGPU_OP_COMPOSITE:
      return checkComposite(objects, value);
    default:
      return checkSpin(value, longest);
  }
}

function checkTarget(objects: GemHandles, value: CommandValue) {
  const target = checkImage(objects, value.target, 'target');
  require(target.info.target, 'EINVAL', () => `target: the engine does not draw to ${target.info.name}`);
  return target;
}

function checkFill(objects: GemHandles, value: CommandValue): CheckedCommand {
  const target = checkTarget(objects, value);
  const clip = touchedArea(value, target);
  const { color, alpha } = value;
  const blend = blendMode(value);
  return {
    target: target.object,
    source: null,
    spin: 0n,
    place: addressOf =>
      clip && {
        op: 'fill',
        target: engineImage(target, addressOf(target.object)),
        clip,
        color,
        blend,
        alpha,
      },
  };
}

function checkCopy(objects: GemHandles, value: CommandValue): CheckedCommand {
  const target = checkImage(objects, value.target, 'target');
  const source = checkImage(objects, value.source, 'source');
  require(source.info === target.info && target.info.planes.length === 1, 'EINVAL', () =>
    `a copy needs one format of one plane, not ${source.info.name} to ${target.info.name}`);
  const destination = checkRect(value.destination, 'destination');
  const from = checkSourceRect(value.source_rect, source);
  const whole = [from.x, from.y, from.width, from.height].every(side => side % 65536 === 0);
  require(whole &&
    from.width === destination.width * 65536 &&
    from.height ===
      destination.height *
        65536, 'EINVAL', 'a copy takes whole pixels, and destination and source_rect of the same size');
  const clip = touchedArea(value, target);
  const start = {
    x: from.x / 65536 + (clip?.x ?? 0) - destination.x,
    y: from.y / 65536 + (clip?.y ?? 0) - destination.y,
  };
  return {
    target: target.object,
    source: source.object,
    spin: 0n,
    place: addressOf =>
      clip && {
        op: 'copy',
        target: engineImage(target, addressOf(target.object)),
        clip,
        source: engineImage(source, addressOf(source.object)),
        from: start,
      },
  };
}

function checkComposite(objects: GemHandles, value: CommandValue): CheckedCommand {
  const target = checkTarget(objects, value);
  const source = checkImage(objects, value.source, 'source');
  require(source.info.source, 'EINVAL', () => `source: the engine does not draw from ${source.info.name}`);
  const destination = checkRect(value.destination, 'destination');
  const clip = touchedArea(value, target);
  const sourceRect = checkSourceRect(value.source_rect, source);
  const transform = atMost('transform', value.transform, 7) as Transform;
  const filter = atMost('filter', value.filter, uapi.SIMGPU_FILTER_BILINEAR) as Filter;
  const encoding = atMost('color_encoding', value.color_encoding, uapi.SIMGPU_ENCODING_BT2020);
  const range = atMost('color_range', value.color_range, uapi.SIMGPU_RANGE_FULL);
  const { alpha } = value;
  const blend = blendMode(value);
  return {
    target: target.object,
    source: source.object,
    spin: 0n,
    place: addressOf =>
      clip && {
        op: 'composite',
        target: engineImage(target, addressOf(target.object)),
        destination,
        clip,
        source: engineImage(source, addressOf(source.object)),
        sourceRect,
        transform,
        filter,
        blend,
        alpha,
        encoding: encoding as ColorEncoding,
        range: range as ColorRange,
      },
  };
}

function checkSpin(value: CommandValue, longest: bigint): CheckedCommand {
  const spin = value.duration_ns > longest ? null : value.duration_ns;
  return {
    target: null,
    source: null,
    spin,
    place: (_addressOf, spinEnd) => ({ op: 'spin', table: spin === null ? 0 : spinEnd }),
  };
}
