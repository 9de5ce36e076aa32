// Every example, started as its first line says, against a compositor in another process.
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { BUILD_TIMEOUT, build, example, Running, type Served, serve } from './program.ts';

let server: Served;

beforeAll(async () => {
  build();
  server = await serve();
}, BUILD_TIMEOUT);

/** A video of three frames of gray in 4:2:0. */
const video = Buffer.concat([
  Buffer.from('YUV4MPEG2 W32 H16 F30:1 Ip C420\n'),
  ...[60, 120, 180].flatMap(luma => [
    Buffer.from('FRAME\n'),
    Buffer.alloc(32 * 16, luma),
    Buffer.alloc(32 * 16 * 0.5, 128),
  ]),
]);

/** [name, words, what it is given on standard input, what it says] */
const examples: [name: string, words: string[], input: Buffer | null, told: RegExp][] = [
  ['hello', ['--frames', '4'], null, /^$/],
  ['photo-viewer', ['--frames', '2', '--seconds', '0.01'], null, /^$/],
  ['video-player', ['--frames', '3', '-'], video, /^\d frames shown/],
  ['animation', ['--frames', '4'], null, /4 of the last 4 frames were presented/],
  ['subsurfaces', ['--frames', '4'], null, /^$/],
  ['input', ['--frames', '2'], null, /^$/],
  ['explicit-sync-file', ['--frames', '4'], null, /frame 4, image.*\n +release fence: .*\n +acquire fence: /],
  ['explicit-sync-timeline', ['--frames', '4'], null, /frame 4: job 4 submitted/],
  ['gpu-drawing', ['--frames', '4'], null, /^$/],
  ['live-histogram', ['--frames', '2'], null, /counted by the display, is of 76800 pixels/],
];

describe('an example ends by itself with status 0', () => {
  it.each(examples)('%s', async (name, words, input, told) => {
    const environment = { FENCEPOST_DISPLAY: server.display };
    const running = new Running(process.execPath, [example(name), ...words], environment);
    if (input) running.process.stdin!.end(input);
    const { status, output } = await running.ended;
    expect({ status, output }).toEqual({ status: 0, output: expect.stringMatching(told) });
  });

  it('none is forgotten', () => {
    const built = readdirSync(dirname(example('hello'))).filter(file => file.endsWith('.js'));
    // The one in the browser and the one that is a compositor have tests of their own.
    const known = ['browser-client', 'compositor', ...examples.map(([name]) => name)].map(
      name => `${name}.js`,
    );
    expect(built.sort()).toEqual(known.sort());
  });
});

it('an example without a server says what to do', async () => {
  const running = new Running(process.execPath, [example('animation')], { FENCEPOST_DISPLAY: '/nowhere' });
  const { status, output } = await running.ended;
  expect(status).toBe(1);
  expect(output).toMatch(/no server at \/nowhere .*: start one, or set FENCEPOST_DISPLAY/);
});
