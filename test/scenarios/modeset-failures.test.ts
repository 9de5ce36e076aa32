// Displays that can't be switched on or off at once, engines that are reset, captures that fail: all are got over.
import { describe, expect, it } from 'vitest';
import { CaptureFailed, type Client, Gpu, SharedImage, screenshot } from '../../client-sdk/core/index.ts';
import type { Task } from '../../compositor/kernel/task/index.ts';
import { DRM_MODE_ATOMIC_ALLOW_MODESET } from '../../protocol/uapi/drm-mode.ts';
import { SIMGPU_OP_SPIN, SIMGPU_SPIN_FOREVER, simgpuIoctls } from '../../protocol/uapi/simgpu.ts';
import { Commits, colorsOf, solid, type TestSession, veil } from '../kit/index.ts';
import { start } from './open.ts';

const SIZE = { width: 64, height: 48 };
const [RED, GREEN] = [0xff0000, 0x00ff00];
const SECOND = 1_000_000_000n;

const isModeset = (argument: unknown): boolean =>
  ((argument as { flags: number }).flags & DRM_MODE_ATOMIC_ALLOW_MODESET) !== 0;

const notesOf = ({ compositor }: TestSession): string =>
  compositor.trace
    .notes()
    .map(({ text }) => text)
    .join('\n');

describe('a modeset', () => {
  it.each(['EBUSY', 'EINVAL', 'ENOMEM'] as const)('that fails at first (%s) is made again', async code => {
    const session = start();
    session.failures.failNext('DRM_IOCTL_MODE_ATOMIC', code, { times: 5, when: isModeset });
    const client = await session.connect('client');
    const window = await session.until(client.createWindow({ fullscreen: true }));
    await session.draw(window, RED);
    await session.vblank(12);
    expect(session.failures.struck).toBe(5);
    await session.expectScreen(solid(64, 48, RED), `modeset-${code}`);
    await session.end({ faults: 'expected' });
  });

  it('that never succeeds costs a try in each vblank, and clients nothing', async () => {
    const session = start();
    session.failures.failNext('DRM_IOCTL_MODE_ATOMIC', 'EINVAL', { times: 9999, when: isModeset });
    const client = await session.connect('client');
    const window = await session.until(client.createWindow({ fullscreen: true }));
    await session.draw(window, RED);
    await session.advance(SECOND);
    expect(session.failures.struck).toBeLessThan(70);
    await session.until(client.roundtrip());
    await session.end({ faults: 'expected' });
  });

  it.each([3, 9999])(
    'that is to switch a display off and fails %i times keeps no buffer for good (release-failed-modeset)',
    async times => {
      const session = start({ outputs: [SIZE, SIZE] });
      const client = await session.connect('client');
      const window = await session.until(client.createWindow({ fullscreen: true }));
      await session.draw(window, 0);
      await session.vblank(2);
      const commits = await session.until(
        Commits.create(client, session.machine, window.surface.proxy, 'timeline'),
      );
      const image = await session.until(SharedImage.create(client, { ...SIZE, kind: 'dmabuf' }));
      await session.paint(image, RED);
      const shown = commits.commit(image);
      await session.vblank(3);
      session.failures.failNext('DRM_IOCTL_MODE_ATOMIC', 'EBUSY', { times, when: isModeset });
      session.compositor.display.remove('Virtual-1');
      window.surface.presentBuffer(null, SIZE);
      // As long as the display shows it, it is not given back.
      await session.vblank();
      expect([shown.told, session.failures.struck > 0]).toEqual([0, true]);
      await session.advance(SECOND / 2n);
      expect(shown.told).toBe(1);
      expect(shown.signalledAt).not.toBeNull();
      expect(notesOf(session)).toMatch(/could not be switched off/);
      await session.end({ faults: 'expected' });
    },
  );
});

/** A window whose content is composited, since something transparent that is no dma-buf lies above it. */
async function glazed(session: TestSession, client: Client) {
  const window = await session.until(client.createWindow({ fullscreen: true, kind: 'dmabuf' }));
  const size = { width: 1, height: 1 };
  const glass = window.createSubsurface({ size, synchronised: true, format: 'ARGB8888' });
  await session.draw(glass, veil(1, 1, 0, 0));
  return window;
}

/** The next job of a process never ends. */
function hangNextJob(task: Task): void {
  const { call } = task;
  const hanging = (fd: number, ioctl: unknown, value: { commands: unknown[] }): unknown => {
    if (ioctl !== simgpuIoctls.SIMGPU_SUBMIT) return Reflect.apply(call, task, [fd, ioctl, value]);
    task.call = call;
    const spin = { opcode: SIMGPU_OP_SPIN, duration_ns: SIMGPU_SPIN_FOREVER };
    return Reflect.apply(call, task, [fd, ioctl, { ...value, commands: [spin, ...value.commands] }]);
  };
  Object.assign(task, { call: hanging });
}

describe('an engine', () => {
  it('that a client’s job hangs is reset, and every frame is shown and every buffer comes back', async () => {
    const session = start();
    const client = await session.connect('client');
    const window = await glazed(session, client);
    await session.draw(window, RED);
    await session.vblank(2);
    const rogue = await session.connect('rogue');
    const gpu = await session.until(Gpu.open(rogue));
    const commits = await session.until(
      Commits.create(client, session.machine, window.surface.proxy, 'sync-file'),
    );
    const images: SharedImage[] = [];
    for (const color of [RED, GREEN]) {
      const image = await session.until(SharedImage.create(client, { ...SIZE, kind: 'dmabuf' }));
      await session.paint(image, color);
      images.push(image);
    }
    await session.until(gpu.submit([{ op: 'spin', nanoseconds: 'forever' }]));
    for (let frame = 0; frame < 8; frame++) {
      commits.commit(images[frame % 2]!);
      await session.vblank();
    }
    await session.advance(5n * SECOND);
    await session.expectScreen(solid(64, 48, GREEN), 'reset');
    expect(commits.records.slice(0, -1).map(({ told }) => told)).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(client.error).toBeNull();
    await session.end({ faults: 'expected' });
  });

  it('that is lost to the compositor in the middle of a frame draws the whole of it again', async () => {
    const session = start();
    const client = await session.connect('client');
    const window = await glazed(session, client);
    await session.draw(window, RED);
    await session.vblank(2);
    hangNextJob(session.compositor.task);
    await session.draw(window, GREEN);
    await session.advance(6n * SECOND);
    await session.expectScreen(solid(64, 48, GREEN), 'lost');
    expect(notesOf(session)).toMatch(/all of it is drawn again/);
    await session.end({ faults: 'expected' });
  });
});

describe('a capture', () => {
  it.each([
    ['of which the commit is refused again and again', 'DRM_IOCTL_MODE_ATOMIC', 'ENOMEM'],
    ['whose buffer becomes no framebuffer', 'DRM_IOCTL_MODE_ADDFB2', 'ENOMEM'],
  ] as const)('%s fails, and the next one does not', async (_, ioctl, code) => {
    const session = start();
    const painter = await session.connect('painter');
    const window = await session.until(painter.createWindow({ fullscreen: true }));
    await session.draw(window, RED);
    await session.vblank(2);
    const viewer = await session.connect('viewer');
    const failing = session.failures.failNext(ioctl, code, { times: 99 });
    const failed = session.until(screenshot(viewer));
    await expect(failed).rejects.toThrow(CaptureFailed);
    await expect(failed).rejects.toMatchObject({ reason: 'unknown' });
    failing[Symbol.dispose]();
    expect([...colorsOf(await session.until(screenshot(viewer)))]).toEqual([RED]);
    await session.end({ faults: 'expected' });
  });
});
