// Photographs, one after the other: a window that draws only when there is something new to show. It resizes, waits for
// the server to give images back, and keeps nothing busy in between.
import { Pause, runExample } from './lib/example.ts';
import { drawCovering, loadPhoto, loadPng, PHOTOS, type Picture } from './lib/photos.ts';

await runExample({
  about: 'Shows photographs one after the other: those given as PNG files, or three that come along.',
  usage: '[FILE.png ...]',
  options: { seconds: 'how long each is shown (3)' },
  async run({ client, frames, words, option }) {
    const pictures: Picture[] = words.length > 0 ? words.map(loadPng) : PHOTOS.map(loadPhoto);
    const milliseconds = 1000 * Number(option('seconds') ?? 3);
    const window = await client.createWindow({ title: 'photographs', appId: 'fencepost.photo-viewer' });

    // Another size wants another drawing, and the end no more waiting.
    const pause = new Pause();
    window.on('resized', () => pause.end());
    window.on('close', () => pause.end());

    for await (const frame of window.frames()) {
      const picture = pictures[(frame.number - 1) % pictures.length]!;
      const { width, height, data, stride } = await frame.map();
      drawCovering(picture, { width, height, data, stride });
      frame.present();
      if (frame.number >= frames) break;
      await pause.last(milliseconds);
    }
  },
});
