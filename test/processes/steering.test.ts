// What scripts do to a session: look for windows, type, click, and turn the hands of its clock.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { BUILD_TIMEOUT, build, eventually, fencepost, privateDirectory, Running } from './program.ts';
import { connect, whyNoDescriptors } from './sdk.ts';

const LIMIT = { timeout: 20_000 };
const FOOT = '/usr/bin/foot';

let environment: Record<string, string>;
let directory: string;

beforeAll(async () => {
  build();
  directory = privateDirectory();
  const words = [
    'serve',
    '--no-status',
    '--no-viewer',
    '--output',
    '640x480',
    '--virtual-time',
    '--test-control',
  ];
  const server = fencepost(words, { XDG_RUNTIME_DIR: directory });
  const [, display] = await server.says(/FENCEPOST_DISPLAY=(\S+)\)/);
  environment = { XDG_RUNTIME_DIR: directory, FENCEPOST_DISPLAY: display! };
}, BUILD_TIMEOUT);

/** What a command of ours prints. */
async function says(...words: string[]): Promise<string> {
  const { status, output } = await fencepost(words, environment).ended;
  expect([words.join(' '), status, output]).toEqual([words.join(' '), 0, output]);
  return output;
}

describe('windows', () => {
  it('are listed, and waited for', async () => {
    expect(await says('windows')).toBe('');
    const waiting = fencepost(['windows', '--wait', 'the one', '--timeout', '20'], environment);
    const client = await connect({ display: environment['FENCEPOST_DISPLAY']!, ...LIMIT });
    for (const title of ['another', 'this is the one']) {
      const window = await client.createWindow({ title, appId: 'test.window' }, LIMIT);
      (await window.nextFrame(LIMIT)).present();
    }
    expect((await waiting.ended).output).toMatch(
      /^\d+ {3}this is the one {3}test\.window {3}\d+x\d+ at \d+,\d+ on Virtual-1 {3}activated tiled\n$/,
    );
    await client.close();
  });

  it('that do not come are an error that says which are there', async () => {
    const { status, output } = await fencepost(
      ['windows', '--wait', 'nobody', '--timeout', '0.1'],
      environment,
    ).ended;
    expect([status, output]).toEqual([1, expect.stringContaining("a window 'nobody'")]);
  });
});

it('a click lands in the window at that place', async () => {
  const client = await connect({ display: environment['FENCEPOST_DISPLAY']!, ...LIMIT });
  const window = await client.createWindow({ title: 'clicked', fullscreen: true }, LIMIT);
  const clicks: (string | number | boolean)[][] = [];
  client.seat.on('pointer', event => {
    if (event.kind === 'button') clicks.push([event.x, event.y, event.button, event.pressed]);
  });
  (await window.nextFrame(LIMIT)).present();
  await says('windows', '--wait', 'clicked');
  await says('click', '100,50');
  await says('click', '639,479', '--button', 'right');
  await eventually(() => clicks.length === 4, 'four events came');
  expect(clicks).toEqual([
    [100, 50, 0x110, true],
    [100, 50, 0x110, false],
    [639, 479, 0x111, true],
    [639, 479, 0x111, false],
  ]);
  await client.close();
});

it.each(['640x480*2', '640x480*1.5'])('a click is in logical pixels on an output of %s', async output => {
  const socket = join(privateDirectory(), 'display');
  const words = ['serve', '--no-status', '--no-viewer', '--output', output, '--socket', socket];
  await fencepost(words, { XDG_RUNTIME_DIR: directory }).says(/FENCEPOST_DISPLAY/);
  const client = await connect({ display: socket, ...LIMIT });
  const window = await client.createWindow({ title: 'clicked', fullscreen: true }, LIMIT);
  const clicks: (string | number | boolean)[][] = [];
  client.seat.on('pointer', event => {
    if (event.kind === 'button') clicks.push([event.x, event.y, event.button, event.pressed]);
  });
  (await window.nextFrame(LIMIT)).present();
  await says('windows', '--wait', 'clicked', '--display', socket);
  await says('click', '100,50', '--display', socket);
  await eventually(() => clicks.length === 2, 'two events came');
  expect(clicks.map(([x, y]) => [Math.round(Number(x)), Math.round(Number(y))])).toEqual([
    [100, 50],
    [100, 50],
  ]);
  await client.close();
});

describe('the clock', () => {
  it('is frozen, stepped, slowed and set going again', async () => {
    expect(await says('clock')).toBe('virtual time at 1x\n');
    expect(await says('clock', 'freeze')).toBe('virtual time at 1x, frozen\n');
    expect(await says('clock', 'step')).toBe('vblank of Virtual-1\nvirtual time at 1x, frozen\n');
    expect(await says('clock', '0.5x')).toBe('virtual time at 0.5x, frozen\n');
    expect(await says('clock', 'resume')).toBe('virtual time at 0.5x\n');
    expect(await says('clock', '1')).toBe('virtual time at 1x\n');
  }, 60_000);

  it.each(['11', 'fast', '0'])('has no speed %s', async word => {
    const { status, output } = await fencepost(['clock', word], environment).ended;
    expect([status, output]).toEqual([1, expect.stringContaining('a speed from 0.1 to 10')]);
  });
});

// Needs the terminal, and descriptors that travel to it.
describe.runIf(existsSync(FOOT) && whyNoDescriptors() === '')('typing', () => {
  it('reaches a terminal, whatever the characters', async () => {
    const file = join(directory, 'typed');
    const text = 'plain, Grüße, Привет, 世界 🙂';
    new Running(
      FOOT,
      ['sh', '-c', `read -r line && printf %s "$line" > '${file}.new' && mv '${file}.new' '${file}'`],
      {
        ...environment,
        WAYLAND_DISPLAY: 'wayland-1',
        LC_ALL: 'C.UTF-8',
      },
    );
    await says('windows', '--wait', 'foot');
    await says('type', `${text}\\n`);
    await eventually(() => existsSync(file), 'the shell read a line');
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});
