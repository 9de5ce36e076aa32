// Several dma-bufs in flight: while the display scans one, the next is queued and a third is drawn. Each frame says how
// old the pixels of its image are, so that only what moved since then is drawn again, and each asks when it was shown.
import type { PresentationFeedback, Rect } from '../client-sdk/index.ts';
import { fillRect } from './lib/draw.ts';
import { runExample } from './lib/example.ts';

const SIDE = 64;
const BACKGROUND = 0xff182030;
const BALL = 0xffffa020;

/** Where the ball is in a frame: to and fro along both sides. */
function ballAt(frame: number, width: number, height: number): Rect {
  const swing = (way: number, room: number) => Math.abs(((way + room) % (2 * room)) - room);
  const x = swing(frame * 5, Math.max(1, width - SIDE));
  const y = swing(frame * 3, Math.max(1, height - SIDE));
  return { x, y, width: SIDE, height: SIDE };
}

await runExample({
  about: 'A ball that bounces, drawn into several dma-bufs in turn.',
  options: { buffers: 'images in the swapchain (4)' },
  async run({ client, frames, option }) {
    const window = await client.createWindow({
      title: 'animation',
      kind: 'dmabuf',
      buffers: Number(option('buffers') ?? 4),
    });
    const images = new Set<number>();
    const feedbacks: Promise<PresentationFeedback>[] = [];
    for await (const frame of window.frames()) {
      const { number, age, width, height } = frame;
      const target = await frame.map({ access: 'read-write' });
      const ball = ballAt(number, width, height);
      const stale = age === 0 ? { x: 0, y: 0, width, height } : ballAt(number - age, width, height);
      fillRect(target, stale, BACKGROUND);
      fillRect(target, ball, BALL);
      images.add(frame.slot.index);
      const damage = age === 0 ? [stale] : [ballAt(number - 1, width, height), ball, stale];
      feedbacks.push(frame.presentWithFeedback({ damage }));
      if (number >= frames) break;
      if (feedbacks.length > 100) feedbacks.shift();
    }
    const told = await Promise.all(feedbacks);
    const presented = told.filter(({ kind }) => kind === 'presented').length;
    console.log(`${presented} of the last ${told.length} frames were presented, in ${images.size} images`);
  },
});
