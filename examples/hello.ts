// A window whose colours move: the whole of a client is the body of `run`.
import { runExample } from './lib/example.ts';

await runExample({
  about: 'A window whose colours move.',
  async run({ client, frames }) {
    const window = await client.createWindow({ title: 'hello', size: { width: 320, height: 240 } });
    for await (const frame of window.frames()) {
      const { pixels, stride } = await frame.map();
      for (let y = 0; y < frame.height; y++)
        for (let x = 0; x < frame.width; x++) {
          const red = Math.abs(((x + frame.number) % 510) - 255);
          pixels[(y * stride) / 4 + x] = red * 0x10000 + Math.abs((y % 510) - 255) * 0x100 + 0x80;
        }
      frame.present();
      if (frame.number >= frames) break;
    }
  },
});
