// Explicit synchronisation with timelines (wp_linux_drm_syncobj_v1). Every commit names a point of one timeline to wait
// for and a point of another to be signalled when the image is free again; a third timeline here orders the client's own
// jobs: point n of it is signalled when the n-th job is done.
import { Gpu, Timeline } from '../client-sdk/index.ts';
import { runExample } from './lib/example.ts';

await runExample({
  about: 'Draws with the simulated GPU, synchronised by points of timelines, and prints how far they are.',
  async run({ client, frames }) {
    const gpu = await Gpu.open(client);
    const jobs = await Timeline.create(client);
    const window = await client.createWindow({ title: 'timelines', kind: 'dmabuf', sync: 'timeline' });
    for await (const frame of window.frames()) {
      const { number, image, width, height } = frame;
      const x = (number * 4) % width;
      const acquire = await gpu.submit(
        [
          { op: 'fill', target: image, colour: { red: 0.1, green: 0.1, blue: 0.2 } },
          {
            op: 'fill',
            target: image,
            colour: { red: 1, green: 0.8, blue: 0.2 },
            rect: { x, y: 0, width: Math.min(8, width - x), height },
          },
        ],
        { signalPoints: [jobs.point(BigInt(number))] },
      );
      frame.present({ acquire });
      if (Number.isFinite(frames))
        console.log(
          `frame ${number}: job ${await jobs.query('submitted')} submitted, ${await jobs.query()} done`,
        );
      if (number >= frames) break;
    }
    await jobs.point(await jobs.query('submitted')).signalled();
    jobs[Symbol.dispose]();
    gpu[Symbol.dispose]();
  },
});
