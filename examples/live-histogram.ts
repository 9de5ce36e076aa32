// The histogram of the screen, on the screen. The display counts it while it scans a frame, and the server hands it on;
// where the server offers no histogram, it is counted here in a capture of the output.
import { type Client, Histogram, type Mapping, type Output, screenshot } from '../client-sdk/index.ts';
import { fillRect } from './lib/draw.ts';
import { runExample, sleep } from './lib/example.ts';

const BINS = 256;
const BAR_WIDTH = 2;
const SIZE = { width: BINS * BAR_WIDTH, height: 200 };
const PAUSE = 100;

interface Source extends Disposable {
  readonly name: string;
  next(): Promise<Uint32Array>;
}

/** Counted by the display. */
function fromDisplay(client: Client, output: Output): Source {
  const histogram = new Histogram(client, output);
  return {
    name: 'the display',
    next: async () => (await histogram.next()).bins,
    [Symbol.dispose]: () => histogram[Symbol.dispose](),
  };
}

/** Counted here: the largest of red, green and blue, as the display does. */
function fromCapture(client: Client, output: Output): Source {
  return {
    name: 'captures',
    async next() {
      const { data } = await screenshot(client, { output: output.name });
      const bins = new Uint32Array(BINS);
      for (let at = 0; at < data.length; at += 4) bins[Math.max(data[at]!, data[at + 1]!, data[at + 2]!)]!++;
      return bins;
    },
    [Symbol.dispose]() {},
  };
}

function draw(target: Mapping, bins: Uint32Array): void {
  const { width, height } = target;
  fillRect(target, { x: 0, y: 0, width, height }, 0xff101820);
  // A logarithm, so that one large area does not hide the rest.
  const most = Math.log1p(Math.max(1, ...bins));
  bins.forEach((count, bin) => {
    const bar = Math.round((Math.log1p(count) / most) * height);
    const x = Math.floor((bin * width) / bins.length);
    fillRect(target, { x, y: height - bar, width: BAR_WIDTH, height: bar }, 0xffff4000 + bin * 0x100);
  });
}

await runExample({
  about: 'Shows the histogram of an output, live.',
  options: { output: 'the name of the output (the first one)' },
  async run({ client, frames, option }) {
    const { outputs } = client;
    await client.roundtrip();
    const output = outputs.find(option('output'));
    const counted = client.offers('fencepost_histogram_manager_v1') > 0;
    const source = counted ? fromDisplay(client, output) : fromCapture(client, output);
    const window = await client.createWindow({ title: `histogram of ${output.name}`, size: SIZE });
    let bins = await source.next();
    for await (const frame of window.frames()) {
      draw(await frame.map(), bins);
      if (frame.number >= frames) {
        frame.present();
        break;
      }
      // Asked for before the frame is committed: nothing else may change on the screen.
      const coming = source.next();
      coming.catch(() => {});
      frame.present();
      bins = await coming;
      await sleep(PAUSE);
    }
    const pixels = bins.reduce((sum, count) => sum + count, 0);
    console.log(`the last histogram, counted by ${source.name}, is of ${pixels} pixels`);
    source[Symbol.dispose]();
  },
});
