// Drawing with jobs of the simulated GPU: photographs are uploaded once, and every frame is one job that scales and
// blends them. Synchronisation is implicit: the device leaves its fences in the dma-bufs, and the server finds them there.
import { Gpu, type GpuCommand, type SharedImage } from '../client-sdk/index.ts';
import { putPhoto } from './lib/draw.ts';
import { runExample } from './lib/example.ts';
import { loadPhoto, PHOTOS } from './lib/photos.ts';

const FADE = 90;

/** A slow zoom: which part of an image is shown. */
function zoom({ width, height }: SharedImage, at: number) {
  const part = 1 - 0.3 * at;
  const [w, h] = [width * part, height * part];
  return { x: (width - w) / 2, y: (height - h) / 2, width: w, height: h };
}

await runExample({
  about: 'Photographs that fade into each other, scaled and blended by the simulated GPU.',
  async run({ client, frames }) {
    const gpu = await Gpu.open(client);
    const photos: SharedImage[] = [];
    for (const name of PHOTOS) {
      const photo = loadPhoto(name);
      const image = await gpu.createImage({ width: photo.width, height: photo.height });
      await putPhoto(image, photo);
      photos.push(image);
    }
    const window = await client.createWindow({ title: 'drawn by the GPU', kind: 'dmabuf' });
    for await (const frame of window.frames()) {
      const at = (frame.number % FADE) / FADE;
      const first = Math.floor(frame.number / FADE);
      const [from, into] = [photos[first % photos.length]!, photos[(first + 1) % photos.length]!];
      const commands: GpuCommand[] = [
        { op: 'composite', target: frame.image, source: from, from: zoom(from, at), blend: 'none' },
        { op: 'composite', target: frame.image, source: into, from: zoom(into, 0), alpha: at },
      ];
      const fence = await gpu.submit(commands);
      fence[Symbol.dispose]();
      frame.present();
      if (frame.number >= frames) break;
    }
    for (const photo of photos) photo[Symbol.dispose]();
    gpu[Symbol.dispose]();
  },
});
