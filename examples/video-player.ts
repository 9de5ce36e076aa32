// Plays a video: NV12 dma-bufs that a display can scan out by itself, each written by the CPU between the start and the
// end of an access bracket. A viewport scales and crops them. Frames that are late are left out.
import { createReadStream } from 'node:fs';
import { runExample, sleep } from './lib/example.ts';
import { photoVideo } from './lib/photo-video.ts';
import { readY4m, writeNv12 } from './lib/y4m.ts';

function open(name: string | undefined): AsyncIterable<Uint8Array> {
  if (name === undefined) return photoVideo();
  return name === '-' ? process.stdin : createReadStream(name);
}

await runExample({
  about: 'Plays a Y4M video (4:2:0, 8 bits): a file, standard input with -, or one made of photographs.',
  usage: '[FILE.y4m | -]',
  async run({ client, frames: limit, words }) {
    const { header, frames } = await readY4m(open(words[0]));
    const window = await client.createWindow({
      title: words[0] ?? 'video of photographs',
      appId: 'fencepost.video-player',
      kind: 'dmabuf',
      format: 'NV12',
      size: header,
      fixedSize: 'cover',
    });
    const interval = (1000 * header.rate[1]) / header.rate[0];
    let shown = 0;
    let late = 0;
    let due = performance.now();
    for await (const picture of frames) {
      if (window.closed) break;
      due += interval;
      if (shown > 0 && performance.now() > due) {
        late++;
        continue;
      }
      const frame = await window.surface.nextFrame();
      if (frame === null) break;
      const [luma, chroma] = (await frame.map()).planes;
      writeNv12(picture, header, {
        luma: luma!.data,
        lumaStride: luma!.stride,
        chroma: chroma!.data,
        chromaStride: chroma!.stride,
      });
      await sleep(due - interval - performance.now());
      frame.present();
      if (++shown >= limit) break;
    }
    console.log(`${shown} frames shown, ${late} late ones left out`);
  },
});
