// When a client gets its buffers back: never before the display and the render engine are done with them, and always.
import { describe, expect, it } from 'vitest';
import {
  type Client,
  SharedImage,
  type SyncMode,
  Timeline,
  type Window,
} from '../../client-sdk/core/index.ts';
import { Commits, pixel, type TestSession, type TestSessionOptions, veil } from '../kit/index.ts';
import { start } from './open.ts';

const SIZE = { width: 64, height: 48 };
const [RED, GREEN, BLUE] = [0xff0000, 0x00ff00, 0x0000ff];
const explicit = ['sync-file', 'timeline'] as const satisfies readonly SyncMode[];
type Path = 'scanned out' | 'composited';
const everyWay = explicit.flatMap(sync =>
  (['scanned out', 'composited'] as const).map(path => [sync, path] as const),
);

interface Stage {
  readonly session: TestSession;
  readonly client: Client;
  readonly window: Window;
  readonly commits: Commits;
  image(color: number): Promise<SharedImage>;
}

/** A fullscreen window, black so far, whose next buffers take a certain path to the screen. */
async function stage(sync: SyncMode, path: Path, options?: TestSessionOptions): Promise<Stage> {
  const session = start(options);
  const client = await session.connect('client');
  const window = await session.until(client.createWindow({ fullscreen: true }));
  if (path === 'composited') {
    // Something transparent above it that is no dma-buf keeps it off the planes.
    const glass = window.createSubsurface({
      size: { width: 1, height: 1 },
      synchronised: true,
      format: 'ARGB8888',
    });
    await session.draw(glass, veil(1, 1, 0, 0));
  }
  await session.draw(window, 0);
  await session.vblank(2);
  const { surface } = window;
  const commits = await session.until(Commits.create(client, session.machine, surface.proxy, sync));
  const image = async (color: number) => {
    const made = await session.until(SharedImage.create(client, { ...SIZE, kind: 'dmabuf' }));
    await session.paint(made, color);
    return made;
  };
  return { session, client, window, commits, image };
}

describe.each(everyWay)('by %s, of a buffer that is %s', (sync, path) => {
  it('the fence signals with the flip that replaces it at the earliest when scanned out', async () => {
    const { session, commits, image } = await stage(sync, path);
    const [a, b] = [await image(RED), await image(GREEN)];
    const first = commits.commit(a);
    await session.vblank(3);
    expect(session.compositor.statistics.scannedOut > 0).toBe(path === 'scanned out');
    const film = session.film();
    const second = commits.commit(b);
    await session.vblank(3);
    const replaced = film.frames.find(frame => pixel(frame.image, 9, 9) === GREEN)!;
    expect([first.told, second.told]).toEqual([1, 0]);
    if (path === 'scanned out') {
      // Told with the commit to the kernel, ahead of the flip; the fence is the flip's.
      expect(first.toldAt).toBeLessThan(replaced.time);
      expect(first.signalledAt).toBe(replaced.time);
    } else {
      // The frame that showed it was composed long ago: nothing reads it any more.
      expect(first.signalledAt).toBe(first.toldAt);
      expect(first.toldAt).toBeLessThan(replaced.time);
    }
    film[Symbol.dispose]();
  });

  it('a commit that is superseded before any frame is given back at once', async () => {
    const { session, commits, image } = await stage(sync, path);
    const [a, b] = [await image(RED), await image(GREEN)];
    const now = session.machine.now();
    const first = commits.commit(a);
    const second = commits.commit(b);
    await session.vblank();
    expect([first.told, first.toldAt, first.signalledAt]).toEqual([1, now, now]);
    expect(second.told).toBe(0);
    await session.vblank();
    expect(await session.pixel(9, 9)).toBe(GREEN);
  });

  it('a surface that is destroyed gives back what it shows and what is waiting', async () => {
    const { session, window, commits, image } = await stage(sync, path);
    const [a, b] = [await image(RED), await image(GREEN)];
    const shown = commits.commit(a);
    await session.vblank(3);
    const waiting = commits.commit(b);
    window[Symbol.dispose]();
    await session.vblank(4);
    expect([shown.told, waiting.told]).toEqual([1, 1]);
    expect([shown.signalledAt, waiting.signalledAt]).not.toContain(null);
    expect(await session.pixel(9, 9)).toBe(0);
  });

  it('a buffer that is destroyed while it is shown stays on the screen, and comes back once', async () => {
    const { session, commits, image } = await stage(sync, path);
    const [a, b] = [await image(RED), await image(GREEN)];
    const shown = commits.commit(a);
    await session.vblank(3);
    a[Symbol.dispose]();
    await session.vblank(2);
    expect(await session.pixel(9, 9)).toBe(RED);
    expect(shown.told).toBe(0);
    commits.commit(b);
    await session.vblank(3);
    expect(shown.told).toBe(1);
    expect(shown.signalledAt).not.toBeNull();
  });

  it('a window that is unmapped gives its buffer back with the flip that takes it off the screen', async () => {
    const { session, window, commits, image } = await stage(sync, path);
    const shown = commits.commit(await image(RED));
    await session.vblank(3);
    const film = session.film();
    window.surface.presentBuffer(null, SIZE);
    await session.vblank(3);
    const black = film.frames.find(frame => pixel(frame.image, 9, 9) === 0)!;
    expect(shown.told).toBe(1);
    if (path === 'scanned out') expect(shown.signalledAt).toBe(black.time);
    film[Symbol.dispose]();
  });

  it('each point or release object is for its own commit, when one buffer is committed again and again', async () => {
    const { session, commits, image } = await stage(sync, path);
    const [a, b] = [await image(RED), await image(GREEN)];
    for (let round = 0; round < 4; round++) {
      commits.commit(a);
      await session.vblank(2);
      commits.commit(b);
      await session.vblank(2);
    }
    expect(commits.records.map(({ told }) => told)).toEqual([1, 1, 1, 1, 1, 1, 1, 0]);
    expect(commits.records.slice(0, -1).every(({ signalledAt }) => signalledAt !== null)).toBe(true);
  });
});

describe.each(explicit)('by %s, of a buffer that the render engine is reading', sync => {
  it('the fence is that of the job that reads it', async () => {
    const { session, client, commits, image, window } = await stage(sync, 'composited');
    const [a, b] = [await image(RED), await image(GREEN)];
    const first = commits.commit(a);
    const labels = session.history;
    const reads = (part: string) => (line: string) =>
      new RegExp(`render: simgpu-compositor .* ${part}$`).test(line);
    const from = labels.length;
    while (!labels.slice(from).some(reads('command 0'))) await session.steps(1);
    commits.commit(b);
    await session.until(client.roundtrip());
    await session.vblank(3);
    const end = labels.slice(from).find(reads('end'))!;
    expect([first.told, first.kind]).toEqual([1, sync === 'timeline' ? 'point' : 'fenced']);
    expect(first.signalledAt).toBe(BigInt(end.split(' ')[0]!));
    expect(window.closed).toBe(false);
  });
});

describe.each(['scanned out', 'composited'] as const)('wl_buffer.release of a buffer that is %s', path => {
  it('comes once for each commit, after another has taken its place', async () => {
    const { session, commits, image } = await stage('implicit', path);
    const [a, b] = [await image(RED), await image(GREEN)];
    const first = commits.commit(a);
    await session.vblank(3);
    expect(first.bufferReleases).toEqual([]);
    const replacedAt = session.machine.now();
    const second = commits.commit(b);
    await session.vblank(3);
    expect(first.bufferReleases).toHaveLength(1);
    expect(first.bufferReleases[0]).toBeGreaterThanOrEqual(replacedAt);
    expect(second.bufferReleases).toEqual([]);
  });
});

describe('a window on two displays of different rates', () => {
  const outputs = [
    { ...SIZE, refresh: 60_000 },
    { ...SIZE, refresh: 24_000 },
  ];

  it.each(explicit)('gets its buffer back (by %s) when the slower has let go of it too', async sync => {
    const { session, client, window, image } = await stage('implicit', 'scanned out', { outputs });
    const part = window.createSubsurface({ size: SIZE, x: 32, y: 0 });
    window.commit();
    const commits = await session.until(Commits.create(client, session.machine, part.surface.proxy, sync));
    const first = commits.commit(await image(RED));
    await session.advance(200_000_000n);
    const films = [session.film('Virtual-1'), session.film('Virtual-2')];
    expect(await session.pixel(60, 9, 'Virtual-1')).toBe(RED);
    expect(await session.pixel(3, 9, 'Virtual-2')).toBe(RED);
    commits.commit(await image(GREEN));
    await session.advance(200_000_000n);
    const flips = films.map(
      (film, at) => film.frames.find(({ image }) => pixel(image, at === 0 ? 60 : 3, 9) === GREEN)!,
    );
    expect(first.told).toBe(1);
    for (const { time } of flips) expect(first.signalledAt).toBeGreaterThanOrEqual(time);
    for (const film of films) film[Symbol.dispose]();
  });

  it('keeps its buffer on the other when one is taken away', async () => {
    const { session, client, window, image } = await stage('implicit', 'scanned out', { outputs });
    const part = window.createSubsurface({ size: SIZE, x: 32, y: 0 });
    window.commit();
    const commits = await session.until(
      Commits.create(client, session.machine, part.surface.proxy, 'sync-file'),
    );
    const first = commits.commit(await image(RED));
    await session.advance(200_000_000n);
    session.compositor.display.remove('Virtual-2');
    await session.advance(200_000_000n);
    expect([first.told, await session.pixel(60, 9)]).toEqual([0, RED]);
    commits.commit(await image(GREEN));
    await session.advance(200_000_000n);
    expect(first.told).toBe(1);
    expect(first.signalledAt).not.toBeNull();
    expect(await session.pixel(60, 9)).toBe(GREEN);
  });
});

describe('a window that goes to the primary plane and leaves it again', () => {
  it.each(['implicit', ...explicit] as const)('gets every buffer back (by %s)', async sync => {
    const { session, window, commits, image } = await stage(sync, 'scanned out');
    const images = [await image(RED), await image(GREEN), await image(BLUE)];
    const size = { width: 1, height: 1 };
    const glass = window.createSubsurface({ size, format: 'ARGB8888' });
    window.commit();
    for (let frame = 0; frame < 100; frame++) {
      // Something transparent comes and goes above it, and the plane is tried again some frames later.
      if (frame % 50 === 3) await session.draw(glass, veil(1, 1, 0, 0));
      if (frame % 50 === 6) glass.surface.presentBuffer(null, size);
      commits.commit(images[frame % 3]!);
      await session.vblank(2);
      expect(await session.pixel(9, 9)).toBe([RED, GREEN, BLUE][frame % 3]);
    }
    const { scannedOut, composited } = session.compositor.statistics;
    expect(Math.min(scannedOut, composited)).toBeGreaterThan(3);
    const told = commits.records.map(record => (sync === 'implicit' ? 1 : record.told));
    expect(told.slice(0, -1).every(times => times === 1)).toBe(true);
  });
});

describe('a client that is killed', () => {
  it.each(everyWay)(
    'with buffers shown and waiting (by %s, %s) leaves nothing behind',
    async (sync, path) => {
      const { session } = await stage(sync, path);
      await session.expectSteady(async () => {
        const client = await session.connect('mortal');
        const window = await session.until(client.createWindow({ fullscreen: true }));
        await session.draw(window, BLUE);
        await session.vblank(2);
        const { proxy } = window.surface;
        const commits = await session.until(Commits.create(client, session.machine, proxy, sync));
        for (const color of [RED, GREEN]) {
          const image = await session.until(SharedImage.create(client, { ...SIZE, kind: 'dmabuf' }));
          await session.paint(image, color);
          commits.commit(image);
          if (color === RED) await session.vblank(3);
        }
        session.kill(client);
      });
      expect(await session.pixel(9, 9)).toBe(0);
    },
  );
});

it('a timeline that is destroyed with points still to come is kept until they have come', async () => {
  const { session, client, window, image } = await stage('implicit', 'scanned out');
  const object = client.shared('wp_linux_drm_syncobj_manager_v1').get_surface(window.surface.proxy);
  const timeline = await session.until(Timeline.create(client));
  const proxy = await session.until(timeline.imported());
  const watched = timeline.point(2n).signalled();
  await session.until(timeline.point(1n).signal());
  const [a, b] = [await image(RED), await image(GREEN)];
  object.set_acquire_point(proxy, 0, 1);
  object.set_release_point(proxy, 0, 2);
  proxy.destroy();
  window.surface.presentBuffer(a.buffer, SIZE);
  await session.vblank(3);
  object.destroy();
  window.surface.presentBuffer(b.buffer, SIZE);
  await session.until(watched);
  expect(await session.until(timeline.query())).toBe(2n);
});
