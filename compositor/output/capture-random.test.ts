// Captures one after the other into a few buffers, while windows and the cursor change at any moment: each is what the
// screen shows, and none misses a change.
import { expect, it } from 'vitest';
import { DRM_FORMAT_ARGB8888 } from '../../protocol/uapi/fourcc.ts';
import { createDevices } from '../devices.ts';
import type { ClientBuffer } from '../scene/client-buffer.ts';
import type { CaptureResult } from '../scene/outputs.ts';
import { type Rect, Region } from '../scene/region.ts';
import { captureDefaults, TestClient, TestDesktop } from './testing.ts';

const STEPS = 20;
const REGION: Rect = { x: 10, y: 8, width: 30, height: 24 };

/** Numbers below a limit, always the same ones for a seed. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return limit => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** Two windows and a cursor, whose client changes them at random. */
class Bustle {
  readonly desktop = new TestDesktop(createDevices);
  readonly client = new TestClient(this.desktop);
  readonly #windows = [
    { x: 4, y: 6, width: 30, height: 20 },
    { x: 20, y: 2, width: 24, height: 40 },
  ].map(place => ({
    place,
    surface: this.desktop.window(`${place.width} wide`, place),
    pixels: new Uint32Array(place.width * place.height),
  }));
  readonly #number: (limit: number) => number;

  constructor(number: (limit: number) => number) {
    this.#number = number;
    const image = this.client.shm(8, 8, { format: DRM_FORMAT_ARGB8888 });
    this.client.fill(image, 0xffff0000);
    this.desktop.commit(this.desktop.cursor('pointer', { x: 8, y: 8 }), image);
    for (let at = 0; at < 2; at++) this.#draw(at);
    this.desktop.frames(3);
  }

  change(): void {
    const kind = this.#number(4);
    if (kind < 2) this.#draw(kind);
    else if (kind === 2) this.desktop.point(this.#number(64), this.#number(48));
    else this.desktop.raise(this.#windows[this.#number(2)]!.surface);
    this.desktop.machine.advance(BigInt(this.#number(20_000_000)));
  }

  /** A rectangle of one window in another colour, in a new buffer. */
  #draw(at: number): void {
    const { place, pixels, surface } = this.#windows[at]!;
    const x = this.#number(place.width);
    const y = this.#number(place.height);
    const width = 1 + this.#number(place.width - x);
    const height = 1 + this.#number(place.height - y);
    const colour = this.#number(0xffffff);
    for (let row = y; row < y + height; row++)
      pixels.fill(colour, row * place.width + x, row * place.width + x + width);
    const buffer = at === 0 ? this.client.dmabuf(place.width, place.height) : this.client.shm(24, 40);
    this.client.write(buffer, pixels);
    this.desktop.commit(surface, buffer, { damage: Region.of({ x, y, width, height }) });
    this.client.destroy(buffer);
  }
}

const seeds = [1, 2, 3, 4, 5, 6].map(seed => ({
  seed,
  paintCursors: seed % 2 === 0,
  region: seed % 3 === 0 ? REGION : undefined,
}));

it.each(seeds)('pictures of %o are what the screen shows', ({ seed, region, paintCursors }) => {
  const number = numbers(seed);
  const bustle = new Bustle(number);
  const { desktop, client } = bustle;
  const { width, height } = region ?? { width: 64, height: 48 };
  const options = { paintCursors, ...(region ? { region } : {}) };
  const targets = [true, true, false].map(sealable => ({
    buffer: client.shm(width, height, { sealable }),
    lacks: Region.infinite as Region,
  }));
  let last: { time: bigint; pixels: Uint32Array } | null = null;
  let unanswered = 0;
  for (let step = 0; step < STEPS; step++) {
    for (let count = number(3); count > 0; count--) bustle.change();
    const target = targets[number(targets.length)]!;
    let result: CaptureResult | null = null;
    const capture = desktop.display.list[0]!.capture({
      ...captureDefaults,
      ...options,
      buffer: target.buffer,
      bufferDamage: target.lacks,
      immediate: last === null,
      ...(last ? { since: last.time } : {}),
      ready: answer => {
        result = answer;
      },
      failed: reason => expect.fail(reason),
    });
    desktop.frames(6);
    capture[Symbol.dispose]();
    const screen = desktop.screenshot(undefined, options).pixels;
    const answer = result as CaptureResult | null;
    if (!answer) {
      // Nothing has changed since the last one.
      expect(coloursOf(screen)).toEqual(coloursOf(last!.pixels));
      unanswered++;
      continue;
    }
    for (const other of targets) other.lacks = other.lacks.union(answer.damage);
    target.lacks = Region.empty;
    last = { time: answer.time, pixels: pixelsOf(client, target.buffer) };
    expect(coloursOf(last.pixels)).toEqual(coloursOf(screen));
  }
  expect(unanswered).toBeLessThan(STEPS - 5);
});

function pixelsOf(client: TestClient, buffer: ClientBuffer): Uint32Array {
  const bytes = new Uint8Array(buffer.width * buffer.height * 4);
  client.task.pread(client.numbers.get(buffer)!, bytes, 0n);
  return new Uint32Array(bytes.buffer);
}

/** Without what stands for alpha. */
const coloursOf = (pixels: Uint32Array): Uint32Array => pixels.map(pixel => pixel & 0xffffff);
