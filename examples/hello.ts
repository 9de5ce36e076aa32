// A window whose colours move: the whole of a client is the body of `run`.
import { runExample } from './lib/example.ts';

await runExample({
  about: 'A window whose colours move.',
  async run({ client, frames }) {
    const window = await client.createWindow({ title: 'hello', size: { width: 320, height: 240 } });
    for await (const frame of window.frames()) {
      const { pixels, stride } = await frame.map();
      for (let y = 0; y < frame.height; y++)
        for (let x = 0; x < frame.width; x++)
          pixels[(y * stride) / 4 + x] = ((x + frame.number) & 0xff) * 0x10100 + (y & 0xff);
      frame.present();
      if (frame.number >= frames) break;
    }
  },
});
