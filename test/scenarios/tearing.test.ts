// A client that draws the moment it may never shows half a frame. Every frame has one colour, so a scan of two is torn.
import { describe, expect, it } from 'vitest';
import {
  type Client,
  type Frame,
  type FrameOptions,
  Gpu,
  type SyncMode,
  type Window,
  type WindowOptions,
} from '../../client-sdk/core/index.ts';
import { type Color, colorsOf, type TestSession, type TestSessionOptions, veil } from '../kit/index.ts';
import { start } from './open.ts';

const SEEDS = Array.from({ length: 20 }, (_, seed) => seed + 1);
const FRAMES = 12;
/** Higher than wide, so that reading it takes a while and goes on in many bands. */
const SCREEN = { width: 32, height: 128 };

const colorOf = (frame: number): Color => 0x101010 * (frame % 15) + frame;

interface Stage {
  readonly session: TestSession;
  readonly client: Client;
  readonly window: Window;
}

async function stage(
  options: TestSessionOptions,
  wanted: WindowOptions,
  path: 'scanned out' | 'composited',
): Promise<Stage> {
  const session = start({ outputs: [SCREEN], ...options });
  const client = await session.connect('client');
  const window = await session.until(client.createWindow({ fullscreen: true, ...wanted }));
  if (path === 'composited') {
    const size = { width: 1, height: 1 };
    const glass = window.createSubsurface({ size, synchronised: true, format: 'ARGB8888' });
    await session.draw(glass, veil(1, 1, 0, 0));
  }
  return { session, client, window };
}

/** Runs a client to its end while a camera looks; what each scan showed. */
async function filmed(session: TestSession, play: () => Promise<void>): Promise<Set<Color>[]> {
  const film = session.film();
  await session.until(play());
  await session.vblank(3);
  film[Symbol.dispose]();
  return film.frames.map(({ image }) => colorsOf(image));
}

/** Each scan has one colour, and no frame comes after a later one. */
function expectWhole(scans: readonly Set<Color>[]): void {
  expect(scans.filter(colors => colors.size !== 1)).toEqual([]);
  const order = scans.map(colors => [...colors][0]!).map(color => color & 0xf);
  expect(order).toEqual([...order].sort((one, other) => one - other));
  expect(new Set(order).size).toBeGreaterThan(FRAMES / 3);
}

async function drawAll(
  window: Window,
  draw: (frame: Frame, color: Color) => Promise<void>,
  options?: FrameOptions,
): Promise<void> {
  for (let number = 1; number <= FRAMES; number++) {
    const frame = await window.nextFrame({ unthrottled: number % 3 === 0, ...options });
    await draw(frame, colorOf(number));
  }
}

const withCpu = async (frame: Frame, color: Color): Promise<void> => {
  (await frame.map()).pixels.fill(0xff000000 | color);
  frame.present();
};

/** [synchronisation, kind of memory, path to the screen] */
const ways: [SyncMode, 'shm' | 'dmabuf', 'scanned out' | 'composited'][] = [
  ['implicit', 'shm', 'composited'],
  ['implicit', 'dmabuf', 'composited'],
  ['implicit', 'dmabuf', 'scanned out'],
  ['sync-file', 'dmabuf', 'composited'],
  ['sync-file', 'dmabuf', 'scanned out'],
  ['timeline', 'dmabuf', 'composited'],
  ['timeline', 'dmabuf', 'scanned out'],
];

describe.each(ways)('%s, %s, %s', (sync, kind, path) => {
  it('a client that draws with its CPU as soon as a buffer is back never tears', async () => {
    for (const seed of kind === 'shm' ? SEEDS : SEEDS.slice(0, 8)) {
      const { session, window } = await stage({ seed, order: 'random' }, { kind, sync, buffers: 2 }, path);
      expectWhole(await filmed(session, () => drawAll(window, withCpu)));
      if (path === 'scanned out') expect(session.compositor.statistics.scannedOut).toBeGreaterThan(0);
      await session.end();
    }
  });
});

describe.each(ways.filter(([, kind]) => kind === 'dmabuf'))('%s, %s, %s', (sync, kind, path) => {
  it('a client whose GPU waits for the release fences never tears', async () => {
    for (const seed of SEEDS.slice(0, 6)) {
      const options = { kind, sync, buffers: 2 };
      const { session, client, window } = await stage({ seed, order: 'random' }, options, path);
      const gpu = await session.until(Gpu.open(client));
      const withGpu = async (frame: Frame, color: Color): Promise<void> => {
        const part = (shift: number) => ((color >> shift) & 0xff) / 255;
        const colour = { red: part(16), green: part(8), blue: part(0) };
        // Long enough to be under way when the frame before is scanned.
        const job = [
          { op: 'spin', nanoseconds: 3_000_000n },
          { op: 'fill', target: frame.image, colour },
        ] as const;
        const waitFor = frame.releaseFence ? [frame.releaseFence] : [];
        frame.present({ acquire: await gpu.submit(job, { waitFor, implicit: sync === 'implicit' }) });
      };
      expectWhole(await filmed(session, () => drawAll(window, withGpu, { withReleaseFence: true })));
      await session.end();
    }
  });
});

describe('the camera sees', () => {
  it('that a client tears which draws on what it has not got back', async () => {
    let torn = 0;
    for (const seed of SEEDS.slice(0, 4)) {
      const { session, window } = await stage({ seed }, { kind: 'dmabuf' }, 'scanned out');
      const frame = await session.until(window.nextFrame());
      const { image } = frame;
      await session.fill(frame, 0x111111);
      frame.present();
      await session.vblank(2);
      const scans = await filmed(session, async () => {
        const { data } = image.memory;
        const pixels = new Uint32Array(data.buffer, data.byteOffset, data.length / 4);
        for (let step = 0; step < 12; step++) {
          pixels.fill(0xff000000 | colorOf(step));
          // Some time within the next scan, not the same in each.
          const moment =
            session.machine.now() + 16_000_000n + (BigInt(seed * 7919 * (step + 1)) % 16_000_000n);
          await new Promise<void>(resolve => session.machine.at(moment, 'the moment', resolve));
        }
      });
      torn += scans.filter(colors => colors.size > 1).length;
      await session.end();
    }
    expect(torn).toBeGreaterThan(0);
  });
});
