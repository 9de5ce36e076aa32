// While the compositor lacks memory or descriptors nothing is shown that is not drawn yet, and nothing is forgotten.
import { describe, expect, it } from 'vitest';
import { type Client, Gpu, SharedImage, Timeline, type Window } from '../../client-sdk/core/index.ts';
import { Commits, colorsOf, type TestSession } from '../kit/index.ts';
import { start } from './open.ts';

const SIZE = { width: 64, height: 48 };
const [RED, WHITE] = [0xff0000, 0xffffff];
const MILLISECOND = 1_000_000n;

interface Stage {
  readonly session: TestSession;
  readonly client: Client;
  readonly window: Window;
  readonly gpu: Gpu;
  readonly image: SharedImage;
}

/** A window that is black so far, and an image that is white until a job has made it red. */
async function stage(): Promise<Stage> {
  const session = start();
  const client = await session.connect('client');
  const gpu = await session.until(Gpu.open(client));
  const window = await session.until(client.createWindow({ fullscreen: true }));
  await session.draw(window, 0);
  await session.vblank(3);
  const image = await session.until(SharedImage.create(client, { ...SIZE, kind: 'dmabuf' }));
  await session.paint(image, WHITE);
  void image.buffer;
  await session.until(client.roundtrip());
  return { session, client, window, gpu, image };
}

const job = (target: SharedImage) =>
  [
    { op: 'spin', nanoseconds: 90n * MILLISECOND },
    { op: 'fill', target, colour: { red: 1, green: 0, blue: 0 } },
  ] as const;

/** Commits while there is a shortage that ends later, and returns the colours that were on the screen meanwhile. */
async function shown(session: TestSession, commit: () => Promise<unknown>): Promise<Set<number>> {
  const film = session.film();
  const shortage = session.failures.exhaustDescriptors();
  await commit();
  await session.advance(50n * MILLISECOND);
  expect(session.failures.struck).toBeGreaterThan(0);
  shortage[Symbol.dispose]();
  await session.advance(200n * MILLISECOND);
  film[Symbol.dispose]();
  expect([...colorsOf(film.frames.at(-1)!.image)]).toEqual([RED]);
  return new Set(film.frames.flatMap(({ image }) => [...colorsOf(image)]));
}

describe('a commit that comes while there is no descriptor', () => {
  it('waits for the writers of its buffer all the same', async () => {
    const { session, client, window, gpu, image } = await stage();
    const colors = await shown(session, async () => {
      await session.until(gpu.submit(job(image)));
      window.surface.presentBuffer(image.buffer, SIZE);
      await session.until(client.roundtrip());
    });
    expect(colors).not.toContain(WHITE);
    await session.end({ faults: 'expected' });
  });

  it.each(['before', 'after'] as const)('waits for a timeline point whose fence comes %s it', async when => {
    const { session, client, window, gpu, image } = await stage();
    const object = client.shared('wp_linux_drm_syncobj_manager_v1').get_surface(window.surface.proxy);
    const made = () => session.until(Timeline.create(client));
    const [acquire, release] = [await made(), await made()];
    const points = [
      await session.until(acquire.imported()),
      await session.until(release.imported()),
    ] as const;
    await session.until(client.roundtrip());
    const colors = await shown(session, async () => {
      const fence = await session.until(gpu.submit(job(image), { implicit: false }));
      if (when === 'before') await session.until(acquire.point(1n).import(fence));
      object.set_acquire_point(points[0], 0, 1);
      object.set_release_point(points[1], 0, 1);
      window.surface.presentBuffer(image.buffer, SIZE);
      await session.until(client.roundtrip());
      if (when === 'after') await session.until(acquire.point(1n).import(fence));
    });
    expect(colors).not.toContain(WHITE);
    await session.end({ faults: 'expected' });
  });
});

describe('a window that is drawn once', () => {
  it.each([
    ['its dma-buf cannot be imported', 'DRM_IOCTL_PRIME_FD_TO_HANDLE', 'dmabuf'],
    ['no job is taken', 'SIMGPU_SUBMIT', 'dmabuf'],
    ['there is no memory for a copy', 'SIMGPU_GEM_CREATE', 'shm'],
  ] as const)('while %s is shown a little later, and nothing else happens', async (_, call, kind) => {
    const { session, client } = await stage();
    const other = await session.until(client.createWindow({ kind, fullscreen: true, format: 'ARGB8888' }));
    const frame = await session.until(other.nextFrame());
    await session.fill(frame, RED);
    if (kind === 'dmabuf') void frame.image.buffer;
    await session.until(client.roundtrip());
    // Nor can its pages be shared, so that a copy is wanted.
    session.failures.failNext('UDMABUF_CREATE', 'ENOMEM', { times: 99 });
    const failing = session.failures.failNext(call, 'ENOMEM', { times: 9 });
    frame.present();
    await session.advance(300n * MILLISECOND);
    expect(session.failures.struck).toBeGreaterThan(8);
    failing[Symbol.dispose]();
    expect(await session.pixel(9, 9)).toBe(RED);
    const flips = session.simkms.statistics('Virtual-1').flips;
    await session.rest();
    expect(session.simkms.statistics('Virtual-1').flips).toBe(flips);
    await session.end({ faults: 'expected' });
  });

  it('from memory that there never is costs a second of tries, and no more', async () => {
    const { session, client, window, image } = await stage();
    const commits = await session.until(
      Commits.create(client, session.machine, window.surface.proxy, 'sync-file'),
    );
    session.failures.failNext('DRM_IOCTL_PRIME_FD_TO_HANDLE', 'ENOMEM', { times: 9999 });
    commits.commit(image);
    await session.advance(1500n * MILLISECOND);
    const { struck } = session.failures;
    await session.rest();
    expect(session.failures.struck).toBe(struck);
    expect(struck).toBeLessThan(200);
    await session.end({ faults: 'expected' });
  });
});
