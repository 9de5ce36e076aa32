// The release fence is a snapshot: it covers who used the buffer until it was taken, and nobody after.
import { describe, expect, it } from 'vitest';
import { type Client, Gpu, SharedImage, type SyncMode, type Window } from '../../client-sdk/core/index.ts';
import { type CommitRecord, Commits, type TestSession, veil } from '../kit/index.ts';
import { start } from './open.ts';

const SIZE = { width: 64, height: 48 };
const LONG = 300_000_000n;

interface Stage {
  readonly session: TestSession;
  readonly client: Client;
  readonly window: Window;
  readonly gpu: Gpu;
  readonly commits: Commits;
  /** Shown at first, and then waiting to replace it. */
  readonly images: readonly [shown: SharedImage, next: SharedImage];
  readonly shown: CommitRecord;
}

/** A client whose first image is on the screen. */
async function stage(sync: SyncMode, path: 'scanned out' | 'composited'): Promise<Stage> {
  const session = start();
  const client = await session.connect('client');
  const gpu = await session.until(Gpu.open(client));
  const window = await session.until(client.createWindow({ fullscreen: true }));
  const { proxy } = window.surface;
  if (path === 'composited') {
    const size = { width: 1, height: 1 };
    const glass = window.createSubsurface({ size, synchronised: true, format: 'ARGB8888' });
    await session.draw(glass, veil(1, 1, 0, 0));
  }
  await session.draw(window, 0);
  await session.vblank(2);
  const commits = await session.until(Commits.create(client, session.machine, proxy, sync));
  const made = () => session.until(SharedImage.create(client, { ...SIZE, kind: 'dmabuf' }));
  const images = [await made(), await made()] as const;
  for (const image of images) await session.paint(image, 0xff0000);
  const shown = commits.commit(images[0]);
  await session.vblank(3);
  return { session, client, window, gpu, commits, images, shown };
}

/** Occupies an image on the client's GPU: by writing to it, or by reading from it. */
function occupy(gpu: Gpu, image: SharedImage, scratch: SharedImage, access: 'write' | 'read') {
  const use =
    access === 'write'
      ? ({ op: 'fill', target: image, colour: { red: 0, green: 1, blue: 0 } } as const)
      : ({ op: 'copy', source: image, target: scratch } as const);
  return gpu.submit([{ op: 'spin', nanoseconds: 90_000_000n }, use]);
}

describe.each([
  ['sync-file', 'scanned out'],
  ['sync-file', 'composited'],
  ['timeline', 'scanned out'],
  ['timeline', 'composited'],
] as const)('by %s, of a buffer that was %s', (sync, path) => {
  it('a job that the client submits after the release does not keep its own release fence from signalling', async () => {
    const { session, gpu, commits, images, shown } = await stage(sync, path);
    const [image, next] = images;
    const job = new Promise<bigint>((resolve, reject) => {
      // As soon as it is told, with the fence perhaps still pending.
      const watch = () =>
        shown.told === 0
          ? session.machine.at(session.machine.now() + 50_000n, 'look', watch)
          : occupy(gpu, image, image, 'write')
              .then(fence => fence.signalled())
              .then(() => resolve(session.machine.now()), reject);
      watch();
    });
    commits.commit(next);
    await session.vblank(3);
    expect(shown.signalledAt).not.toBeNull();
    expect(await session.until(job)).toBeGreaterThan(shown.signalledAt!);
  });

  it('a job that read the buffer before the release is in the fence', async () => {
    const { session, client, gpu, commits, images, shown } = await stage(sync, path);
    const [image, next] = images;
    const scratch = await session.until(SharedImage.create(client, { ...SIZE, kind: 'dmabuf' }));
    const job = await session.until(occupy(gpu, image, scratch, 'read'));
    commits.commit(next);
    await session.vblank(3);
    expect([shown.told, shown.signalledAt]).toEqual([1, null]);
    await session.until(job.signalled());
    await session.vblank();
    expect(shown.signalledAt).not.toBeNull();
  });
});

it('a buffer that nothing uses any more comes back at once, and not with an error', async () => {
  const { session, commits, images, shown } = await stage('sync-file', 'composited');
  await session.rest();
  commits.commit(images[1]);
  await session.advance(1_000_000n);
  expect([shown.kind, shown.fence]).toEqual(['immediate', null]);
});

it('a release is not held up by what the compositor does with other buffers', async () => {
  const { session, client, gpu, commits, images, shown } = await stage('sync-file', 'composited');
  const other = await session.until(SharedImage.create(client, { ...SIZE, kind: 'dmabuf' }));
  // The other's writer is busy for long; the client's own engine queue has nothing to do with the buffer.
  await session.until(
    gpu.submit([
      { op: 'spin', nanoseconds: 90_000_000n },
      { op: 'fill', target: other, colour: { red: 1, green: 1, blue: 1 } },
    ]),
  );
  const from = session.machine.now();
  commits.commit(images[1]);
  await session.advance(LONG);
  expect(shown.signalledAt! - from).toBeLessThan(90_000_000n);
});
