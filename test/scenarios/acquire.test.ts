// A frame is shown when it is drawn: whom its acquire fence holds up, and whom it does not.
import { describe, expect, it } from 'vitest';
import { type Client, Gpu, SharedImage, Timeline, type Window } from '../../client-sdk/core/index.ts';
import {
  Commits,
  colorsOf,
  type FilmFrame,
  type TestSession,
  type TestSessionOptions,
  veil,
} from '../kit/index.ts';
import { start } from './open.ts';

const SIZE = { width: 64, height: 48 };
const [RED, GREEN, WHITE] = [0xff0000, 0x00ff00, 0xffffff];

interface Stage {
  readonly session: TestSession;
  readonly client: Client;
  readonly window: Window;
  readonly gpu: Gpu;
}

/** A client with a window that is black so far. */
async function stage(options?: TestSessionOptions): Promise<Stage> {
  const session = start(options);
  const client = await session.connect('client');
  const gpu = await session.until(Gpu.open(client));
  const window = await session.until(client.createWindow({ fullscreen: true }));
  await session.draw(window, 0);
  await session.vblank(2);
  return { session, client, window, gpu };
}

const dmabuf = ({ session, client }: Stage, size = SIZE): Promise<SharedImage> =>
  session.until(SharedImage.create(client, { ...size, kind: 'dmabuf' }));

const fill = (target: SharedImage, nanoseconds: bigint, colour: [number, number, number] = [1, 0, 0]) =>
  [
    { op: 'spin', nanoseconds },
    { op: 'fill', target, colour: { red: colour[0], green: colour[1], blue: colour[2] } },
  ] as const;

type Points = Awaited<ReturnType<typeof points>>;

/** Commits with timelines of their own: a later one does not wait for an earlier one's timeline by accident. */
async function points({ session, client, window }: Stage) {
  const object = client.shared('wp_linux_drm_syncobj_manager_v1').get_surface(window.surface.proxy);
  return async (image: SharedImage): Promise<{ acquire: Timeline; release: Timeline }> => {
    const made = () => session.until(Timeline.create(client));
    const [acquire, release] = [await made(), await made()];
    object.set_acquire_point(await session.until(acquire.imported()), 0, 1);
    object.set_release_point(await session.until(release.imported()), 0, 1);
    window.surface.presentBuffer(image.buffer, SIZE);
    return { acquire, release };
  };
}

/** Commits a red buffer whose acquire point nobody has given a fence. */
async function commitUnsubmitted(all: Stage, commit?: Points) {
  const image = await dmabuf(all);
  await all.session.paint(image, RED);
  return (commit ?? (await points(all)))(image);
}

describe('a timeline point without a fence', () => {
  it('holds up its own surface until it gets one, and nobody else', async () => {
    const all = await stage({ outputs: [SIZE, SIZE] });
    const { session } = all;
    const { acquire } = await commitUnsubmitted(all);
    const other = await session.connect('other');
    const window = await session.until(other.createWindow({ title: 'other' }));
    for (const color of [GREEN, WHITE, GREEN]) {
      await session.draw(window, color);
      await session.vblank(2, 'Virtual-2');
      expect(await session.pixel(9, 9, 'Virtual-2')).toBe(color);
    }
    await session.rest();
    expect(await session.pixel(9, 9)).toBe(0);
    await session.until(acquire.point(1n).signal());
    await session.vblank(2);
    expect(await session.pixel(9, 9)).toBe(RED);
  });

  it('that never comes keeps nothing alive after its client', async () => {
    const { session } = await stage();
    await session.expectSteady(async () => {
      const client = await session.connect('mortal');
      const gpu = await session.until(Gpu.open(client));
      const window = await session.until(client.createWindow({ fullscreen: true }));
      await session.draw(window, GREEN);
      await session.vblank(2);
      await commitUnsubmitted({ session, client, window, gpu });
      await session.vblank(2);
      session.kill(client);
    });
    expect(await session.pixel(9, 9)).toBe(0);
  });

  it('holds up later commits of the same surface, so that frames never come out of order', async () => {
    const all = await stage();
    const { session } = all;
    const commit = await points(all);
    const first = await commitUnsubmitted(all, commit);
    const image = await dmabuf(all);
    await session.paint(image, GREEN);
    const second = await commit(image);
    await session.until(second.acquire.point(1n).signal());
    await session.rest();
    expect(await session.pixel(9, 9)).toBe(0);
    expect(await session.until(first.release.query('submitted'))).toBe(0n);
    await session.until(first.acquire.point(1n).signal());
    await session.vblank(3);
    expect(await session.pixel(9, 9)).toBe(GREEN);
    // Superseded in the moment in which it became ready.
    expect(await session.until(first.release.query())).toBe(1n);
    expect(await session.until(second.release.query('submitted'))).toBe(0n);
  });
});

describe('implicit synchronisation', () => {
  it('waits for the writer of the buffer', async () => {
    const all = await stage();
    const { session, window, gpu } = all;
    const image = await dmabuf(all);
    const fence = await session.until(gpu.submit(fill(image, 80_000_000n)));
    window.surface.presentBuffer(image.buffer, SIZE);
    const film = session.film();
    await session.until(fence.signalled());
    const drawn = session.machine.now();
    await session.vblank(3);
    film[Symbol.dispose]();
    const shown = (frames: readonly FilmFrame[]) => frames.flatMap(frame => [...colorsOf(frame.image)]);
    const early = film.frames.filter(({ time }) => time < drawn);
    expect(new Set(shown(early))).toEqual(new Set([0]));
    expect(shown(film.frames.slice(-1))).toEqual([RED]);
  });

  it('does not wait for another who reads the buffer', async () => {
    const all = await stage();
    const { session, window, gpu } = all;
    const [image, scratch] = [await dmabuf(all), await dmabuf(all)];
    await session.paint(image, RED);
    const reader = await session.until(
      gpu.submit([
        { op: 'spin', nanoseconds: 90_000_000n },
        { op: 'copy', source: image, target: scratch },
      ]),
    );
    window.surface.presentBuffer(image.buffer, SIZE);
    await session.vblank(2);
    expect((await session.until(reader.status())).kind).toBe('pending');
    // To be read at the same time is no harm, as long as the engine itself is free: the display scans it out.
    expect(session.compositor.statistics.scannedOut).toBeGreaterThan(0);
    await session.until(reader.signalled());
  });

  it('does not wait for a job that the client submitted after its commit', async () => {
    const all = await stage();
    const { session, window, gpu } = all;
    const image = await dmabuf(all);
    await session.paint(image, RED);
    window.surface.presentBuffer(image.buffer, SIZE);
    await session.until(all.client.roundtrip());
    const late = await session.until(gpu.submit(fill(image, 90_000_000n, [0, 1, 0])));
    await session.vblank(2);
    expect((await session.until(late.status())).kind).toBe('pending');
    expect(session.compositor.statistics.scannedOut).toBeGreaterThan(0);
    await session.until(late.signalled());
  });
});

describe('a fence in error', () => {
  it('counts as ready: the frame is shown, the client goes on, and the trace says so', async () => {
    const all = await stage();
    const { session, client, window } = all;
    const rogue = await session.until(Gpu.open(client));
    const image = await dmabuf(all);
    await session.paint(image, GREEN);
    const commits = await session.until(
      Commits.create(client, session.machine, window.surface.proxy, 'sync-file'),
    );
    const stuck = await session.until(rogue.submit([{ op: 'spin', nanoseconds: 'forever' }]));
    commits.commit(image, stuck);
    await session.vblank(2);
    expect(await session.pixel(9, 9)).toBe(0);
    await session.until(stuck.signalled());
    expect((await session.until(stuck.status())).kind).toBe('error');
    await session.vblank(3);
    expect(await session.pixel(9, 9)).toBe(GREEN);
    expect(client.error).toBeNull();
    const told = session.compositor.trace.notes('transaction').map(({ text }) => text);
    expect(told.join('\n')).toMatch(/acquire fence of .* failed; its content is shown as it is/);
  });
});

describe('a synchronised tree', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'is shown as a whole when its fences come in the wrong order (seed %i)',
    async seed => {
      const all = await stage({ seed, order: 'random' });
      const { session, client, window, gpu } = all;
      const other = await session.until(Gpu.open(client));
      const half = { width: 32, height: 48 };
      const child = window.createSubsurface({ size: half, x: 32, y: 0, synchronised: true });
      const [left, right] = [await dmabuf(all), await dmabuf(all, half)];
      // The parent's is done long before the child's, and has been committed after it.
      const colour: [number, number, number] = [1, 1, 1];
      const slow = await session.until(other.submit(fill(right, 80_000_000n, colour)));
      const quick = await session.until(gpu.submit(fill(left, 1_000_000n, colour)));
      const commitChild = await session.until(
        Commits.create(client, session.machine, child.surface.proxy, 'sync-file'),
      );
      const commitParent = await session.until(
        Commits.create(client, session.machine, window.surface.proxy, 'sync-file'),
      );
      const film = session.film();
      commitChild.commit(right, slow);
      commitParent.commit(left, quick);
      await session.until(Promise.all([slow.signalled(), quick.signalled()]));
      await session.vblank(4);
      film[Symbol.dispose]();
      const shown = film.frames.map(({ image }) => [...colorsOf(image)]);
      expect(shown.filter(colors => colors.length !== 1)).toEqual([]);
      expect(shown.at(-1)).toEqual([WHITE]);
    },
  );
});

it('every acquire fence that was handed over is waited for', async () => {
  const all = await stage();
  const { session, client, window, gpu } = all;
  const glass = window.createSubsurface({
    size: { width: 1, height: 1 },
    synchronised: true,
    format: 'ARGB8888',
  });
  await session.draw(glass, veil(1, 1, 0, 0));
  const commits = await session.until(
    Commits.create(client, session.machine, window.surface.proxy, 'sync-file'),
  );
  const images = [await dmabuf(all), await dmabuf(all), await dmabuf(all)];
  const film = session.film();
  for (let frame = 1; frame <= 9; frame++) {
    // Drawn in two steps; between them it is of a colour that nobody is to see.
    const image = images[frame % 3]!;
    const colour = { red: frame / 15, green: 0, blue: 0 };
    const job = [
      { op: 'fill', target: image, colour: { red: 1, green: 1, blue: 1 } },
      { op: 'spin', nanoseconds: 9_000_000n },
      { op: 'fill', target: image, colour },
    ] as const;
    const fence = await session.until(gpu.submit(job, { implicit: false }));
    commits.commit(image, fence);
    await session.vblank(2);
  }
  film[Symbol.dispose]();
  const colors = film.frames.flatMap(({ image }) => [...colorsOf(image)]);
  expect(colors).not.toContain(WHITE);
  expect(new Set(colors).size).toBeGreaterThan(6);
});
