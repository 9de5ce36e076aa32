// Captures and histograms are of what the screen shows.
import { describe, expect, it } from 'vitest';
import { type Client, Gpu, Histogram, type Screenshot, screenshot } from '../../client-sdk/core/index.ts';
import { colorsOf, type Image, pattern, solid, type TestSession, veil } from '../kit/index.ts';
import { start } from './open.ts';

const SIZE = { width: 64, height: 48 };

const capture = (session: TestSession, client: Client, output?: string): Promise<Screenshot> =>
  session.until(screenshot(client, output ? { output } : {}));

/** The largest of red, green and blue of each pixel, counted. */
function binsOf({ data }: Image): number[] {
  const bins = new Array<number>(256).fill(0);
  for (let at = 0; at < data.length; at += 4) bins[Math.max(data[at]!, data[at + 1]!, data[at + 2]!)]!++;
  return bins;
}

describe('a capture', () => {
  it('of an idle output is answered without a new frame of anybody', async () => {
    const session = start();
    const client = await session.connect('viewer');
    await session.rest();
    expect((await capture(session, client)).data).toEqual(solid(64, 48, 0).data);
    await session.rest();
    expect((await capture(session, client)).data).toEqual(solid(64, 48, 0).data);
  });

  it.each([
    ['composited', 'shm'],
    ['scanned out', 'dmabuf'],
  ] as const)('equals the screen when it is %s', async (_, kind) => {
    const session = start();
    const client = await session.connect('painter');
    const window = await session.until(client.createWindow({ fullscreen: true, kind }));
    for (const seed of [1, 2, 3]) {
      await session.draw(window, pattern(64, 48, seed));
      await session.vblank(2);
      const captured = await capture(session, await session.connect(`viewer ${seed}`));
      expect(captured.data).toEqual(pattern(64, 48, seed).data);
      await session.expectScreen({ ...captured }, `capture-${kind}-${seed}`);
    }
  });

  it('is of the output that was asked for', async () => {
    const session = start({ outputs: [SIZE, { width: 32, height: 32 }] });
    const client = await session.connect('painter');
    const [one, other] = [
      await session.until(client.createWindow({ title: 'one' })),
      await session.until(client.createWindow({ title: 'other' })),
    ];
    await session.draw(one, 0x112233);
    await session.draw(other, 0x445566);
    await session.vblank(3);
    const second = await capture(session, client, 'Virtual-2');
    expect([second.width, second.height]).toEqual([32, 32]);
    expect(second.data).toEqual(solid(32, 32, 0x445566).data);
  });

  it('leaves nothing behind, however it ends', async () => {
    const session = start();
    const painter = await session.connect('painter');
    const window = await session.until(painter.createWindow({ fullscreen: true, kind: 'dmabuf' }));
    await session.draw(window, 0x123456);
    await session.expectSteady(async () => {
      const client = await session.connect('viewer');
      await capture(session, client);
      const late = screenshot(client);
      late.catch(() => {});
      await session.steps(9);
      session.kill(client);
    });
    expect(await session.pixel(5, 5)).toBe(0x123456);
  });

  it('is ready when its pixels are, and not before', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const session = start({ seed, order: 'random' });
      const client = await session.connect('painter');
      const window = await session.until(
        client.createWindow({ fullscreen: true, kind: seed % 2 ? 'shm' : 'dmabuf' }),
      );
      const gpu = await session.until(Gpu.open(client));
      await session.draw(window, pattern(64, 48, seed));
      await session.vblank(2);
      // The render engine has other things to do first.
      await session.until(gpu.submit([{ op: 'spin', nanoseconds: 7_000_000n }]));
      expect((await capture(session, client)).data).toEqual(pattern(64, 48, seed).data);
      await session.end();
    }
  });
});

describe('a client that draws while it is captured', () => {
  it.each([
    ['shm', 'implicit'],
    ['dmabuf', 'sync-file'],
  ] as const)('shows no capture half a frame (%s, %s)', async (kind, sync) => {
    for (let seed = 1; seed <= 5; seed++) {
      const session = start({ seed, order: 'random', outputs: [{ width: 32, height: 128 }] });
      const client = await session.connect('painter');
      const options = { fullscreen: true, kind, sync, buffers: 2 };
      const window = await session.until(client.createWindow(options));
      const viewer = await session.connect('viewer');
      const paint = async (): Promise<void> => {
        for (let number = 1; number <= 10; number++) {
          const frame = await window.nextFrame({ unthrottled: true });
          (await frame.map()).pixels.fill(0xff000000 | (number * 0x131313));
          frame.present();
        }
      };
      const look = async (): Promise<Set<number>[]> => {
        const seen: Set<number>[] = [];
        for (let count = 0; count < 6; count++) seen.push(colorsOf(await screenshot(viewer)));
        return seen;
      };
      const [, seen] = await session.until(Promise.all([paint(), look()]));
      expect(seen.filter(colors => colors.size !== 1)).toEqual([]);
      await session.end();
    }
  });
});

describe('the histogram', () => {
  it.each(['shm', 'dmabuf'] as const)('is that of the pixels on the screen (%s)', async kind => {
    const session = start();
    const client = await session.connect('painter');
    const window = await session.until(client.createWindow({ fullscreen: true, kind }));
    const glass = window.createSubsurface({
      size: { width: 20, height: 20 },
      x: 7,
      y: 7,
      format: 'ARGB8888',
    });
    await session.draw(glass, veil(20, 20, 0xff8000, 128));
    const histogram = new Histogram(client, client.outputs.find());
    await session.draw(window, 0);
    await session.vblank(3);
    let { sequence } = await session.until(histogram.next());
    for (const seed of [1, 2, 3]) {
      const next = histogram.next();
      await session.draw(window, pattern(64, 48, seed));
      const record = await session.until(next);
      const screen = await session.screen();
      expect([...record.bins]).toEqual(binsOf(screen));
      expect(record.pixels).toBe(64n * 48n);
      expect(record.overflow).toBe(false);
      expect(record.sequence).toBeGreaterThan(sequence);
      ({ sequence } = record);
    }
    histogram[Symbol.dispose]();
  });

  it('names the vblank whose frame it describes', async () => {
    const session = start();
    const client = await session.connect('painter');
    const window = await session.until(client.createWindow({ fullscreen: true, kind: 'dmabuf' }));
    await session.draw(window, 0x111111);
    await session.vblank(3);
    const histogram = new Histogram(client, client.outputs.find());
    await session.until(histogram.next());
    const film = session.film();
    for (const gray of [0x40, 0x80, 0xc0]) {
      const next = histogram.next();
      await session.draw(window, gray * 0x10101);
      const { bins, sequence, time } = await session.until(next);
      const level = bins.findIndex(count => count > 0);
      await session.vblank(2);
      const frame = film.frames.find(scanned => scanned.sequence === sequence)!;
      expect(frame.time).toBe(time);
      expect(binsOf(frame.image)[level]).toBe(64 * 48);
    }
    film[Symbol.dispose]();
  });

  it('costs nothing when its reader goes', async () => {
    const session = start();
    const painter = await session.connect('painter');
    const window = await session.until(painter.createWindow({ fullscreen: true }));
    const read = async () => {
      const client = await session.connect('reader');
      await session.until(client.roundtrip());
      const histogram = new Histogram(client, client.outputs.find());
      await session.draw(window, 0x123456);
      await session.until(histogram.next());
      histogram.next().catch(() => {});
      await session.steps(5);
      session.kill(client);
      await session.rest();
    };
    // The output keeps the few records that it has made memory for.
    for (let record = 0; record < 4; record++) await read();
    await session.expectSteady(read);
  });
});
