// The SDK over the Wayland wire: what another compositor would see of it, over a socket pair.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openHostFiles } from '../protocol/host/native-files.ts';
import type { InterfaceName } from '../protocol/object/types.ts';
import { connectedPair, whyNoDescriptors } from '../protocol/transport/unix.ts';
import { waylandClient, waylandServer } from '../protocol/wire/wayland.ts';
import { connectOver } from './core/client.ts';
import { MissingGlobal } from './core/errors.ts';
import type { HostMemory } from './core/memory-ports.ts';
import type { WindowOptions } from './core/options.ts';
import { singlePixelBuffer } from './core/single-pixel.ts';
import { nodeHostMemory } from './node/host-memory.ts';
import { FakeServer } from './testing/fake-server.ts';

const USUAL: InterfaceName[] = ['wl_compositor', 'wl_shm', 'xdg_wm_base', 'wp_presentation'];
const SIZE = { width: 16, height: 8 };

/** Memory of a place where nothing can be mapped. */
const unmapped = (memory: HostMemory): HostMemory => ({
  canMap: false,
  memfd: (name, bytes) => memory.memfd(name, bytes),
  map: () => expect.fail('nothing can be mapped here'),
  pread: (fd, target) => memory.pread(fd, target),
  pwrite: (fd, source, offset) => memory.pwrite(fd, source, offset),
  close: fd => memory.close(fd),
});

describe.runIf(whyNoDescriptors() === '')('over the Wayland wire, which takes native calls', () => {
  const host = openHostFiles()!;
  const servers: FakeServer[] = [];

  afterEach(() => {
    vi.useRealTimers();
    for (const server of servers.splice(0)) for (const { handle } of server.pools) host.close(handle.fd);
  });

  async function start(
    globals = USUAL,
    versions: Partial<Record<InterfaceName, number>> = {},
    hostMemory = nodeHostMemory()!,
  ) {
    const [here, there] = connectedPair([waylandClient, waylandServer])!;
    const server = new FakeServer(globals, there, versions);
    servers.push(server);
    return { server, client: await connectOver(here, { hostMemory }) };
  }

  async function shown(options: WindowOptions = {}, ...how: Parameters<typeof start>) {
    const { server, client } = await start(...how);
    const window = await client.createWindow({ size: SIZE, buffers: 2, ...options });
    return { server, client, window, surface: server.surface() };
  }

  it.each([
    ['mapped', nodeHostMemory()!],
    ['written where nothing can be mapped', unmapped(nodeHostMemory()!)],
  ])('draws into memfds of the client, %s', async (_, memory) => {
    const { server, client, window } = await shown({}, USUAL, {}, memory);
    const frame = await window.nextFrame();
    const { data, stride } = await frame.map({ access: 'read-write' });
    data.fill(7, stride, 2 * stride);
    frame.present();
    await client.roundtrip();
    const [pool] = server.pools;
    expect(pool).toMatchObject({ handle: { kind: 'host' }, size: 4096 });
    const bytes = new Uint8Array(3 * stride);
    host.pread(pool!.handle.fd, bytes, 0);
    expect([bytes[stride - 1], bytes[stride], bytes[2 * stride - 1], bytes[2 * stride]]).toEqual([
      0, 7, 7, 0,
    ]);
    await client.close();
  });

  it('asked for dma-bufs, has shared memory, given back by wl_buffer.release', async () => {
    const { client, window, surface } = await shown({ kind: 'dmabuf' });
    const indices: number[] = [];
    for (let count = 0; count < 4; count++) {
      const frame = await window.nextFrame();
      expect(frame.image.memory).toMatchObject({ kind: 'memfd', dmabuf: null });
      expect(() => frame.image.dmabuf).toThrow('no dma-buf');
      indices.push(frame.slot.index);
      frame.present();
      await client.roundtrip();
      surface.done();
      surface.commits.at(-1)!.events.release();
    }
    expect(indices).toEqual([0, 1, 0, 1]);
    await client.close();
  });

  it('binds what both sides know, and damages surfaces where buffers cannot be', async () => {
    const { client, window, surface } = await shown({}, USUAL, { wl_compositor: 3, xdg_wm_base: 1 });
    (await window.nextFrame()).present({ damage: [{ x: 1, y: 2, width: 3, height: 4 }] });
    await client.roundtrip();
    expect([window.surface.proxy.version, window.toplevel.version]).toEqual([3, 1]);
    expect([surface.damage, surface.surfaceDamage]).toEqual([[], [[1, 2, 3, 4]]]);
    expect(surface.commits).toHaveLength(2);
    expect(client.error).toBeNull();
    await client.close();
  });

  it('names what a server lacks', async () => {
    const { client } = await start(['wl_compositor', 'wl_shm']);
    const missing = async (attempt: () => unknown): Promise<MissingGlobal> => {
      const error = await (async () => attempt())().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(MissingGlobal);
      return error as MissingGlobal;
    };
    expect((await missing(() => client.createWindow())).interfaceName).toBe('xdg_wm_base');
    expect((await missing(() => client.kernel)).message).toBe(
      'the server does not offer fencepost_kernel_v1 here: kernel calls, fences and dma-bufs need a ' +
        'Fencepost server, by FENCEPOST_DISPLAY; it offers wl_compositor 6, wl_shm 2',
    );
    await client.close();
  });

  it('makes a single pixel of memory where there is no other way', async () => {
    const { server, client } = await start();
    const open = host.open;
    const pixel = singlePixelBuffer(client, { red: 1, green: 0.5, blue: 0, alpha: 0.5 });
    await client.roundtrip();
    const bytes = new Uint8Array(4);
    host.pread(server.pools[0]!.handle.fd, bytes, 0);
    expect([...bytes]).toEqual([0, 64, 128, 128]);
    // What is left is the server's, which was not made here.
    expect(host.open).toBe(open);
    pixel.destroy();
    await client.close();
  });

  it.each<[string, WindowOptions]>([
    ['sync files', { kind: 'dmabuf', sync: 'sync-file' }],
    ['timelines', { kind: 'dmabuf', sync: 'timeline' }],
    ['memory of the GPU', { kind: 'dmabuf', memory: 'simgpu' }],
    ['formats that need a dma-buf', { kind: 'dmabuf', format: 'NV12' }],
  ])('has no %s, whatever else the server offers', async (_, options) => {
    const { server, client, window } = await shown(options, [
      ...USUAL,
      'zwp_linux_explicit_synchronization_v1',
    ]);
    await expect(window.nextFrame()).rejects.toMatchObject({ interfaceName: 'fencepost_kernel_v1' });
    // The window is as usable as before.
    expect(client.error).toBeNull();
    expect(server.surfaces).toHaveLength(1);
    await client.close();
  });

  it('does not wait without end for a server that forgets to say what became of a frame', async () => {
    const { client, window, surface } = await shown();
    const feedback = (await window.nextFrame()).presentWithFeedback();
    await client.roundtrip();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    surface.done();
    await client.roundtrip();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(2000);
    expect(await feedback).toEqual({ kind: 'unanswered' });
    await client.close();
  });
});
