import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../machine/random.ts';
import type {
  BlendMode,
  CompositeCommand,
  EngineImage,
  Filter,
  FixedRect,
  PixelRect,
  Transform,
} from './command.ts';
import { writeCommand } from './command.ts';
import { AB24, AR24, NV12, RG16, XB24, XR24 } from './formats.ts';
import * as layout from './layout.ts';
import { PixelKernels } from './pixel-kernels.ts';

const memory = new WebAssembly.Memory({ initial: 32, maximum: 32, shared: true });
const kernels = new PixelKernels(memory);
const bytes = new Uint8Array(memory.buffer);
const words = new Int32Array(memory.buffer, 0, 64 * layout.CMD_WORDS);
const random = seededRandom(7);
const int = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
const pick = <T>(values: readonly T[]): T => values[int(0, values.length - 1)]!;

type Pixel = { r: number; g: number; b: number; a: number };

const { BLEND_COVERAGE, BLEND_NONE, BLEND_PREMULTIPLIED, FILTER_BILINEAR, FILTER_NEAREST } = layout;
const isRedFirst = (format: number) => format === XB24 || format === AB24;
const hasAlpha = (format: number) => format === AR24 || format === AB24;
const per255 = (product: number) => Math.floor(product / 255 + 0.5);

const lumaCoefficients = [
  [0.299, 0.114],
  [0.2126, 0.0722],
  [0.2627, 0.0593],
] as const;

/** One pixel of NV12 by the real matrix, each coefficient rounded to 1/8192. */
function fromYuv(y: number, u: number, v: number, command: CompositeCommand): Pixel {
  const [kr, kb] = lumaCoefficients[command.encoding ?? 0]!;
  const full = command.range === layout.RANGE_FULL;
  const [ys, cs] = full ? [1, 1] : [255 / 219, 255 / 224];
  const kg = 1 - kr - kb;
  const c = (value: number) => Math.round(value * 8192);
  const clamp = (sum: number) => Math.min(255, Math.max(0, Math.floor(sum / 8192 + 0.5)));
  const luma = (y - (full ? 0 : 16)) * c(ys);
  const red = 2 * (1 - kr) * cs;
  const blue = 2 * (1 - kb) * cs;
  return {
    r: clamp(luma + c(red) * (v - 128)),
    g: clamp(luma + c((-red * kr) / kg) * (v - 128) + c((-blue * kb) / kg) * (u - 128)),
    b: clamp(luma + c(blue) * (u - 128)),
    a: 255,
  };
}

function read(image: EngineImage, x: number, y: number, command: CompositeCommand): Pixel {
  const at = image.address + y * image.stride;
  if (image.format === NV12) {
    const chroma = image.chromaAddress! + (y >> 1) * image.chromaStride! + (x >> 1) * 2;
    return fromYuv(bytes[at + x]!, bytes[chroma]!, bytes[chroma + 1]!, command);
  }
  if (image.format === RG16) {
    const word = bytes[at + x * 2]! | (bytes[at + x * 2 + 1]! << 8);
    const scale = (value: number, most: number) => Math.round((value * 255) / most);
    return { r: scale(word >> 11, 31), g: scale((word >> 5) & 63, 63), b: scale(word & 31, 31), a: 255 };
  }
  const [first, g, third, a] = bytes.subarray(at + x * 4, at + x * 4 + 4) as unknown as [
    number,
    number,
    number,
    number,
  ];
  const [r, b] = isRedFirst(image.format) ? [first, third] : [third, first];
  return { r, g, b, a: hasAlpha(image.format) ? a : 255 };
}

/** Where buffer coordinates are for a point of the upright image of `w` x `h`, all in units of destination pixels. */
function intoBuffer(transform: Transform, x: number, y: number, w: number, h: number): [number, number] {
  const flipped = transform >= 4 ? w - 1 - x : x;
  switch (transform & 3) {
    case 0:
      return [flipped, y];
    case 1:
      return [y, w - 1 - flipped];
    case 2:
      return [w - 1 - flipped, h - 1 - y];
    default:
      return [h - 1 - y, flipped];
  }
}

function position(index: number, start: number, length: number, count: number): number {
  const step = (BigInt(length) << 16n) / BigInt(count);
  return start + Number((BigInt(2 * index + 1) * step) >> 17n);
}

function sample(command: CompositeCommand, x: number, y: number): Pixel {
  const { source, sourceRect: rect, destination: dest, transform } = command;
  const [i, j] = intoBuffer(transform, x, y, dest.width, dest.height);
  const [w, h] = transform & 1 ? [dest.height, dest.width] : [dest.width, dest.height];
  const px = position(i, rect.x, rect.width, w);
  const py = position(j, rect.y, rect.height, h);
  const lastX = Math.ceil((rect.x + rect.width) / 65536) - 1;
  const lastY = Math.ceil((rect.y + rect.height) / 65536) - 1;
  const at = (cx: number, cy: number) => {
    const inX = Math.min(Math.max(cx, rect.x >> 16), lastX);
    const inY = Math.min(Math.max(cy, rect.y >> 16), lastY);
    return read(source, inX, inY, command);
  };
  if (command.filter === FILTER_NEAREST) return at(px >> 16, py >> 16);
  const [qx, qy] = [px - 32768, py - 32768];
  const [wx, wy] = [(qx >> 8) & 255, (qy >> 8) & 255];
  const [cx, cy] = [qx >> 16, qy >> 16];
  const four = [at(cx, cy), at(cx + 1, cy), at(cx, cy + 1), at(cx + 1, cy + 1)];
  const weights = [(256 - wx) * (256 - wy), wx * (256 - wy), (256 - wx) * wy, wx * wy];
  const mean = (channel: keyof Pixel) =>
    Math.floor(four.reduce((sum, pixel, n) => sum + pixel[channel] * weights[n]!, 32768) / 65536);
  return { r: mean('r'), g: mean('g'), b: mean('b'), a: mean('a') };
}

function blend(source: Pixel, under: Pixel, mode: BlendMode, alpha16: number): Pixel {
  const plane = Math.floor((alpha16 + 128) / 257);
  const each = (f: (s: number, d: number) => number): Pixel => ({
    r: f(source.r, under.r),
    g: f(source.g, under.g),
    b: f(source.b, under.b),
    a: f(mode === BLEND_PREMULTIPLIED ? source.a : 255, under.a),
  });
  if (mode === BLEND_PREMULTIPLIED) {
    const a = per255(source.a * plane);
    return each((s, d) => Math.min(255, per255(s * plane) + per255(d * (255 - a))));
  }
  const weight = mode === BLEND_NONE ? plane : per255(source.a * plane);
  return each((s, d) => per255(s * weight + d * (255 - weight)));
}

const packed = (p: Pixel, format: number) =>
  isRedFirst(format)
    ? [p.r, p.g, p.b, hasAlpha(format) ? p.a : 255]
    : [p.b, p.g, p.r, hasAlpha(format) ? p.a : 255];

/** What the command should leave in the target's memory, rows with their padding. */
function expected(command: CompositeCommand): Uint8Array {
  const { target, clip, destination: dest } = command;
  const result = bytes.slice(target.address, target.address + target.height * target.stride);
  for (let y = clip.y; y < clip.y + clip.height; y++)
    for (let x = clip.x; x < clip.x + clip.width; x++) {
      const [dx, dy] = [x - dest.x, y - dest.y];
      if (dx < 0 || dy < 0 || dx >= dest.width || dy >= dest.height) continue;
      const pixel = blend(sample(command, dx, dy), read(target, x, y, command), command.blend, command.alpha);
      result.set(packed(pixel, target.format), y * target.stride + x * 4);
    }
  return result;
}

function fillRandomly(from: number, length: number): void {
  for (let at = from; at < from + length; at++) bytes[at] = int(0, 255);
}

/** The target's memory before the last `check`. */
let beneath = new Uint8Array(0);

function check(command: CompositeCommand): void {
  const { target, source } = command;
  fillRandomly(target.address, target.height * target.stride);
  beneath = bytes.slice(target.address, target.address + target.height * target.stride);
  fillRandomly(source.address, source.height * source.stride);
  if (source.chromaAddress)
    fillRandomly(source.chromaAddress, Math.ceil(source.height / 2) * source.chromaStride!);
  const wanted = expected(command);
  writeCommand(words, 0, command);
  kernels.execute(0, 1);
  const got = bytes.slice(target.address, target.address + wanted.length);
  if (Buffer.compare(got, wanted) === 0) return;
  const at = got.findIndex((byte, n) => byte !== wanted[n]);
  const [x, y] = [(at % target.stride) / 4, Math.floor(at / target.stride)];
  expect.fail(`at ${x},${y}: ${got[at]} instead of ${wanted[at]} by ${JSON.stringify(command)}`);
}

function imageOf(format: number, width: number, height: number, address: number): EngineImage {
  const bytesPerPixel = format === NV12 ? 1 : format === RG16 ? 2 : 4;
  const stride = (width + int(0, 3)) * bytesPerPixel;
  if (format !== NV12) return { address, stride, width, height, format };
  return {
    address,
    stride,
    width,
    height,
    format,
    chromaAddress: address + 0x20000,
    chromaStride: width + (width & 1) + 4,
  };
}

const fixed = ({ x, y, width, height }: PixelRect): FixedRect => ({
  x: x * 65536,
  y: y * 65536,
  width: width * 65536,
  height: height * 65536,
});

const sourceFormats = [XR24, AR24, XB24, AB24, RG16, NV12];
const targetFormats = [XR24, AR24, XB24, AB24];
const blends: BlendMode[] = [BLEND_NONE, BLEND_PREMULTIPLIED, BLEND_COVERAGE];
const filters: Filter[] = [FILTER_NEAREST, FILTER_BILINEAR];
const transforms: Transform[] = [0, 1, 2, 3, 4, 5, 6, 7];

/** A composition of everything at random: odd sizes and offsets, destination partly outside of target and clip. */
function randomCommand(fixedPart: Partial<CompositeCommand>): CompositeCommand {
  const target = imageOf(pick(targetFormats), int(1, 37), int(1, 19), 0x40000);
  const source = imageOf(fixedPart.source?.format ?? pick(sourceFormats), int(1, 33), int(1, 21), 0x80000);
  const clip = { x: int(0, target.width - 1), y: int(0, target.height - 1), width: 0, height: 0 };
  clip.width = int(1, target.width - clip.x);
  clip.height = int(1, target.height - clip.y);
  const limitX = source.width * 65536;
  const limitY = source.height * 65536;
  const x = int(0, limitX - 1);
  const y = int(0, limitY - 1);
  return {
    op: 'composite',
    target,
    clip,
    destination: {
      x: int(-9, target.width),
      y: int(-9, target.height),
      width: int(1, 40),
      height: int(1, 30),
    },
    sourceRect: { x, y, width: int(1, limitX - x), height: int(1, limitY - y) },
    transform: pick(transforms),
    filter: pick(filters),
    blend: pick(blends),
    alpha: pick([0, 0xffff, int(0, 0xffff)]),
    encoding: pick([0, 1, 2]),
    range: pick([0, 1]),
    ...fixedPart,
    source,
  };
}

/** The same without scale, upright unless told: the fast paths. */
function unscaledCommand(
  format: number,
  blendMode: BlendMode,
  alpha: number,
  transform: Transform = 0,
): CompositeCommand {
  const command = randomCommand({ source: imageOf(format, 1, 1, 0), blend: blendMode, alpha, transform });
  const { source, destination } = command;
  const x = int(0, source.width - 1);
  const y = int(0, source.height - 1);
  const rect = { x, y, width: int(1, source.width - x), height: int(1, source.height - y) };
  const dest = {
    x: Math.min(destination.x, 3),
    y: Math.min(destination.y, 3),
    width: transform & 1 ? rect.height : rect.width,
    height: transform & 1 ? rect.width : rect.height,
  };
  return { ...command, sourceRect: fixed(rect), destination: dest };
}

describe('composition', () => {
  it('is over for every alpha, colour and colour beneath', () => {
    const source: EngineImage = { address: 0x40000, stride: 1024, width: 256, height: 256, format: AR24 };
    const target: EngineImage = { ...source, address: 0x80000 };
    const rect = { x: 0, y: 0, width: 256, height: 256 };
    writeCommand(words, 0, {
      op: 'composite',
      target,
      source,
      destination: rect,
      clip: rect,
      sourceRect: fixed(rect),
      transform: 0,
      filter: FILTER_NEAREST,
      blend: BLEND_PREMULTIPLIED,
      alpha: 0xffff,
    });
    const from = new Uint32Array(memory.buffer, source.address, 65536);
    const to = new Uint32Array(memory.buffer, target.address, 65536);
    let wrong = 0;
    for (let alpha = 0; alpha < 256; alpha++) {
      for (let n = 0; n < 65536; n++) {
        const [s, d] = [n & 255, n >> 8];
        from[n] = ((alpha << 24) | (s << 16) | ((s >> 1) << 8) | alpha) >>> 0;
        to[n] = ((d << 24) | (d << 16) | (d << 8) | d) >>> 0;
      }
      kernels.execute(0, 1);
      for (let n = 0; n < 65536; n++) {
        const s = n & 255;
        const rest = Math.floor(((n >> 8) * (255 - alpha)) / 255 + 0.5);
        const [a, r, g] = [alpha + rest, Math.min(255, s + rest), Math.min(255, (s >> 1) + rest)];
        if (to[n] !== ((a << 24) | (r << 16) | (g << 8) | a) >>> 0) wrong++;
      }
    }
    expect(wrong).toBe(0);
  });

  it('draws unscaled sources of each format in each blend mode, at any offset and width', () => {
    for (const format of sourceFormats)
      for (const mode of blends)
        for (const alpha of [0, 0x1234, 0x8080, 0xfffe, 0xffff])
          for (let n = 0; n < 6; n++) check(unscaledCommand(format, mode, alpha));
  });

  it('draws each format under each transform and filter, scaled at random', () => {
    for (const format of sourceFormats)
      for (const transform of transforms)
        for (const filter of filters)
          for (let n = 0; n < 5; n++)
            check(randomCommand({ source: imageOf(format, 1, 1, 0), transform, filter }));
  });

  it('draws turned and mirrored sources that are not scaled, or only across their rows', () => {
    for (const transform of transforms)
      for (const mode of blends)
        for (let n = 0; n < 24; n++) {
          const command = unscaledCommand(pick(sourceFormats), mode, pick([0xffff, 0x8080]), transform);
          check(command);
          const { destination } = command;
          check({ ...command, destination: { ...destination, height: destination.height + int(1, 9) } });
        }
  });

  it('gives the same pixels unscaled, fast or sampled', () => {
    for (const format of sourceFormats)
      for (const mode of blends) {
        const fast: CompositeCommand = { ...unscaledCommand(format, mode, 0x9999), filter: FILTER_NEAREST };
        check(fast);
        const { address, height, stride } = fast.target;
        const drawn = bytes.slice(address, address + height * stride);
        // A rectangle smaller by a 65536th of a pixel has the same nearest pixels, but not the fast path.
        const sampled = { ...fast, sourceRect: { ...fast.sourceRect, width: fast.sourceRect.width - 1 } };
        bytes.set(beneath, address);
        writeCommand(words, 0, sampled);
        kernels.execute(0, 1);
        expect(bytes.slice(address, address + drawn.length)).toEqual(drawn);
      }
  });

  it('treats a format without alpha as one whose alpha is 255 everywhere', () => {
    for (const mode of blends)
      for (const alpha of [0, 0x5a5a, 0xffff]) {
        const opaque = unscaledCommand(XR24, mode, alpha);
        check(opaque);
        const { address, height, stride } = opaque.target;
        const drawn = bytes.slice(address, address + height * stride);
        for (let at = 3; at < opaque.source.height * opaque.source.stride; at += 4)
          bytes[opaque.source.address + at] = 255;
        bytes.set(beneath, address);
        writeCommand(words, 0, { ...opaque, source: { ...opaque.source, format: AR24 } });
        kernels.execute(0, 1);
        expect(bytes.slice(address, address + drawn.length)).toEqual(drawn);
      }
  });

  it('shows a turned buffer upright', () => {
    // The letter L, its stem at the left and its foot at the bottom, turned in the buffer by 90 degrees counter-clockwise.
    const buffer = [
      [0, 0, 1],
      [1, 1, 1],
    ].map(row => row.map(on => (on ? 0xffffffff : 0xff000000)));
    const source: EngineImage = { address: 0x40000, stride: 12, width: 3, height: 2, format: XR24 };
    const target: EngineImage = { address: 0x80000, stride: 8, width: 2, height: 3, format: XR24 };
    new Uint32Array(memory.buffer, source.address, 6).set(buffer.flat());
    const rect = { x: 0, y: 0, width: 2, height: 3 };
    writeCommand(words, 0, {
      op: 'composite',
      target,
      source,
      destination: rect,
      clip: rect,
      sourceRect: fixed({ x: 0, y: 0, width: 3, height: 2 }),
      transform: 1,
      filter: FILTER_BILINEAR,
      blend: BLEND_NONE,
      alpha: 0xffff,
    });
    kernels.execute(0, 1);
    const shown = [...new Uint32Array(memory.buffer, target.address, 6)].map(pixel =>
      pixel & 1 ? '#' : '.',
    );
    expect(shown.join('').match(/../g)).toEqual(['#.', '#.', '##']);
  });

  it('does not read or write beyond the last byte of physical memory', () => {
    const end = memory.buffer.byteLength;
    const target: EngineImage = { address: end - 5 * 3 * 4, stride: 20, width: 5, height: 3, format: XR24 };
    const rect = { x: 0, y: 0, width: 5, height: 3 };
    for (const transform of [0, 2] as Transform[]) {
      writeCommand(words, 0, {
        op: 'composite',
        target,
        source: target,
        destination: rect,
        clip: rect,
        sourceRect: fixed(rect),
        transform,
        filter: FILTER_BILINEAR,
        blend: BLEND_NONE,
        alpha: 0xffff,
      });
      expect(() => kernels.execute(0, 1)).not.toThrow();
    }
  });
});
