import type { Command, CompositeCommand, EngineImage } from '../compositor/kernel/engine/command.ts';
import { writeCommand } from '../compositor/kernel/engine/command.ts';
import { AR24, NV12, XR24 } from '../compositor/kernel/engine/formats.ts';
import {
  BLEND_NONE,
  BLEND_PREMULTIPLIED,
  CMD_BYTES,
  CMD_WORDS,
  FILTER_BILINEAR,
  FILTER_NEAREST,
} from '../compositor/kernel/engine/layout.ts';
import { PixelKernels } from '../compositor/kernel/engine/pixel-kernels.ts';
import { median } from './figure.ts';
import { plainCopy } from './memory-copy.ts';

/** One measured operation; `ratio` is its median over that of the operation named by `ratioTo`, of the same run. */
export type PixelFigure = { name: string; medianNs: number; ratioTo?: string; ratio?: number };

const WIDTH = 1920;
const HEIGHT = 1080;
const MEBIBYTE = 1 << 20;
const ROUNDS = 15;
const MEMCPY = 'memcpy of the same bytes';

const target: EngineImage = {
  address: 16 * MEBIBYTE,
  stride: WIDTH * 4,
  width: WIDTH,
  height: HEIGHT,
  format: XR24,
};
const source: EngineImage = { ...target, address: 32 * MEBIBYTE, format: AR24 };
const video: EngineImage = {
  address: 48 * MEBIBYTE,
  stride: WIDTH,
  width: WIDTH,
  height: HEIGHT,
  format: NV12,
  chromaAddress: 52 * MEBIBYTE,
  chromaStride: WIDTH,
};
const clip = { x: 0, y: 0, width: WIDTH, height: HEIGHT };
const over: CompositeCommand = {
  op: 'composite',
  target,
  clip,
  destination: clip,
  source,
  sourceRect: { x: 0, y: 0, width: WIDTH << 16, height: HEIGHT << 16 },
  transform: 0,
  filter: FILTER_NEAREST,
  blend: BLEND_PREMULTIPLIED,
  alpha: 0xffff,
};
const table = MEBIBYTE;

const operations: { name: string; command: Command }[] = [
  {
    name: 'copy',
    command: { op: 'copy', target, clip, source: { ...source, format: XR24 }, from: { x: 0, y: 0 } },
  },
  { name: 'over', command: over },
  { name: 'over with plane alpha', command: { ...over, alpha: 0x8000 } },
  { name: 'NV12 to RGB', command: { ...over, source: video, blend: BLEND_NONE } },
  { name: 'over, mirrored', command: { ...over, transform: 4 } },
  {
    name: 'over, scaled from 1280x720',
    command: {
      ...over,
      filter: FILTER_BILINEAR,
      sourceRect: { x: 0, y: 0, width: 1280 << 16, height: 720 << 16 },
    },
  },
  {
    name: 'fill',
    command: { op: 'fill', target, clip, color: 0xff204060 | 0, blend: BLEND_NONE, alpha: 0xffff },
  },
  { name: 'gamma', command: { op: 'gamma', target, clip, table } },
  { name: 'histogram', command: { op: 'histogram', target, clip, table } },
  { name: 'CRC of a tenth', command: { op: 'crc', target, clip: { ...clip, height: HEIGHT / 10 }, table } },
];

/** Premultiplied pixels of all alphas in no order, so that no branch can be learnt. */
function paint(memory: WebAssembly.Memory): void {
  const bytes = new Uint8Array(memory.buffer, source.address, WIDTH * HEIGHT * 4);
  let state = 1;
  for (let at = 0; at < bytes.length; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const alpha = (state >>> 8) & 0xff;
    bytes[at] = alpha >> 1;
    bytes[at + 1] = alpha >> 2;
    bytes[at + 2] = (alpha * 3) >> 2;
    bytes[at + 3] = alpha;
  }
  const luma = new Uint8Array(memory.buffer, video.address, 8 * MEBIBYTE);
  for (let at = 0; at < luma.length; at++) luma[at] = (at * 29) & 0xff;
}

function timed(run: () => void): number {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start);
}

/**
 * Times of the pixel kernels at 1920x1080 on one thread, each round running every operation once, so that whatever else the
 * machine does meets all of them alike. `memcpy` is WebAssembly's `memory.copy` of one image, in one go.
 */
export function pixelFigures(): PixelFigure[] {
  const memory = new WebAssembly.Memory({ initial: 1024, maximum: 1024, shared: true });
  const kernels = new PixelKernels(memory);
  const copy = plainCopy(memory);
  paint(memory);
  const words = new Int32Array(memory.buffer, 0, operations.length * CMD_WORDS);
  operations.forEach(({ command }, index) => writeCommand(words, index, command));
  const bytes = WIDTH * HEIGHT * 4;
  const runs = [
    { name: MEMCPY, run: () => copy(target.address, source.address, bytes), times: [] as number[] },
    ...operations.map(({ name }, index) => ({
      name,
      run: () => kernels.execute(index * CMD_BYTES, 1),
      times: [] as number[],
    })),
  ];
  // The first rounds let the optimising compiler finish.
  for (let round = -3; round < ROUNDS; round++)
    for (const { run, times } of runs) {
      const time = timed(run);
      if (round >= 0) times.push(time);
    }
  const base = median(runs[0]!.times);
  return runs.map(({ name, times }) => {
    const medianNs = median(times);
    return name === MEMCPY ? { name, medianNs } : { name, medianNs, ratioTo: MEMCPY, ratio: medianNs / base };
  });
}
