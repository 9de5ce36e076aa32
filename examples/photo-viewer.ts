// Photographs, one after the other: a window that draws only when there is something new to show. Each is drawn once, as
// large as it is; a viewport has the server scale and crop it to the window, however large that becomes.
import { Pause, runExample } from './lib/example.ts';
import { drawCovering, loadPhoto, loadPng, PHOTOS, type Picture } from './lib/photos.ts';

await runExample({
  about: 'Shows photographs one after the other: those given as PNG files, or three that come along.',
  usage: '[FILE.png ...]',
  options: { seconds: 'how long each is shown (3)' },
  async run({ client, frames, words, number }) {
    const pictures: Picture[] = words.length > 0 ? words.map(loadPng) : PHOTOS.map(loadPhoto);
    const milliseconds = 1000 * number('seconds', 3, 0);
    const window = await client.createWindow({
      title: 'photographs',
      appId: 'fencepost.photo-viewer',
      size: pictures[0]!,
      fixedSize: 'cover',
      buffers: 2,
    });

    // A window of another size is answered with a frame, and the end needs no more waiting.
    const pause = new Pause();
    window.on('configured', () => pause.end());
    window.on('close', () => pause.end());
    client.closed.then(() => pause.end());

    let shown = 0;
    for await (const frame of window.frames()) {
      const { width, height, data, stride } = await frame.map();
      drawCovering(pictures[shown]!, { width, height, data, stride });
      frame.present();
      if (frame.number >= frames) break;
      if (await pause.last(milliseconds)) shown = (shown + 1) % pictures.length;
      window.size = pictures[shown]!;
    }
  },
});
