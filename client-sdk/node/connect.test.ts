import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Connection } from '../../protocol/object/connection.ts';
import { listenUnix, listenWayland, whyNoDescriptors } from '../../protocol/transport/unix.ts';
import { listenWebSocket } from '../../protocol/transport/websocket.ts';
import { WaitExpired } from '../core/errors.ts';
import { FakeServer } from '../testing/fake-server.ts';
import { connect } from './connect.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fencepost-connect-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

const onConnection = (connection: Connection) => void new FakeServer(['wl_compositor', 'wl_shm'], connection);

describe('connect', () => {
  it('finds a server by the path of its socket', async () => {
    const display = join(directory, 'server');
    const listener = await listenUnix(display, { onConnection });
    const client = await connect({ display });
    expect(client.offers('wl_shm')).toBe(2);
    await client.close();
    listener[Symbol.dispose]();
  });

  it('finds a server by its address', async () => {
    const listener = await listenWebSocket({ onConnection });
    const client = await connect({ display: listener.address });
    expect(client.offers('wl_compositor')).toBe(6);
    await client.close();
    listener[Symbol.dispose]();
  });

  it('says where it looked when there is none', async () => {
    const display = join(directory, 'nobody');
    await expect(connect({ display })).rejects.toThrow(`no server at ${display}`);
    await expect(connect({ display })).rejects.toMatchObject({ cause: { code: 'ENOENT' } });
    const listener = await listenWebSocket({ onConnection });
    const { address } = listener;
    listener[Symbol.dispose]();
    await expect(connect({ display: address })).rejects.toThrow(`cannot connect to ${address}`);
  });

  it('gives up on a server that does not answer', async () => {
    const display = join(directory, 'silent');
    const silent: Connection[] = [];
    const listener = await listenUnix(display, { onConnection: connection => silent.push(connection) });
    await expect(connect({ display, timeout: 5 })).rejects.toBeInstanceOf(WaitExpired);
    for (const connection of silent) connection.close();
    listener[Symbol.dispose]();
  });
});

describe.runIf(whyNoDescriptors() === '')('connect to a Wayland server, which takes native calls', () => {
  it('finds it by its path, by its name, and by WAYLAND_DISPLAY where nobody says FENCEPOST_DISPLAY', async () => {
    const listener = await listenWayland(join(directory, 'wayland-7'), { onConnection });
    vi.stubEnv('XDG_RUNTIME_DIR', directory);
    vi.stubEnv('FENCEPOST_DISPLAY', '');
    vi.stubEnv('WAYLAND_DISPLAY', 'wayland-7');
    for (const options of [{ wayland: join(directory, 'wayland-7') }, { wayland: 'wayland-7' }, {}]) {
      const client = await connect(options);
      expect([client.connection.wire, client.offers('wl_shm')]).toEqual(['wayland', 2]);
      await client.close();
    }
    listener[Symbol.dispose]();
    vi.stubEnv('FENCEPOST_DISPLAY', 'own');
    await expect(connect()).rejects.toThrow(`no server at ${join(directory, 'own')}`);
  });

  it('says where it looked when there is none', async () => {
    const wayland = join(directory, 'nobody');
    await expect(connect({ wayland })).rejects.toThrow(/no server at .*nobody .* set WAYLAND_DISPLAY/);
    await expect(connect({ wayland })).rejects.toMatchObject({ cause: { code: 'ENOENT' } });
  });
});
