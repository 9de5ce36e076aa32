// Programs and their shared memory, with real memfds over real Wayland sockets: whatever one of them does with its pools,
// the others go on, and nothing of it is left.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Client,
  type ConnectionEnd,
  type ObjectProxy,
  screenshot,
  type Window,
} from '../../client-sdk/core/index.ts';
import { connect } from '../../client-sdk/node/connect.ts';
import { Compositor } from '../../compositor/compositor.ts';
import { createDevices } from '../../compositor/devices.ts';
import type { Kernel } from '../../compositor/kernel/kernel.ts';
import { type HostFiles, openHostFiles } from '../../compositor/machine/host-files.ts';
import { RealMachine } from '../../compositor/machine/real-machine.ts';
import { DEFAULT_CAPABILITIES } from '../../compositor/server/index.ts';
import { F_SEAL_SEAL } from '../../protocol/host/host-files.ts';
import { listenWayland, whyNoDescriptors } from '../../protocol/transport/unix.ts';

const SIDE = 64;
const STRIDE = SIDE * 4;
const BYTES = STRIDE * SIDE;
const XRGB8888 = 1;

interface Held {
  readonly descriptors: number;
  readonly files: number;
  readonly memory: number;
}

describe.runIf(whyNoDescriptors() === '')('shared memory of programs, which takes native calls', () => {
  const directory = mkdtempSync(join(tmpdir(), 'fencepost-shm-'));
  const socket = join(directory, 'wayland-1');
  const files = openHostFiles() as HostFiles;
  let machine: RealMachine;
  let kernel: Kernel;
  let compositor: Compositor;
  let listener: Disposable;
  /** The client's own descriptors. */
  const own: number[] = [];

  beforeAll(async () => {
    machine = new RealMachine();
    const outputs = [{ width: 320, height: 240 }];
    kernel = createDevices({
      machine,
      outputs,
      engines: 'virtual',
      memoryBytes: 256 << 20,
      host: files,
    }).kernel;
    compositor = new Compositor({ kernel });
    listener = await listenWayland(socket, {
      onConnection: connection => {
        compositor.server.accept(connection, { name: 'program', capabilities: DEFAULT_CAPABILITIES });
      },
    });
  });

  afterAll(() => {
    listener[Symbol.dispose]();
    compositor[Symbol.dispose]();
    kernel[Symbol.dispose]();
    machine[Symbol.dispose]();
    rmSync(directory, { recursive: true });
  });

  /** A memfd; one that is sealed against sealing is memory that the compositor can't make safe to share. */
  function memory(bytes: number, sealing: 'allowed' | 'refused'): number {
    const fd = files.memfd('pool', bytes);
    if (sealing === 'refused') files.addSeals(fd, F_SEAL_SEAL);
    own.push(fd);
    return fd;
  }

  const poolOf = (client: Client, fd: number, bytes: number): ObjectProxy<'wl_shm_pool'> =>
    client.shared('wl_shm').create_pool({ kind: 'host', fd }, bytes);

  const square = (pool: ObjectProxy<'wl_shm_pool'>, offset = 0): ObjectProxy<'wl_buffer'> =>
    pool.create_buffer(offset, SIDE, SIDE, STRIDE, XRGB8888);

  async function program(): Promise<{ client: Client; window: Window }> {
    const client = await connect({ wayland: socket });
    const window = await client.createWindow({ size: { width: SIDE, height: SIDE } });
    // Acknowledges how it was configured: what follows is up to the tests.
    await shownFrame(window);
    return { client, window };
  }

  const show = ({ surface }: Window, buffer: ObjectProxy<'wl_buffer'>): void =>
    surface.presentBuffer(buffer, { width: SIDE, height: SIDE });

  /** Shows a buffer, and waits for the frame that does. */
  const shown = (client: Client, window: Window, buffer: ObjectProxy<'wl_buffer'>): Promise<void> =>
    client.until<void>({
      start: resolve => {
        const listening = window.surface.proxy.frame().on('done', () => resolve());
        show(window, buffer);
        return () => listening[Symbol.dispose]();
      },
      explain: () => ({ waitedFor: 'a frame callback', holders: [] }),
    });

  const held = (): Held => ({
    descriptors: compositor.task.files.size,
    files: files.open,
    memory: kernel.memory.used,
  });

  /** What somebody does while another program animates, whose frames are all shown, and what is left afterwards. */
  async function beside(run: (client: Client, window: Window) => Promise<void>): Promise<ConnectionEnd> {
    const bystander = await program();
    for (let count = 0; count < 4; count++) await shownFrame(bystander.window);
    const before = held();
    const { client, window } = await program();
    let over = false;
    const going = (async () => {
      for (let count = 0; count < 4 || !over; count++) await shownFrame(bystander.window);
    })();
    const outcome = run(client, window).catch((error: unknown) => {
      if (error !== client.error) throw error;
    });
    await outcome.finally(() => {
      over = true;
    });
    await going;
    await client.close();
    for (const fd of own.splice(0)) files.close(fd);
    for (let count = 0; count < 4; count++) await shownFrame(bystander.window);
    const after = held();
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
    expect(after.files).toBeLessThanOrEqual(before.files);
    expect(after.memory - before.memory).toBeLessThanOrEqual(1 << 20);
    expect(compositor.trace.notes('fault').filter(({ text }) => !text.includes('cannot be drawn'))).toEqual(
      [],
    );
    await bystander.client.close();
    return client.closed;
  }

  async function shownFrame(window: Window): Promise<void> {
    const frame = await window.nextFrame({ timeout: 20_000 });
    (await frame.map()).pixels.fill(0xff000000 | frame.number);
    await frame.presentWithFeedback();
  }

  it('a pool that is cut short while it is shown is its client’s fault alone', async () => {
    const end = await beside(async (client, window) => {
      const fd = memory(BYTES, 'refused');
      const buffer = square(poolOf(client, fd, BYTES));
      await shown(client, window, buffer);
      files.truncate(fd, 100);
      show(window, buffer);
      await client.closed;
    });
    expect(end).toMatchObject({ kind: 'protocol-error', error: { interfaceName: 'wl_buffer', code: 2 } });
  });

  it('a pool that could be sealed can’t be cut short any more, and its client is none the worse', async () => {
    const end = await beside(async (client, window) => {
      const fd = memory(BYTES, 'allowed');
      await shown(client, window, square(poolOf(client, fd, BYTES)));
      expect(() => files.truncate(fd, 100)).toThrow('EPERM');
      await client.roundtrip();
    });
    expect(end).toEqual({ kind: 'closed-here' });
  });

  it.each(['allowed', 'refused'] as const)(
    'a pool that grows eight times shows what is in each part of it (sealing %s)',
    async sealing => {
      const end = await beside(async (client, window) => {
        const fd = memory(BYTES, sealing);
        const pool = poolOf(client, fd, BYTES);
        for (let part = 0; part < 9; part++) {
          const offset = part * BYTES;
          files.truncate(fd, offset + BYTES);
          if (part > 0) pool.resize(offset + BYTES);
          files.pwrite(fd, new Uint8Array(BYTES).fill(10 * (part + 1)), offset);
          await shown(client, window, square(pool, offset));
        }
        const { data } = await screenshot(client);
        expect(countOf(data, 90)).toBe(SIDE * SIDE);
      });
      expect(end).toEqual({ kind: 'closed-here' });
    },
  );

  it.each(['allowed', 'refused'] as const)(
    '350 pools, one after the other, leave nothing (sealing %s)',
    async sealing => {
      const end = await beside(async (client, window) => {
        for (let count = 0; count < 350; count++) {
          const fd = memory(BYTES, sealing);
          const pool = poolOf(client, fd, BYTES);
          const buffer = square(pool);
          pool.destroy();
          show(window, buffer);
          await client.roundtrip();
          buffer.destroy();
          files.close(own.pop()!);
        }
      });
      expect(end).toEqual({ kind: 'closed-here' });
    },
  );

  it.each(['allowed', 'refused'] as const)(
    '10,000 commits as fast as they go give every buffer back (sealing %s)',
    async sealing => {
      const end = await beside(async (client, window) => {
        const pool = poolOf(client, memory(4 * BYTES, sealing), 4 * BYTES);
        const busy = [0, 0, 0, 0];
        const buffers = busy.map((_, at) => square(pool, at * BYTES));
        for (const [at, buffer] of buffers.entries()) buffer.on('release', () => busy[at]!--);
        for (let count = 0; count < 10_000; count++) {
          let at = busy.indexOf(0);
          while (at < 0) {
            await client.roundtrip();
            at = busy.indexOf(0);
          }
          busy[at]!++;
          show(window, buffers[at]!);
        }
        window.surface.presentBuffer(null, { width: 0, height: 0 });
        while (busy.some(uses => uses > 0)) await client.roundtrip();
      });
      expect(end).toEqual({ kind: 'closed-here' });
    },
  );

  it.each(['allowed', 'refused'] as const)(
    'a program that dies with buffers shown and waiting leaves nothing (sealing %s)',
    async sealing => {
      await beside(async (client, window) => {
        const pool = poolOf(client, memory(4 * BYTES, sealing), 4 * BYTES);
        for (let at = 0; at < 4; at++) show(window, square(pool, at * BYTES));
        await client.roundtrip();
        client.connection.close();
      });
    },
  );
});

/** Pixels of one grey. */
function countOf(data: Uint8Array, grey: number): number {
  let count = 0;
  for (let at = 0; at < data.length; at += 4)
    if (data[at] === grey && data[at + 1] === grey && data[at + 2] === grey) count++;
  return count;
}
