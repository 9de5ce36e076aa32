// Several dma-bufs in flight: while the display scans one, the next is queued and a third is drawn. Each frame says how
// old the pixels of its image are, so that only what moved since then is drawn again, and each asks when it was shown.
import type { PresentationFeedback } from '../client-sdk/index.ts';
import { cometsAt, drawComet, drawSky, joined } from './lib/comets.ts';
import { runExample } from './lib/example.ts';

await runExample({
  about: 'Comets that move over a night sky, drawn into several dma-bufs in turn.',
  options: { buffers: 'images in the swapchain (4)' },
  async run({ client, frames, number: numberOf }) {
    const window = await client.createWindow({
      title: 'animation',
      kind: 'dmabuf',
      buffers: numberOf('buffers', 4),
    });
    const images = new Set<number>();
    const feedbacks: Promise<PresentationFeedback>[] = [];
    for await (const frame of window.frames()) {
      const { number, age, width, height } = frame;
      const extents = (of: number) => cometsAt(of, frame).map(({ extent }) => extent);
      const target = await frame.map({ access: 'read-write' });
      const comets = cometsAt(number, frame);
      // What the image shows is `age` frames old; what the screen shows is one frame old.
      for (const stale of age === 0 ? [{ x: 0, y: 0, width, height }] : extents(number - age))
        drawSky(target, stale);
      for (const comet of comets) drawComet(target, comet);
      const before = extents(number - 1);
      const damage =
        age === 0 ? {} : { damage: comets.map(({ extent }, index) => joined(extent, before[index]!)) };
      images.add(frame.slot.index);
      feedbacks.push(frame.presentWithFeedback(damage));
      if (number >= frames) break;
      if (feedbacks.length > 100) feedbacks.shift();
    }
    const told = await Promise.all(feedbacks);
    const presented = told.filter(({ kind }) => kind === 'presented').length;
    console.log(`${presented} of the last ${told.length} frames were presented, in ${images.size} images`);
  },
});
