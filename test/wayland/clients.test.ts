// Wayland clients on real sockets: what arrives, what goes back, and what becomes of those who misbehave.
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Handle } from '../../protocol/object/message.ts';
import { MAX_UNCLAIMED } from '../../protocol/transport/descriptor-queue.ts';
import { descriptorCount, descriptorsDownTo } from '../../protocol/transport/testing.ts';
import { bindShm, bytesOf, createPool, getRegistry, native, read, send, sync, Wayland } from './harness.ts';

let before: number;
let wayland: Wayland;
const open: number[] = [];

beforeEach(() => {
  before = descriptorCount();
  wayland = new Wayland();
});
afterEach(async () => {
  for (const fd of open.splice(0)) closeSync(fd);
  wayland[Symbol.dispose]();
  expect(await descriptorsDownTo(before)).toBe(before);
});

describe('a program', () => {
  it('is offered what such programs want, at the versions that they want', async () => {
    const program = wayland.connect();
    await program.registry();
    expect([...program.globals].map(([name, { version }]) => [name, version])).toEqual([
      ['wl_shm', 1],
      ['wl_data_device_manager', 3],
    ]);
    program.close();
  });

  it('may not bind what it is not offered, nor a newer version', async () => {
    const program = wayland.connect();
    const registry = await program.registry();
    registry.bind(program.globals.get('wl_shm')!.name, 'wl_shm', 2);
    await wayland.until(() => program.error !== null);
    expect(program.error).toMatchObject({ interfaceName: 'wl_registry', codeName: '0' });
    expect(program.error?.description).toContain('up to version 1, not 2');
    program.close();
  });

  it('uses its ids again, thousands of times', async () => {
    const program = wayland.connect();
    let done = 0;
    for (let round = 0; round < 10; round++) {
      for (let count = 0; count < 1000; count++) program.objects.display.sync().on('done', () => done++);
      await wayland.until(() => done === 1000 * (round + 1));
    }
    expect(program.objects.size).toBeLessThan(3);
    expect(program.client.objects.size).toBe(1);
    program.close();
  });
});

describe('descriptors', () => {
  it('of 28 requests may come in one piece', async () => {
    const { fd } = wayland.raw();
    const file = openSync('/dev/null', 'r');
    const pools = Array.from({ length: 28 }, (_, index) => createPool(4 + index));
    send(fd, bytesOf(getRegistry, bindShm(1), ...pools), new Array<number>(28).fill(file));
    await wayland.until(() => wayland.kept.length === 28);
    expect(wayland.task.files.size).toBe(28);
    open.push(fd, file);
  });

  it('that a client gives and another gets are one pipe, which ends when both are done', async () => {
    const taker = wayland.connect('taker');
    const shm = await taker.bind('wl_shm');
    const giver = wayland.connect('giver');
    const source = (await giver.bind('wl_data_device_manager')).create_data_source();
    let given: Handle | null = null;
    source.on('send', (_, handle) => {
      given = handle;
    });
    await giver.roundtrip();
    const pair = new Int32Array(new ArrayBuffer(8));
    native.libc.pipe2(pair, 0o2000000);
    const [reads, writes] = [pair[0]!, pair[1]!];
    // Any request with a descriptor will do.
    shm.create_pool({ kind: 'host', fd: writes }, 1);
    closeSync(writes);
    await wayland.until(() => wayland.kept.length === 1);
    wayland.source?.('text/plain', { kind: 'task', fd: wayland.kept[0]!.fd });
    wayland.kept.pop()?.[Symbol.dispose]();
    await wayland.until(() => given !== null);
    const handle = given as unknown as Handle;
    writeSync(handle.fd, 'words');
    closeSync(handle.fd);
    const text = Buffer.alloc(10);
    expect(readSync(reads, text)).toBe(5);
    expect(text.toString('utf8', 0, 5)).toBe('words');
    // The end: nobody has the other side open any more.
    expect(readSync(reads, text)).toBe(0);
    closeSync(reads);
    taker.close();
    giver.close();
  });

  it('without anything real behind them cannot be had by a Wayland client, which is told why', async () => {
    const program = wayland.connect('wants');
    (await program.bind('wl_data_device_manager')).create_data_source();
    await program.roundtrip();
    const event = wayland.task.eventfd();
    wayland.source?.('text/plain', { kind: 'task', fd: event });
    await wayland.until(() => program.closed !== null);
    expect(wayland.trace.notes('client').at(-1)?.text).toMatch(
      /no real descriptor behind anon_inode:\[eventfd\]/,
    );
    program.close();
  });
});

const errors = interfaces.wl_display.enums.error;

describe('what cannot be read', () => {
  it.each([
    [
      'a request without its descriptor',
      bytesOf(getRegistry, bindShm(1), createPool(4)),
      'invalid_method',
      /invalid arguments for wl_shm@3\.create_pool: .* 0 have arrived/,
    ],
    [
      'a request for nobody',
      bytesOf({ ...sync(9), object: 1 }).map((byte, at) => (at === 0 ? 77 : byte)),
      'invalid_object',
      /there is no object 77/,
    ],
    [
      'a request that is not there',
      bytesOf(sync(2)).map((byte, at) => (at === 4 ? 200 : byte)),
      'invalid_method',
      /wl_display@1 has no request 200/,
    ],
    ['an id that is in use', bytesOf(sync(1)), 'invalid_method', /1 is in use/],
  ] as const)('is told as libwayland tells it: %s', async (_, bytes, code, words) => {
    const { client, fd } = wayland.raw();
    send(fd, bytes);
    await wayland.until(() => client.task.exited);
    const error = read(fd).find(message => message.object === 1 && message.opcode === 0);
    expect(error?.args[1]).toBe(errors[code]);
    expect(error?.args[2]).toMatch(words);
    open.push(fd);
  });

  it('comes after the answers to what came before', async () => {
    const { client, fd } = wayland.raw();
    send(fd, bytesOf(getRegistry, bindShm(1), createPool(4)));
    await wayland.until(() => client.task.exited);
    const answers = read(fd);
    expect(answers.filter(({ object }) => object === 2).length).toBe(2);
    expect(answers.at(-1)).toMatchObject({ object: 1, opcode: 0 });
    open.push(fd);
  });

  it('ends the connection when it is no message at all, and nothing else', async () => {
    const calm = wayland.connect('calm');
    const { client, fd } = wayland.raw();
    send(fd, Uint8Array.of(1, 0, 0, 0, 0, 0, 4, 0));
    await wayland.until(() => client.task.exited);
    await calm.roundtrip();
    expect([...wayland.server.clients]).toEqual([calm.client]);
    open.push(fd);
    calm.close();
  });
});

describe('a client that misbehaves', () => {
  it('may send half a message and stay: it is waited for, and others are served', async () => {
    const { client, fd } = wayland.raw();
    const calm = wayland.connect('calm');
    const bytes = bytesOf(getRegistry);
    send(fd, bytes.slice(0, 9));
    for (let round = 0; round < 5; round++) await calm.roundtrip();
    expect(client.connected).toBe(true);
    send(fd, bytes.slice(9));
    await wayland.until(() => client.objects.size === 2);
    open.push(fd);
    calm.close();
  });

  it('is ended when more descriptors come than its messages can name', async () => {
    const { client, fd } = wayland.raw();
    // A message that is not whole before all of them have come.
    const [header, rest] = [Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 8), Uint8Array.of(0)];
    send(fd, header);
    const fds = new Array<number>(28).fill(fd);
    for (let count = 0; count <= MAX_UNCLAIMED; count += 28) send(fd, rest, fds);
    await wayland.until(() => client.task.exited);
    open.push(fd);
  });

  it('dies at any byte of what it says, and nothing of it stays', async () => {
    const file = openSync('/dev/null', 'r');
    const bytes = bytesOf(getRegistry, bindShm(1), createPool(4), createPool(5), sync(6));
    for (let length = 0; length <= bytes.length; length += 3) {
      const { client, fd } = wayland.raw();
      if (length > 0) send(fd, bytes.slice(0, length), [file, file]);
      closeSync(fd);
      await wayland.until(() => client.task.exited);
      for (const descriptor of wayland.kept.splice(0)) descriptor[Symbol.dispose]();
    }
    expect(wayland.server.clients.size).toBe(0);
    expect(wayland.task.files.size).toBe(0);
    closeSync(file);
  });

  it('never reads: its requests wait, then it is disconnected; others go on', async () => {
    wayland[Symbol.dispose]();
    wayland = new Wayland({ holdAtBytes: 16 << 10, queuedBytes: 64 << 10 });
    const { client, fd } = wayland.raw('deaf');
    const calm = wayland.connect('calm');
    send(fd, bytesOf(getRegistry));
    await wayland.until(() => client.objects.size === 2);
    // Events come whether it asks or not: here, globals that come and go.
    for (let round = 0; round < 20_000 && client.connected; round++)
      wayland.server.globals.add({ interface: 'wl_seat', version: 1, bind: () => {} })[Symbol.dispose]();
    await wayland.until(() => client.task.exited);
    expect(
      wayland.trace
        .notes('client')
        .map(note => note.text)
        .join(),
    ).toMatch(/deaf leaves: it does not read/);
    await calm.roundtrip();
    open.push(fd);
    calm.close();
  });

  it('sends noise: the server lives, and nothing stays', async () => {
    const calm = wayland.connect('calm');
    const file = openSync('/dev/null', 'r');
    let state = 1;
    const random = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    };
    for (let round = 0; round < 60; round++) {
      const { client, fd } = wayland.raw('noise');
      const noise = Uint8Array.from({ length: 64 + random() }, random);
      // Half of it starts like a message.
      if (round % 2 === 0) noise.set(bytesOf(getRegistry, bindShm(1)));
      send(fd, noise, round % 3 === 0 ? [file] : []);
      closeSync(fd);
      await wayland.until(() => client.task.exited);
    }
    await calm.roundtrip();
    expect(wayland.trace.notes('fault')).toEqual([]);
    calm.close();
    closeSync(file);
  });
});
