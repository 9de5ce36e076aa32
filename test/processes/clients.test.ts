// Clients over real sockets: descriptors that travel, pixels that are copied instead, and processes that die.
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
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
import { type Client, connect, openHostFiles, type SyncMode, screenshot, whyNoDescriptors } from './sdk.ts';

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
/** Some tests are about descriptors that travel: where they cannot, there is nothing to see. */
const descriptors = whyNoDescriptors() === '';

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
    expect(client.connection.passesDescriptors).toBe(how === 'by descriptors' && descriptors);
    await show(client, kind, sync, 0x336699);
    expect(await colorsOn(client)).toEqual(new Set([bgr(0x336699)]));
    await client.close();
  });
});

const without = { FENCEPOST_NO_NATIVE: '1' };

describe.each([
  ['without native calls on both sides', () => plain, without],
  ['without native calls in the client', () => native, without],
  ['without native calls in the server', () => plain, {}],
])('pixels that are copied, %s', (_, server, lack) => {
  const environment = () => ({ FENCEPOST_DISPLAY: server().display, ...lack });

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
  if (descriptors) expect(native.process.output).not.toMatch(/pixels are copied/);
});

describe.runIf(descriptors)('a process that is killed', () => {
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

describe.runIf(descriptors)('a file that is cut short while the server shows it', () => {
  const [WIDTH, HEIGHT] = [320, 240];

  it.each([0, 4096, WIDTH * HEIGHT * 2])('to %i bytes: only its owner goes', async length => {
    const client = await connect({ display: native.display, ...LIMIT });
    // An ordinary file: nobody can seal it against shrinking.
    const fd = openSync(join(privateDirectory(), 'pixels'), 'w+');
    writeSync(fd, Buffer.alloc(WIDTH * HEIGHT * 4, 0x55));
    const window = await client.createWindow({ fullscreen: true }, LIMIT);
    await (await window.nextFrame(LIMIT)).presentWithFeedback();
    const pool = client.shared('wl_shm').create_pool({ kind: 'host', fd }, WIDTH * HEIGHT * 4);
    const buffer = pool.create_buffer(0, WIDTH, HEIGHT, WIDTH * 4, 1);
    const show = () => window.surface.presentBuffer(buffer, { width: WIDTH, height: HEIGHT });
    show();
    while (!(await colorsOn(client)).has('555555'));
    ftruncateSync(fd, length);
    closeSync(fd);
    show();
    expect(await client.closed).toMatchObject({
      kind: 'protocol-error',
      error: { message: expect.stringMatching(/the pool's file ends before byte 307200.*cut short/) },
    });
    const watcher = await connect({ display: native.display, ...LIMIT });
    expect(await colorsOn(watcher)).toEqual(new Set(['000000']));
    await watcher.close();
  });

  it('cannot be, where it could be sealed', async () => {
    const client = await connect({ display: native.display, ...LIMIT });
    const fd = openHostFiles()!.memfd('sealable', 4096);
    const buffer = client
      .shared('wl_shm')
      .create_pool({ kind: 'host', fd }, 4096)
      .create_buffer(0, 32, 32, 128, 1);
    const window = await client.createWindow({ fullscreen: true }, LIMIT);
    await (await window.nextFrame(LIMIT)).presentWithFeedback();
    window.surface.presentBuffer(buffer, { width: 32, height: 32 });
    await colorsOn(client);
    expect(() => ftruncateSync(fd, 0)).toThrow(/EPERM/);
    closeSync(fd);
    await client.close();
  });
});

it('a client that floods its socket does not keep the others from being served', async () => {
  const [flood, watcher] = [
    await connect({ display: native.display, ...LIMIT }),
    await connect({ display: native.display, ...LIMIT }),
  ];
  for (let count = 0; count < 50_000; count++) flood.display.sync();
  await show(watcher, 'shm', 'implicit', 0x224466);
  expect(await colorsOn(watcher)).toEqual(new Set([bgr(0x224466)]));
  await watcher.close();
  await flood.close();
});

it('a client that does not read what it asks for costs the server no memory', async () => {
  const resident = (): number => {
    const status = readFileSync(`/proc/${native.process.process.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) * 1024;
  };
  const watcher = await connect({ display: native.display, ...LIMIT });
  const before = resident();
  const deaf = await connect({ display: native.display, ...LIMIT });
  const fd = await deaf.kernel.memfdCreate('much');
  const length = 1 << 20;
  await deaf.kernel.truncate(fd, length);
  deaf.connection.pause();
  for (let count = 0; count < 500; count++) deaf.kernel.pread(fd, new Uint8Array(length), 0).catch(() => {});
  for (let count = 0; count < 20; count++) await colorsOn(watcher);
  // The answers to what it asked for are 500 MiB.
  expect(resident() - before).toBeLessThan(100 << 20);
  await deaf.close();
  await watcher.close();
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
