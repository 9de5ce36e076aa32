// Input to photon: from an event that enters until the vblank that shows what the client made of it.
import { join } from 'node:path';
import { TestSession } from '../test/kit/index.ts';
import { type Figure, median, percentile } from './figure.ts';
import { benchProgram, Program, serve, withDirectory } from './processes.ts';

const REFRESH = 'one refresh of the display';
/** Nanoseconds of a refresh at 60 Hz. */
const PERIOD = 1_000_000_000 / 60;
/** Events in virtual time, spread evenly over a refresh. */
const PHASES = 32;
/** Events in real time. */
const EVENTS = 120;
const KEY_A = 30;
const SIZE = { width: 256, height: 192 };

/** Nanoseconds, one for each event: a key, answered by a client that works in no time. */
async function inVirtualTime(): Promise<number[]> {
  const session = new TestSession({ outputs: [{ ...SIZE, refresh: 60_000 }] });
  const client = await session.connect('answering');
  const window = await session.until(client.createWindow({ title: 'answering', size: SIZE }));
  await session.draw(window, 0x101010);
  let answer: Promise<bigint> | null = null;
  let color = 0x101010;
  client.seat.on('keyboard', event => {
    if (event.kind !== 'key' || !event.pressed) return;
    color += 0x010203;
    answer = (async () => {
      const frame = await window.nextFrame();
      (await frame.map()).pixels.fill(0xff000000 | color);
      const shown = await frame.presentWithFeedback();
      if (shown.kind !== 'presented') throw new Error('the answer to a key was not shown');
      return shown.time;
    })();
  });
  const latencies: number[] = [];
  for (let phase = 0; phase < PHASES; phase++) {
    await session.vblank(3);
    await session.advance(BigInt(Math.round((PERIOD * phase) / PHASES)));
    const pressed = session.machine.now();
    await session.input.keyboard.down(KEY_A);
    if (answer === null) throw new Error('the client did not get the key');
    latencies.push(Number((await session.until<bigint>(answer)) - pressed));
    answer = null;
    await session.vblank();
    const pixel = await session.pixel(SIZE.width / 2, SIZE.height / 2);
    if (pixel !== color) throw new Error(`the screen shows ${pixel.toString(16)}, not ${color.toString(16)}`);
    await session.input.keyboard.up(KEY_A);
  }
  await session.end();
  return latencies;
}

/** The same in real time: a button of a virtual pointer, a client in another process, its flip's time stamp. */
const inRealTime = (): Promise<number[]> =>
  withDirectory(async directory => {
    const socket = join(directory, 'socket');
    const server = await serve(socket, '--output', `${SIZE.width}x${SIZE.height}@60`, '--no-viewer');
    try {
      const photon = new Program([benchProgram('photon.js'), String(EVENTS)], { FENCEPOST_DISPLAY: socket });
      const latencies = JSON.parse(await photon.line()) as number[];
      await photon.ended();
      return latencies;
    } finally {
      await server[Symbol.asyncDispose]();
    }
  });

const figuresOf = (clock: string, latencies: readonly number[]): Figure[] => [
  { name: `input to photon, ${clock}`, value: median(latencies) / 1e6, unit: 'ms', base: REFRESH },
  {
    name: `input to photon, ${clock}, 99th percentile`,
    value: percentile(latencies, 0.99) / 1e6,
    unit: 'ms',
    base: REFRESH,
  },
];

export async function inputFigures(): Promise<Figure[]> {
  return [
    { name: REFRESH, value: PERIOD / 1e6, unit: 'ms' },
    ...figuresOf('virtual time', await inVirtualTime()),
    ...figuresOf('real time', await inRealTime()),
  ];
}
