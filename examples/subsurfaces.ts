// Surfaces on a surface: a photograph that moves over another in step with it (synchronised: both change in one commit),
// and a bar of a single pixel, scaled by a viewport, that changes at its own pace (desynchronised).
import { singlePixelBuffer } from '../client-sdk/index.ts';
import { putPhoto } from './lib/draw.ts';
import { runExample } from './lib/example.ts';
import { loadPhoto } from './lib/photos.ts';

const INSET = { width: 160, height: 120 };
const BAR = 12;

await runExample({
  about: 'A photograph that moves over another in step with it, and a bar of one pixel.',
  async run({ client, frames }) {
    const [below, above] = [loadPhoto('coffee'), loadPhoto('chelsea')];
    const window = await client.createWindow({ title: 'subsurfaces' });

    const inset = window.createSubsurface({ size: INSET, synchronised: true });
    const insetFrame = await inset.nextFrame();
    await putPhoto(insetFrame.image, above);
    insetFrame.present();

    const bar = window.createSubsurface({ size: { width: 1, height: 1 } });
    const pixel = singlePixelBuffer(client, { red: 1, green: 0.7, blue: 0.1 });

    for await (const frame of window.frames()) {
      const { width, height, number } = frame;
      // An image that was shown before has the photograph already.
      const damage = frame.age === 0 ? undefined : [];
      if (frame.age === 0) await putPhoto(frame.image, below);
      const angle = number / 40;
      const [roomX, roomY] = [(width - INSET.width) / 2, (height - INSET.height) / 2];
      inset.setPosition(Math.round(roomX * (1 + Math.cos(angle))), Math.round(roomY * (1 + Math.sin(angle))));
      bar.setPosition(0, height - BAR);
      bar.surface.viewport.setDestination({ width: 1 + ((number * 4) % width), height: BAR });
      bar.surface.presentBuffer(pixel, { width: 1, height: 1 });
      // This commit takes the inset's position, and whatever it has committed, along.
      frame.present(damage ? { damage } : {});
      if (number >= frames) break;
    }
    pixel.destroy();
  },
});
