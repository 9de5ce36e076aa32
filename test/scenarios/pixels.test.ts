// What clients draw is what the screen shows, to the pixel.
import { describe, expect, it } from 'vitest';
import type { Client, SubsurfaceOptions, Window, WindowOptions } from '../../client-sdk/core/index.ts';
import {
  blocks,
  crop,
  enlarge,
  type Image,
  over,
  pattern,
  picture,
  solid,
  type TestSession,
  upright,
  veil,
} from '../kit/index.ts';
import { start } from './open.ts';

const WIDTH = 64;
const HEIGHT = 48;
const RED = 0xff0000;
const GREEN = 0x00ff00;
const BLUE = 0x0000ff;
const WHITE = 0xffffff;

interface Scene {
  readonly session: TestSession;
  readonly client: Client;
  readonly window: Window;
}

/** A window over the whole screen with a pattern on it. */
async function scene(options: WindowOptions = {}): Promise<Scene> {
  const session = start();
  const client = await session.connect('painter');
  const window = await session.until(client.createWindow({ fullscreen: true, ...options }));
  // By itself a window is as large as its whole tree.
  window.xdgSurface.set_window_geometry(0, 0, WIDTH, HEIGHT);
  return { session, client, window };
}

/** A part of the window with a picture on it, shown from the window's next commit on. */
async function part(
  { session, window }: Scene,
  image: Image,
  options: Omit<SubsurfaceOptions, 'size'> = {},
): Promise<void> {
  const { width, height } = image;
  const subsurface = window.createSubsurface({ size: { width, height }, synchronised: true, ...options });
  await session.draw(subsurface, image);
}

describe.each(['shm', 'dmabuf'] as const)('%s', kind => {
  it('is shown as it is', async () => {
    const { session, window } = await scene({ kind });
    await session.draw(window, pattern(WIDTH, HEIGHT));
    await session.vblank(2);
    await session.expectScreen(pattern(WIDTH, HEIGHT), `${kind}-as-it-is`);
  });

  it('of the second frame changes what is damaged, and nothing else', async () => {
    const all = await scene({ kind });
    const { session, window } = all;
    // Something above it keeps it from being scanned out.
    await part(all, veil(4, 4, WHITE, 0), { format: 'ARGB8888' });
    const damage = { x: 20, y: 10, width: 8, height: 6 };
    for (let frame = 0; frame < 5; frame++) {
      await session.draw(window, pattern(WIDTH, HEIGHT), frame < 2 ? {} : { damage: [damage] });
      await session.vblank(2);
    }
    // What is drawn outside of the damage is the client's lie, and not seen: no image of the output lacks it.
    await session.draw(window, pattern(WIDTH, HEIGHT, 1), { damage: [damage] });
    await session.vblank(3);
    const expected = over(pattern(WIDTH, HEIGHT), crop(pattern(WIDTH, HEIGHT, 1), damage), 20, 10);
    await session.expectScreen(expected, `${kind}-damage`);
  });

  it('in a tree of subsurfaces is stacked as the tree says', async () => {
    const all = await scene({ kind });
    const { session, window } = all;
    const size = { width: 20, height: 20 };
    const lower = window.createSubsurface({ size, x: 4, y: 4, synchronised: true, kind });
    const upper = window.createSubsurface({ size, x: 14, y: 14, synchronised: true, kind });
    upper.placeBelow(lower.surface);
    await session.draw(lower, RED);
    await session.draw(upper, GREEN);
    await part(all, solid(10, 40, BLUE), { x: -5, y: 40, kind });
    await session.draw(window, pattern(WIDTH, HEIGHT));
    await session.vblank(2);
    let expected = over(pattern(WIDTH, HEIGHT), solid(20, 20, GREEN), 14, 14);
    expected = over(expected, solid(20, 20, RED), 4, 4);
    expected = over(expected, solid(5, 8, BLUE), 0, 40);
    await session.expectScreen(expected, `${kind}-tree`);
  });

  it('with alpha is blended over what lies below', async () => {
    const all = await scene({ kind });
    const glass = picture(30, 20, (x, y) => {
      const alpha = (x * 8) & 0xff;
      return [Math.min(alpha, y * 10), alpha, 0, alpha];
    });
    await part(all, glass, { x: 10, y: 10, kind, format: 'ARGB8888' });
    await part(all, veil(30, 20, BLUE, 77), { x: 25, y: 20, kind, format: 'ARGB8888' });
    await all.session.draw(all.window, pattern(WIDTH, HEIGHT));
    await all.session.vblank(2);
    const lower = over(pattern(WIDTH, HEIGHT), glass, 10, 10);
    await all.session.expectScreen(over(lower, veil(30, 20, BLUE, 77), 25, 20), `${kind}-alpha`);
  });

  it('is cropped and scaled by a viewport', async () => {
    const { session, window } = await scene({ kind });
    const image = blocks(8, 2, [RED, GREEN, BLUE, WHITE]);
    const sub = window.createSubsurface({
      size: { width: 16, height: 16 },
      x: 3,
      y: 2,
      synchronised: true,
      kind,
    });
    // A quarter of the image, and so nothing of its neighbours.
    sub.surface.viewport.setSource({ x: 8, y: 0, width: 8, height: 8 });
    sub.surface.viewport.setDestination({ width: 40, height: 24 });
    await session.draw(sub, image);
    await session.draw(window, pattern(WIDTH, HEIGHT));
    await session.vblank(2);
    const expected = over(pattern(WIDTH, HEIGHT), solid(40, 24, GREEN), 3, 2);
    await session.expectScreen(expected, `${kind}-viewport`);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7])('drawn with transform %i is turned back', async transform => {
    const { session, window } = await scene({ kind });
    const sub = window.createSubsurface({
      size: { width: 30, height: 18 },
      x: 5,
      y: 7,
      synchronised: true,
      kind,
    });
    sub.surface.proxy.set_buffer_transform(transform);
    await session.draw(sub, pattern(30, 18, 3));
    await session.draw(window, WHITE);
    await session.vblank(2);
    const expected = over(solid(WIDTH, HEIGHT, WHITE), upright(pattern(30, 18, 3), transform), 5, 7);
    await session.expectScreen(expected, `${kind}-transform-${transform}`);
  });

  it('of scale 2 is shown at half its size', async () => {
    const { session, window } = await scene({ kind });
    const small = pattern(20, 12, 5);
    const sub = window.createSubsurface({
      size: { width: 40, height: 24 },
      x: 9,
      y: 9,
      synchronised: true,
      kind,
    });
    sub.surface.proxy.set_buffer_scale(2);
    await session.draw(sub, enlarge(small, 2));
    await session.draw(window, WHITE);
    await session.vblank(2);
    await session.expectScreen(over(solid(WIDTH, HEIGHT, WHITE), small, 9, 9), `${kind}-scale`);
  });

  it('is gone from the screen when it is unmapped', async () => {
    const { session, client, window } = await scene({ kind });
    await session.draw(window, RED);
    await session.vblank(2);
    window.surface.presentBuffer(null, window.size);
    await session.vblank(2);
    await session.expectScreen(solid(WIDTH, HEIGHT, 0), `${kind}-unmapped`);
    expect(client.error).toBeNull();
  });
});

describe('NV12', () => {
  const gray = (luma: number): number => Math.round(((luma - 16) * 255) / 219) * 0x10101;
  const expected = blocks(
    8,
    8,
    Array.from({ length: 48 }, (_, at) => gray(16 + ((at * 37) % 220))),
  );

  it.each([
    ['on the primary plane', false],
    ['composed', true],
  ])('is shown in its colours %s', async (_, covered) => {
    const all = await scene({ kind: 'dmabuf', format: 'NV12' });
    const { session, window } = all;
    if (covered) await part(all, veil(8, 8, WHITE, 0), { format: 'ARGB8888' });
    const frame = await session.until(window.nextFrame());
    const { planes } = await session.until(frame.map());
    const [luma, chroma] = planes;
    for (let y = 0; y < HEIGHT; y++)
      for (let x = 0; x < WIDTH; x++) {
        const block = Math.floor(y / 8) * 8 + Math.floor(x / 8);
        luma!.data[y * luma!.stride + x] = 16 + ((block * 37) % 220);
      }
    chroma!.data.fill(128);
    frame.present();
    await session.vblank(2);
    await session.expectScreen(expected, `nv12-${covered}`);
    expect(session.compositor.statistics.scannedOut > 0).toBe(!covered);
  });
});
