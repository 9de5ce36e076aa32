// Clients over real sockets: descriptors that travel, pixels that are copied instead, and processes that die.
import { readFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  BUILD_TIMEOUT,
  build,
  eventually,
  example,
  fencepost,
  privateDirectory,
  Running,
  type Served,
  serve,
} from './program.ts';
import { type Client, connect, type SyncMode, screenshot, whyNoDescriptors } from './sdk.ts';

let native: Served;
let plain: Served;

beforeAll(async () => {
  build();
  [native, plain] = await Promise.all([
    serve(['--websocket', '127.0.0.1:0']),
    serve([], { FENCEPOST_NO_NATIVE: '1' }),
  ]);
}, BUILD_TIMEOUT);

const LIMIT = { timeout: 10_000 };

/** Every pixel that a screenshot has. */
async function colorsOn(client: Client): Promise<Set<string>> {
  const { data } = await screenshot(client, LIMIT);
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length / 4);
  return new Set([...new Set(words)].map(word => (word & 0xffffff).toString(16).padStart(6, '0')));
}

/** Shows one colour and looks at it. */
async function show(client: Client, kind: 'shm' | 'dmabuf', sync: SyncMode, color: number): Promise<void> {
  const window = await client.createWindow({ kind, sync, fullscreen: true }, LIMIT);
  for (let number = 0; number < 5; number++) {
    const frame = await window.nextFrame(LIMIT);
    (await frame.map(LIMIT)).pixels.fill((0xff000000 | color) >>> 0);
    if (number < 4) frame.present();
    else expect(await frame.presentWithFeedback()).toMatchObject({ kind: 'presented', vsync: true });
  }
}

const bgr = (color: number): string =>
  (((color & 0xff) << 16) | (color & 0xff00) | (color >> 16)).toString(16).padStart(6, '0');

const ways: ['shm' | 'dmabuf', SyncMode][] = [
  ['shm', 'implicit'],
  ['dmabuf', 'implicit'],
  ['dmabuf', 'sync-file'],
  ['dmabuf', 'timeline'],
];

describe.each(['by descriptors', 'over a WebSocket'] as const)('pixels that travel %s', how => {
  it.each(ways)('are on the screen (%s, %s)', async (kind, sync) => {
    const display = how === 'over a WebSocket' ? native.websocket : native.display;
    const client = await connect({ display, ...LIMIT });
    expect(client.connection.passesDescriptors).toBe(how === 'by descriptors' && whyNoDescriptors() === '');
    await show(client, kind, sync, 0x336699);
    expect(await colorsOn(client)).toEqual(new Set([bgr(0x336699)]));
    await client.close();
  });
});

describe.each([
  ['without native calls on both sides', () => plain],
  ['without native calls in the client', () => native],
])('pixels that are copied, %s', (_, server) => {
  const environment = () => ({ FENCEPOST_DISPLAY: server().display, FENCEPOST_NO_NATIVE: '1' });

  it('are on the screen', async () => {
    const client = new Running(process.execPath, [example('photo-viewer')], environment());
    const file = join(privateDirectory(), 'screen.png');
    for (let colors = new Set<number>(); colors.size < 100; ) {
      expect(await fencepost(['screenshot', file], environment()).ended).toMatchObject({ status: 0 });
      const { data } = PNG.sync.read(readFileSync(file));
      colors = new Set(new Uint32Array(data.buffer, data.byteOffset, data.length / 4));
    }
    await client.end('SIGKILL');
  });

  it.each(['hello', 'animation', 'explicit-sync-file', 'explicit-sync-timeline', 'gpu-drawing'])(
    'are those of the example %s',
    async name => {
      const client = new Running(process.execPath, [example(name), '--frames', '3'], environment());
      expect(await client.ended).toMatchObject({ status: 0, signal: null });
    },
  );
});

it('a server without native calls says once that pixels are copied', () => {
  expect(plain.process.output.match(/pixels are copied through the socket/g)).toHaveLength(1);
  expect(native.process.output).not.toMatch(/pixels are copied/);
});

describe('a process that is killed', () => {
  it('in the middle of a frame takes nothing with it, and gives everything back', async () => {
    const watcher = await connect({ display: native.display, ...LIMIT });
    await show(watcher, 'shm', 'implicit', 0x123456);
    const held = () => native.process.descriptors;
    let settled = 0;
    for (let round = 0; round < 3; round++) {
      const names = ['animation', 'explicit-sync-timeline', 'subsurfaces', 'hello'];
      const mortals = names.map(
        name => new Running(process.execPath, [example(name)], { FENCEPOST_DISPLAY: native.display }),
      );
      const alone = held();
      await eventually(() => held() > alone + 10, 'four clients hold descriptors in the server');
      await Promise.all(mortals.map(mortal => mortal.end('SIGKILL')));
      await eventually(() => held() <= (settled || alone + 3), 'the server has closed what it held for them');
      settled ||= held();
      expect(await colorsOn(watcher)).toEqual(new Set([bgr(0x123456)]));
    }
    await watcher.close();
  });
});

describe('bytes that are no messages', () => {
  const nonsense: [string, Uint8Array][] = [
    ['nothing but zeros', new Uint8Array(4096)],
    ['all ones', new Uint8Array(4096).fill(0xff)],
    ['a web request', new TextEncoder().encode('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['a frame that claims to be huge', Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 1, 2, 3)],
    ['half a message', Uint8Array.of(200, 0, 0, 0, 0x93)],
    ['noise', Uint8Array.from({ length: 65536 }, (_, at) => (at * 7919 * ((at >> 3) + 13)) & 0xff)],
  ];

  it.each(nonsense)('%s: only who sent them goes', async (_, bytes) => {
    const watcher = await connect({ display: native.display, ...LIMIT });
    for (const { display, process: server } of [native, plain]) {
      const socket = connectSocket(display);
      const closed = new Promise<void>(resolve => socket.on('close', () => resolve()).on('error', () => {}));
      socket.write(bytes);
      socket.end();
      socket.resume();
      await closed;
      expect(server.process.exitCode).toBeNull();
    }
    await watcher.roundtrip(LIMIT);
    await watcher.close();
  });
});
