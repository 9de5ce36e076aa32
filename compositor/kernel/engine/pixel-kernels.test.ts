import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../machine/random.ts';
import { builtUrl } from './built.ts';
import { type Command, type EngineImage, writeCommand } from './command.ts';
import { AB24, AR24, GR88, NV12, R8, RG16, XB24, XR24 } from './formats.ts';
import {
  BLEND_COVERAGE,
  BLEND_NONE,
  BLEND_PREMULTIPLIED,
  CMD_WORDS,
  ENCODING_BT601,
  ENCODING_BT709,
  ENCODING_BT2020,
  RANGE_FULL,
  RANGE_LIMITED,
} from './layout.ts';
import { PixelKernels } from './pixel-kernels.ts';

const memory = new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true });
const kernels = new PixelKernels(memory);
const bytes = new Uint8Array(memory.buffer);
const words = new Int32Array(memory.buffer, 0, 16 * CMD_WORDS);
const random = seededRandom(3);
const int = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));

const table = 0x8000;
const tableWords = new Uint32Array(memory.buffer, table, 256);
const targetFormats = [XR24, AR24, XB24, AB24];

function run(...commands: Command[]): void {
  commands.forEach((command, index) => writeCommand(words, index, command));
  kernels.execute(0, commands.length);
}

/** An image of random bytes, wider in memory than its pixels. */
function randomImage(format: number, bytesPerPixel: number, address = 0x10000): EngineImage {
  const width = int(5, 41);
  const image = { address, stride: (width + int(0, 2)) * bytesPerPixel, width, height: int(3, 17), format };
  for (let at = address; at < address + image.height * image.stride; at++) bytes[at] = int(0, 255);
  return image;
}

function randomClip({ width, height }: EngineImage) {
  const [x, y] = [int(0, width - 1), int(0, height - 1)];
  return { x, y, width: int(1, width - x), height: int(1, height - y) };
}

/** Addresses of the clip's pixels, row by row. */
function* addresses(image: EngineImage, clip: ReturnType<typeof randomClip>, bytesPerPixel = 4) {
  for (let y = clip.y; y < clip.y + clip.height; y++)
    for (let x = clip.x; x < clip.x + clip.width; x++)
      yield image.address + y * image.stride + x * bytesPerPixel;
}

const contents = (image: EngineImage) =>
  bytes.slice(image.address, image.address + image.height * image.stride);
const isRedFirst = (format: number) => format === XB24 || format === AB24;
const hasAlpha = (format: number) => format === AR24 || format === AB24;

describe('copy', () => {
  it('moves pixels of each size, and nothing but the clip', () => {
    for (const [format, size] of [
      [XR24, 4],
      [AB24, 4],
      [RG16, 2],
      [GR88, 2],
      [R8, 1],
    ] as const)
      for (let n = 0; n < 20; n++) {
        const source = randomImage(format, size, 0x20000);
        const target = randomImage(format, size, 0x10000);
        const from = { x: int(0, source.width - 1), y: int(0, source.height - 1) };
        const clip = { x: int(0, target.width - 1), y: int(0, target.height - 1), width: 0, height: 0 };
        clip.width = int(1, Math.min(target.width - clip.x, source.width - from.x));
        clip.height = int(1, Math.min(target.height - clip.y, source.height - from.y));
        const wanted = contents(target);
        const sources = addresses(source, { ...clip, ...from }, size);
        for (const at of addresses(target, clip, size)) {
          const { value } = sources.next();
          wanted.set(bytes.slice(value as number, (value as number) + size), at - target.address);
        }
        run({ op: 'copy', target, clip, source, from });
        expect(contents(target)).toEqual(wanted);
      }
  });

  it('moves whole images without padding', () => {
    const source: EngineImage = { address: 0x20000, stride: 64, width: 16, height: 9, format: AR24 };
    const target = { ...source, address: 0x10000 };
    bytes.fill(0x77, source.address, source.address + 64 * 9);
    bytes.fill(0, target.address, target.address + 64 * 10);
    run({ op: 'copy', target, source, clip: { x: 0, y: 0, width: 16, height: 9 }, from: { x: 0, y: 0 } });
    expect(contents(target).every(byte => byte === 0x77)).toBe(true);
    expect(bytes[target.address + 64 * 9]).toBe(0);
  });
});

describe('fill', () => {
  it('writes a colour as it is in blend mode none', () => {
    for (const format of targetFormats) {
      const target = randomImage(format, 4);
      const clip = randomClip(target);
      const wanted = contents(target);
      const pixel = isRedFirst(format) ? [0x20, 0x30, 0x40, 0x10] : [0x40, 0x30, 0x20, 0x10];
      if (!hasAlpha(format)) pixel[3] = 0xff;
      for (const at of addresses(target, clip)) wanted.set(pixel, at - target.address);
      run({ op: 'fill', target, clip, color: 0x10203040, blend: BLEND_NONE, alpha: 0 });
      expect(contents(target)).toEqual(wanted);
    }
  });

  it('blends a colour as a source of that colour would be', () => {
    for (const format of targetFormats)
      for (const blend of [BLEND_PREMULTIPLIED, BLEND_COVERAGE] as const)
        for (const alpha of [0, 0x7000, 0xffff]) {
          const target = randomImage(format, 4);
          const clip = randomClip(target);
          const before = contents(target);
          run({ op: 'fill', target, clip, color: 0x80402010, blend, alpha });
          const filled = contents(target);
          bytes.set(before, target.address);
          const source: EngineImage = { address: 0x20000, stride: 4, width: 1, height: 1, format: AR24 };
          bytes.set([0x10, 0x20, 0x40, 0x80], source.address);
          const sourceRect = { x: 0, y: 0, width: 65536, height: 65536 };
          const transform = 0;
          const filter = 0;
          run({
            op: 'composite',
            target,
            clip,
            destination: clip,
            source,
            sourceRect,
            transform,
            filter,
            blend,
            alpha,
          });
          expect(filled).toEqual(contents(target));
        }
  });
});

describe('gamma', () => {
  it('looks up each channel in its own table and leaves alpha alone', () => {
    for (let at = table; at < table + 768; at++) bytes[at] = int(0, 255);
    for (const format of targetFormats) {
      const target = randomImage(format, 4);
      const clip = randomClip(target);
      const wanted = contents(target);
      const order = isRedFirst(format) ? [0, 1, 2] : [2, 1, 0];
      for (const at of addresses(target, clip))
        order.forEach(
          (channel, n) => (wanted[at - target.address + n] = bytes[table + channel * 256 + bytes[at + n]!]!),
        );
      run({ op: 'gamma', target, clip, table });
      expect(contents(target)).toEqual(wanted);
    }
  });
});

describe('histogram', () => {
  it('adds the brightest channel of each pixel to its bin', () => {
    for (const format of targetFormats)
      for (let n = 0; n < 10; n++) {
        const target = randomImage(format, 4);
        // Flat areas take a way of their own.
        if (n % 2)
          bytes.fill(int(0, 255), target.address, target.address + (target.height >> 1) * target.stride);
        const clip = randomClip(target);
        tableWords.fill(5);
        const wanted = new Uint32Array(256).fill(5);
        for (const at of addresses(target, clip))
          wanted[Math.max(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!)]! += 1;
        run({ op: 'histogram', target, clip, table });
        expect(tableWords).toEqual(wanted);
        expect(tableWords.reduce((sum, count) => sum + count)).toBe(5 * 256 + clip.width * clip.height);
      }
  });
});

describe('CRC', () => {
  /** The kernel's CRC neither inverts its seed nor its result; zlib's inverts both. */
  const withoutInversion = (data: Uint8Array, seed: number) => ~crc32(data, ~seed >>> 0) >>> 0;

  it('is the CRC-32 of the pixels as 16-bit A, R, G, B', () => {
    for (const format of targetFormats)
      for (const seed of [0, 0xffffffff, 0x12345678]) {
        const target = randomImage(format, 4);
        const clip = randomClip(target);
        const data: number[] = [];
        for (const at of addresses(target, clip)) {
          const [first, green, third, alpha] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!];
          const [red, blue] = isRedFirst(format) ? [first, third] : [third, first];
          for (const channel of [hasAlpha(format) ? alpha : 255, red, green, blue])
            data.push(channel, channel);
        }
        tableWords[0] = seed;
        run({ op: 'crc', target, clip, table });
        expect(tableWords[0]).toBe(withoutInversion(Uint8Array.from(data), seed));
      }
  });

  it('goes on where the last command stopped', () => {
    const target = randomImage(XR24, 4);
    const whole = { x: 0, y: 0, width: target.width, height: target.height };
    tableWords[0] = 0;
    run({ op: 'crc', target, clip: whole, table });
    const atOnce = tableWords[0];
    tableWords[0] = 0;
    const bands = [...Array(target.height).keys()].map(y => ({ ...whole, y, height: 1 }));
    for (const clip of bands) run({ op: 'crc', target, clip, table });
    expect(tableWords[0]).toBe(atOnce);
  });
});

describe('zero', () => {
  it('clears bytes, by command and by call', () => {
    bytes.fill(1, 0x10000, 0x10040);
    run({ op: 'zero', address: 0x10003, length: 7 });
    kernels.zero(0x10011, 5);
    const cleared = [...bytes.subarray(0x10000, 0x10040)].flatMap((byte, at) => (byte === 0 ? [at] : []));
    expect(cleared).toEqual([3, 4, 5, 6, 7, 8, 9, 17, 18, 19, 20, 21]);
  });
});

describe('the commands', () => {
  it('run in order, and one that is not known is skipped', () => {
    writeCommand(words, 0, { op: 'zero', address: 0x10000, length: 4 });
    words[0] = 0x7fff;
    const target: EngineImage = { address: 0x10000, stride: 4, width: 1, height: 1, format: XR24 };
    const clip = { x: 0, y: 0, width: 1, height: 1 };
    const paint = (color: number): Command => ({
      op: 'fill',
      target,
      clip,
      color,
      blend: BLEND_NONE,
      alpha: 0,
    });
    writeCommand(words, 1, paint(0x111111));
    writeCommand(words, 2, paint(0x222222));
    kernels.execute(0, 3);
    expect(bytes[0x10000]).toBe(0x22);
  });

  it('fault on addresses out of physical memory', () => {
    expect(() => run({ op: 'zero', address: memory.buffer.byteLength - 4, length: 8 })).toThrow(
      WebAssembly.RuntimeError,
    );
  });

  it('reach memory beyond 2 GiB', () => {
    const pages = 49_152;
    const large = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const address = 0xbfff_0000;
    const commandAddress = 0x9000_0000;
    const target: EngineImage = { address, stride: 16, width: 4, height: 2, format: XR24 };
    const clip = { x: 1, y: 1, width: 3, height: 1 };
    const command: Command = { op: 'fill', target, clip, color: 0x123456, blend: BLEND_NONE, alpha: 0 };
    writeCommand(new Int32Array(large.buffer, commandAddress), 0, command);
    new PixelKernels(large).execute(commandAddress, 1);
    const pixels = [...new Uint32Array(large.buffer, address, 8)];
    expect(pixels).toEqual([0, 0, 0, 0, 0, ...Array(3).fill(0xff123456)]);
  });
});

describe('NV12', () => {
  /** What one pixel of these bytes is on the screen. */
  function shown(luma: number, u: number, v: number, encoding: 0 | 1 | 2, range: 0 | 1): number[] {
    const target: EngineImage = { address: 0x10000, stride: 4, width: 1, height: 1, format: XB24 };
    const chroma = { chromaAddress: 0x20010, chromaStride: 2 };
    const source: EngineImage = { address: 0x20000, stride: 1, width: 1, height: 1, format: NV12, ...chroma };
    bytes[source.address] = luma;
    bytes.set([u, v], chroma.chromaAddress);
    const clip = { x: 0, y: 0, width: 1, height: 1 };
    const sourceRect = { x: 0, y: 0, width: 65536, height: 65536 };
    const rects = { clip, destination: clip, sourceRect };
    const opaque = { transform: 0, filter: 0, blend: BLEND_NONE, alpha: 0xffff } as const;
    run({ op: 'composite', target, source, ...rects, ...opaque, encoding, range });
    return [...bytes.subarray(target.address, target.address + 3)];
  }

  it('has black and white at the ends of each range', () => {
    for (const encoding of [ENCODING_BT601, ENCODING_BT709, ENCODING_BT2020] as const) {
      expect(shown(16, 128, 128, encoding, RANGE_LIMITED)).toEqual([0, 0, 0]);
      expect(shown(235, 128, 128, encoding, RANGE_LIMITED)).toEqual([255, 255, 255]);
      expect(shown(16, 128, 128, encoding, RANGE_FULL)).toEqual([16, 16, 16]);
      expect(shown(255, 128, 128, encoding, RANGE_FULL)).toEqual([255, 255, 255]);
    }
  });

  it('has the primaries where the recommendations put them', () => {
    const near = (pixel: number[], wanted: number[]) =>
      pixel.forEach((channel, n) => expect(Math.abs(channel - wanted[n]!)).toBeLessThanOrEqual(2));
    near(shown(81, 90, 240, ENCODING_BT601, RANGE_LIMITED), [255, 0, 0]);
    near(shown(145, 54, 34, ENCODING_BT601, RANGE_LIMITED), [0, 255, 0]);
    near(shown(63, 102, 240, ENCODING_BT709, RANGE_LIMITED), [255, 0, 0]);
    near(shown(32, 240, 118, ENCODING_BT709, RANGE_LIMITED), [0, 0, 255]);
    near(shown(74, 97, 240, ENCODING_BT2020, RANGE_LIMITED), [255, 0, 0]);
    near(shown(76, 85, 255, ENCODING_BT601, RANGE_FULL), [255, 0, 0]);
  });
});

describe('the module', () => {
  it('shares physical memory without putting anything of its own there', () => {
    const code = readFileSync(builtUrl('pixels.wasm'));
    expect(WebAssembly.Module.imports(new WebAssembly.Module(code))).toEqual([
      { module: 'env', name: 'memory', kind: 'memory' },
    ]);
    const fresh = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    new PixelKernels(fresh);
    expect(new Uint8Array(fresh.buffer).every(byte => byte === 0)).toBe(true);
  });
});
