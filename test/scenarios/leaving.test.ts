// Windows that come back, displays that go, swapchains that are replaced: every buffer comes back, once.
import { expect, it } from 'vitest';
import { type Client, SharedImage, type SyncMode, type Window } from '../../client-sdk/core/index.ts';
import { drmIoctls } from '../../protocol/uapi/drm.ts';
import { vgemIoctls } from '../../protocol/uapi/vgem.ts';
import { Commits, type TestSession } from '../kit/index.ts';
import { start } from './open.ts';

const SIZE = { width: 64, height: 48 };
const [RED, GREEN, BLUE] = [0xff0000, 0x00ff00, 0x0000ff];
const MILLISECOND = 1_000_000n;
const explicit = ['sync-file', 'timeline'] as const satisfies readonly SyncMode[];

interface Stage {
  readonly session: TestSession;
  readonly client: Client;
  readonly window: Window;
  readonly commits: Commits;
  image(color: number): Promise<SharedImage>;
}

async function stage(sync: SyncMode): Promise<Stage> {
  const session = start();
  const client = await session.connect('client');
  const window = await session.until(client.createWindow({ fullscreen: true }));
  await session.draw(window, 0);
  await session.vblank(2);
  const commits = await session.until(Commits.create(client, session.machine, window.surface.proxy, sync));
  const image = async (color: number) => {
    const made = await session.until(SharedImage.create(client, { ...SIZE, kind: 'dmabuf' }));
    await session.paint(made, color);
    return made;
  };
  return { session, client, window, commits, image };
}

it.each(explicit)(
  'a fullscreen window behind another and in front again loses no release (%s)',
  async sync => {
    const { session, commits, image } = await stage(sync);
    const images = [await image(RED), await image(GREEN)];
    for (let round = 0; round < 3; round++) {
      commits.commit(images[0]!);
      await session.vblank(2);
      const other = await session.connect(`other ${round}`);
      const cover = await session.until(other.createWindow({ fullscreen: true, kind: 'dmabuf' }));
      await session.draw(cover, BLUE);
      await session.vblank(2);
      expect(await session.pixel(9, 9)).toBe(BLUE);
      // Hidden, it goes on drawing.
      commits.commit(images[1]!);
      await session.vblank(2);
      session.kill(other);
      await session.vblank(3);
      expect(await session.pixel(9, 9)).toBe(GREEN);
    }
    expect(commits.records.map(({ told }) => told)).toEqual([1, 1, 1, 1, 1, 0]);
  },
);

it.each(explicit)('the only display goes while buffers are shown and waiting (%s)', async sync => {
  const { session, window, commits, image } = await stage(sync);
  const [shown, waiting] = [commits.commit(await image(RED)), await image(GREEN)];
  await session.vblank(3);
  const next = commits.commit(waiting);
  session.compositor.display.remove('Virtual-1');
  await session.rest();
  window[Symbol.dispose]();
  await session.rest();
  expect([shown.told, next.told]).toEqual([1, 1]);
  expect([shown.signalledAt, next.signalledAt]).not.toContain(null);
});

it.each(explicit)('the buffers of a swapchain that a resize has retired all come back (%s)', async sync => {
  const session = start();
  const client = await session.connect('client');
  const window = await session.until(
    client.createWindow({ kind: 'dmabuf', sync, fixedSize: true, size: SIZE }),
  );
  const counts: number[] = [];
  for (let round = 0; round < 6; round++) {
    window.size = round % 2 === 0 ? { width: 32, height: 24 } : SIZE;
    for (const color of [RED, GREEN, BLUE]) await session.draw(window, color);
    await session.rest();
    counts.push(session.task(client).files.size);
  }
  expect(counts.slice(4)).toEqual(counts.slice(2, 4));
  const { uses, releases } = session.compositor.counters;
  expect(uses - releases).toBe(1);
});

it('a buffer whose writer is another device’s is shown when that has signalled (acquire-two-gpu-order-flags)', async () => {
  const { session, client, window, image } = await stage('implicit');
  const { kernel } = client;
  const vgem = await session.until(kernel.open('/dev/dri/renderD129'));
  const red = await image(RED);
  const { handle } = await session.until(
    kernel.call(vgem, drmIoctls.DRM_IOCTL_PRIME_FD_TO_HANDLE, { fd: red.dmabuf }),
  );
  const { out_fence: fence } = await session.until(
    kernel.call(vgem, vgemIoctls.DRM_IOCTL_VGEM_FENCE_ATTACH, { handle, flags: 1 }),
  );
  window.surface.presentBuffer(red.buffer, SIZE);
  await session.advance(500n * MILLISECOND);
  expect(await session.pixel(9, 9)).toBe(0);
  await session.until(kernel.call(vgem, vgemIoctls.DRM_IOCTL_VGEM_FENCE_SIGNAL, { fence }));
  await session.vblank(2);
  expect(await session.pixel(9, 9)).toBe(RED);
});

it('a fence that another device’s process promises and forgets expires, and the frame is shown (fence-dead-gpu)', async () => {
  const { session, client, window, image } = await stage('implicit');
  const stranger = await session.connect('stranger');
  const red = await image(RED);
  const task = session.task(client);
  const there = task.send(red.dmabuf, session.task(stranger));
  const vgem = await session.until(stranger.kernel.open('/dev/dri/renderD129'));
  const { handle } = await session.until(
    stranger.kernel.call(vgem, drmIoctls.DRM_IOCTL_PRIME_FD_TO_HANDLE, { fd: there }),
  );
  await session.until(
    stranger.kernel.call(vgem, vgemIoctls.DRM_IOCTL_VGEM_FENCE_ATTACH, { handle, flags: 1 }),
  );
  window.surface.presentBuffer(red.buffer, SIZE);
  await session.advance(500n * MILLISECOND);
  expect(await session.pixel(9, 9)).toBe(0);
  await session.advance(10_000n * MILLISECOND);
  expect(await session.pixel(9, 9)).toBe(RED);
});

it('sync objects that a release needs for a moment are destroyed, when it fails too (fd-export-object-destroyed)', async () => {
  const { session, commits, image } = await stage('timeline');
  const { task } = session.compositor;
  const made = new Set<unknown>();
  const { call } = task;
  task.call = (fd, ioctl, value) => {
    const answer = call(fd, ioctl, value);
    if (ioctl.name === 'DRM_IOCTL_SYNCOBJ_CREATE') made.add((answer as unknown as { handle: number }).handle);
    if (ioctl.name === 'DRM_IOCTL_SYNCOBJ_DESTROY')
      made.delete((value as unknown as { handle: number }).handle);
    return answer;
  };
  const images = [await image(RED), await image(GREEN), await image(BLUE)];
  let released = 0;
  for (let frame = 0; frame < 12; frame++) {
    if (frame === 4) session.failures.failNext('DRM_IOCTL_SYNCOBJ_TRANSFER', 'ENOMEM', { times: 3 });
    commits.commit(images[frame % 3]!);
    await session.vblank(2);
    released = commits.records.filter(({ told }) => told === 1).length;
    expect([...made]).toEqual([]);
  }
  expect([released, session.failures.struck]).toEqual([11, 3]);
  await session.end({ faults: 'expected' });
});
