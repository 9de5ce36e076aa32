// A client that stays for hours costs what it cost in the first second.
import { expect, it } from 'vitest';
import { type Client, Gpu, type Window, type WindowOptions } from '../../client-sdk/core/index.ts';
import { type TestSession, veil } from '../kit/index.ts';
import { start } from './open.ts';

const SIZE = { width: 16, height: 16 };
const FRAMES = 2000;
const EVERY = 100;
/** Milliseconds: half a minute is not enough on a machine that has other things to do. */
const PATIENCE = 180_000;

/** Something transparent above a window that is no dma-buf keeps it off the planes. */
async function glaze(window: Window): Promise<void> {
  const size = { width: 1, height: 1 };
  const glass = window.createSubsurface({ size, synchronised: true, format: 'ARGB8888' });
  const frame = await glass.nextFrame();
  (await frame.map()).pixels.fill(0);
  frame.present();
}

type Path = 'scanned out' | 'composited';

/** Draws on and on, by CPU or GPU. */
async function play(client: Client, path: Path, options: WindowOptions): Promise<void> {
  const window = await client.createWindow({ size: SIZE, buffers: 3, ...options });
  if (path === 'composited' && options.kind === 'dmabuf') await glaze(window);
  const gpu = options.kind === 'dmabuf' ? await Gpu.open(client) : null;
  for await (const frame of window.frames({ withReleaseFence: true })) {
    if (!gpu) {
      (await frame.map()).pixels.fill(0xff000000 | frame.number);
      frame.present();
      continue;
    }
    const waitFor = frame.releaseFence ? [frame.releaseFence] : [];
    const colour = { red: 1, green: 0, blue: (frame.number % 256) / 255 };
    const implicit = options.sync === 'implicit';
    frame.present({
      acquire: await gpu.submit([{ op: 'fill', target: frame.image, colour }], { waitFor, implicit }),
    });
  }
}

const counts = (session: TestSession, clients: readonly Client[]) => ({
  compositor: session.compositor.task.files.size,
  clients: clients.map(client => session.task(client).files.size),
  memory: session.kernel.memory.used,
  threads: session.kernel.threads.size,
  dmaBufs: session.kernel.dmaBufs.size,
  faults: session.compositor.trace.notes('fault').length,
});

/** The largest of each count in some samples. */
function most(samples: readonly ReturnType<typeof counts>[]) {
  const largest = (read: (sample: ReturnType<typeof counts>) => number) => Math.max(...samples.map(read));
  return {
    compositor: largest(({ compositor }) => compositor),
    clients: samples[0]!.clients.map((_, at) => largest(({ clients }) => clients[at]!)),
    memory: largest(({ memory }) => memory),
    threads: largest(({ threads }) => threads),
    dmaBufs: largest(({ dmaBufs }) => dmaBufs),
    faults: largest(({ faults }) => faults),
  };
}

/** Clients that draw for 2,000 frames, one on each display, each in its way. */
const plays: (readonly (readonly [Path, WindowOptions])[])[] = [
  [
    ['composited', {}],
    ['scanned out', { kind: 'dmabuf', sync: 'sync-file' }],
  ],
  [['composited', { kind: 'dmabuf', sync: 'timeline' }]],
];

it.each(plays)(
  '2,000 frames later every count of descriptors, memory and threads is what it was',
  async (...ways) => {
    const session = start({ outputs: ways.map(() => SIZE) });
    const clients: Client[] = [];
    for (const [path, options] of ways) {
      const client = await session.connect(`${path} ${options.kind}`);
      clients.push(client);
      play(client, path, options).catch(error => {
        if (!client.error) throw error;
      });
      await session.vblank(2);
    }
    const samples: ReturnType<typeof counts>[] = [];
    const { flips: before } = session.simkms.statistics('Virtual-1');
    for (let frame = 0; frame < FRAMES; frame++) {
      await session.vblank();
      if (frame % EVERY < 10) samples.push(counts(session, clients));
    }
    const half = samples.length / 2;
    expect(most(samples.slice(half))).toEqual(most(samples.slice(0, half)));
    expect(session.simkms.statistics('Virtual-1').flips - before).toBeGreaterThan(FRAMES * 0.9);
    const { composited, scannedOut } = session.compositor.statistics;
    const frames = { composited, 'scanned out': scannedOut };
    for (const [path] of ways) expect(frames[path]).toBeGreaterThan(FRAMES * 0.9);
  },
  PATIENCE,
);

it('windows that come and go by the hundred leave nothing', async () => {
  const session = start();
  const client = await session.connect('client');
  const before = { files: 0 };
  await session.expectSteady(async () => {
    for (let count = 0; count < 50; count++) {
      const kind = count % 2 === 0 ? 'shm' : 'dmabuf';
      const window = await session.until(client.createWindow({ kind }));
      const pane = window.createSubsurface({ size: SIZE, format: 'ARGB8888' });
      await session.draw(pane, veil(16, 16, 0xff0000, 99));
      await session.draw(window, 0x336699);
      await session.vblank(2);
      pane[Symbol.dispose]();
      window[Symbol.dispose]();
    }
    await session.rest();
    const { size } = session.task(client).files;
    if (before.files > 0) expect(size).toBe(before.files);
    before.files = size;
  });
});
