// Explicit synchronisation with sync files (zwp_linux_explicit_synchronization_v1). The client gets an image back before
// its last readers are done, with their release fence; its GPU job waits for that fence on the device; and the job's own
// fence goes along with the commit as the acquire fence. Nobody waits on a CPU.
import { type FenceInfo, Gpu } from '../client-sdk/index.ts';
import { runExample } from './lib/example.ts';

const words = ({ status, fences }: FenceInfo) =>
  `${status.kind} (${fences.map(({ driver, timeline }) => `${driver} ${timeline}`).join(', ')})`;

await runExample({
  about: 'Draws with the simulated GPU, with acquire and release fences as sync files, and prints them.',
  async run({ client, frames }) {
    const gpu = await Gpu.open(client);
    const window = await client.createWindow({ title: 'sync files', kind: 'dmabuf', sync: 'sync-file' });
    for await (const frame of window.frames({ withReleaseFence: true })) {
      const { releaseFence, number, image } = frame;
      const hue = (number % 120) / 120;
      const acquire = await gpu.submit(
        [{ op: 'fill', target: image, colour: { red: hue, green: 1 - hue, blue: 0.5 } }],
        { waitFor: releaseFence ? [releaseFence] : [], implicit: false },
      );
      if (Number.isFinite(frames)) {
        console.log(`frame ${number}, image ${frame.slot.index}`);
        console.log(
          `  release fence: ${releaseFence ? words(await releaseFence.info()) : 'none, it is idle'}`,
        );
        console.log(`  acquire fence: ${words(await acquire.info())}`);
      }
      frame.present({ acquire });
      if (number >= frames) break;
    }
    gpu[Symbol.dispose]();
  },
});
