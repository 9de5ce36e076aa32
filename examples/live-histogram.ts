// The histogram of the screen, on the screen, over photographs to be counted. The display counts it while it scans a frame,
// and the server hands it on; where the server offers no histogram, it is counted here in a capture of the output.
import { type Client, Histogram, type Mapping, type Output, screenshot } from '../client-sdk/index.ts';
import { runExample, sleep } from './lib/example.ts';
import { drawCovering, loadPhoto, PHOTOS } from './lib/photos.ts';

const BINS = 256;
const SIZE = { width: 512, height: 342 };
const PAUSE = 100;
const FRAMES_PER_PHOTO = 30;

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

/** The photographs as large as the window, each scaled when its turn comes. */
class Background {
  #name: (typeof PHOTOS)[number] | null = null;
  #pixels = new Uint32Array(0);

  put(target: Mapping, frame: number): void {
    const { width, height, stride, pixels } = target;
    const name = PHOTOS[Math.floor(frame / FRAMES_PER_PHOTO) % PHOTOS.length]!;
    if (name !== this.#name || pixels.length !== this.#pixels.length) {
      this.#name = name;
      this.#pixels = new Uint32Array(pixels.length);
      const data = new Uint8Array(this.#pixels.buffer);
      drawCovering(loadPhoto(name), { width, height, data, stride });
    }
    pixels.set(this.#pixels);
  }
}

/** Bars on the lower third: half of them light, half what is below. */
function drawBars({ pixels, stride, width, height }: Mapping, bins: Uint32Array): void {
  // A logarithm, so that one large area does not hide the rest.
  const most = Math.log1p(Math.max(1, ...bins));
  for (let x = 0; x < width; x++) {
    const bin = Math.floor((x * BINS) / width);
    const tall = Math.round((Math.log1p(bins[bin]!) / most) * (height / 3));
    const half = 0xff000000 | ((0x80 + (bin >> 1)) * 0x10101);
    for (let y = height - tall; y < height; y++) {
      const at = (y * stride) / 4 + x;
      pixels[at] = ((pixels[at]! >>> 1) & 0x7f7f7f) + ((half >>> 1) & 0x7f7f7f) + 0xff000000;
    }
  }
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
    const background = new Background();
    let bins = await source.next();
    for await (const frame of window.frames()) {
      const target = await frame.map();
      background.put(target, frame.number);
      drawBars(target, bins);
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
