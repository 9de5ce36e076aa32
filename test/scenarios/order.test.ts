// In whatever order things happen, the screen ends up the same; in the same order, everything is the same.
import { describe, expect, it } from 'vitest';
import { Gpu, type Window } from '../../client-sdk/core/index.ts';
import {
  type Color,
  expectSameImage,
  fillRect,
  type Image,
  solid,
  TestSession,
  type TestSessionOptions,
} from '../kit/index.ts';

const SCREEN = { width: 96, height: 64 };
const [RED, GREEN, WHITE] = [0xff0000, 0x00ff00, 0xffffff];

/** Draws some frames and ends with one colour, which all of the window's images have then. */
async function paint(window: Window, color: Color): Promise<void> {
  for (let number = 0; number < 6; number++) {
    const frame = await window.nextFrame({ unthrottled: number % 2 === 0 });
    (await frame.map()).pixels.fill((0xff000000 | (number < 5 ? number * 0x2b2b2b : color)) >>> 0);
    frame.present();
  }
}

async function paintByGpu(window: Window, gpu: Gpu): Promise<void> {
  for (let number = 0; number < 6; number++) {
    const frame = await window.nextFrame({ withReleaseFence: true });
    const colour = { red: 0, green: number < 5 ? number / 9 : 1, blue: 0 };
    const waitFor = frame.releaseFence ? [frame.releaseFence] : [];
    const job = [
      { op: 'spin', nanoseconds: 4_000_000n },
      { op: 'fill', target: frame.image, colour },
    ] as const;
    frame.present({ acquire: await gpu.submit(job, { waitFor, implicit: false }) });
  }
}

interface Outcome {
  readonly screen: Image;
  readonly history: readonly string[];
}

/** Three clients side by side, one of them with a part above it; two that die in between. */
async function play(options: TestSessionOptions): Promise<Outcome> {
  const session = new TestSession({ outputs: [SCREEN], ...options });
  const [one, two, three] = [
    await session.connect('one'),
    await session.connect('two'),
    await session.connect('three'),
  ];
  const [left, right, below] = [
    await session.until(one.createWindow()),
    await session.until(two.createWindow({ kind: 'dmabuf', sync: 'timeline' })),
    await session.until(three.createWindow({ kind: 'dmabuf', buffers: 2 })),
  ];
  const gpu = await session.until(Gpu.open(two));
  const corner = left.createSubsurface({ size: { width: 8, height: 8 }, kind: 'dmabuf' });
  const decorate = async (): Promise<void> => {
    const frame = await corner.nextFrame();
    (await frame.map()).pixels.fill(0xffffffff);
    frame.present();
    left.commit();
  };
  const work = Promise.all([paint(left, RED), paintByGpu(right, gpu), paint(below, 0x0000ff), decorate()]);
  const mortal = await session.connect('mortal');
  mortal
    .createWindow()
    .then(
      window => paint(window, GREEN),
      () => {},
    )
    .catch(() => {});
  await session.steps(40);
  session.kill(mortal);
  await session.until(work);
  await session.vblank(4);
  session.kill(three);
  await session.vblank(2);
  // The two that are left have more room now.
  await session.until(Promise.all([paint(left, RED), paintByGpu(right, gpu)]));
  await session.vblank(4);
  const screen = await session.screen();
  const history = [...session.history];
  await session.end();
  return { screen, history };
}

/** What the two that are left make of the screen: tiles with gaps between them. */
const EXPECTED = (() => {
  const left = { x: 8, y: 8, width: 36, height: 48 };
  const right = { x: 52, y: 8, width: 36, height: 48 };
  const windows = fillRect(fillRect(solid(96, 64, 0), left, RED), right, GREEN);
  return fillRect(windows, { x: 8, y: 8, width: 8, height: 8 }, WHITE);
})();

describe('three clients, one that dies early and one that dies late', () => {
  it.each(Array.from({ length: 10 }, (_, seed) => seed + 1))(
    'leave the same screen in order %i',
    async seed => {
      const { screen } = await play({ seed, order: 'random' });
      expectSameImage(screen, EXPECTED, `order-${seed}`);
    },
  );

  it('have one history for one seed', async () => {
    const [first, again] = [
      await play({ seed: 5, order: 'random' }),
      await play({ seed: 5, order: 'random' }),
    ];
    expect(again.history).toEqual(first.history);
    const other = await play({ seed: 6, order: 'random' });
    expect(other.history).not.toEqual(first.history);
  });
});
