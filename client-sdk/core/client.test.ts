import { describe, expect, it } from 'vitest';
import type { Connection } from '../../protocol/object/connection.ts';
import { connectInProcess } from '../../protocol/transport/in-process.ts';
import { FakeServer } from '../testing/fake-server.ts';
import { connectionWithin } from './client.ts';
import { ConnectionClosed, MissingGlobal, WaitExpired } from './errors.ts';

describe('a client', () => {
  it('knows what the server offers', async () => {
    const client = await new FakeServer(['wl_compositor', 'wl_shm']).connect();
    expect([...client.globals.values()].map(global => global.interface)).toEqual(['wl_compositor', 'wl_shm']);
    expect(client.bind('wl_compositor').version).toBe(6);
    await client.close();
  });

  it('says what is on offer when a global is missing', async () => {
    const client = await new FakeServer(['wl_compositor']).connect();
    expect(() => client.bind('wl_shm')).toThrow(MissingGlobal);
    expect(() => client.bind('wl_shm')).toThrow(/does not offer wl_shm here; it offers wl_compositor 6/);
    expect(() => client.bind('wl_compositor', 7)).toThrow(/in version 6, not in 7/);
    expect(() => client.kernel).toThrow(MissingGlobal);
    await client.close();
  });

  it('ends every wait when the server goes', async () => {
    const server = new FakeServer(['fencepost_kernel_v1']);
    const client = await server.connect();
    const sleeping = client.kernel.poll(7, 1);
    server.disconnect();
    await expect(sleeping).rejects.toBeInstanceOf(ConnectionClosed);
    await expect(client.closed).resolves.toEqual({ kind: 'closed-by-peer', reason: 'closed by the peer' });
    await expect(client.roundtrip()).rejects.toBeInstanceOf(ConnectionClosed);
  });

  it('ends every wait with the fault that the server found', async () => {
    const server = new FakeServer(['fencepost_kernel_v1', 'wl_shm']);
    const client = await server.connect();
    const sleeping = client.kernel.poll(7, 1);
    const shm = client.bind('wl_shm');
    await client.roundtrip();
    const resource = server.objects.get(shm.id)!;
    resource.postError(1, 'stride is 3');
    await expect(sleeping).rejects.toThrow(/wl_shm@\d+: invalid_stride \(1\): stride is 3/);
    expect((await client.closed).kind).toBe('protocol-error');
  });

  it('closes real descriptors that come after the end', async () => {
    const server = new FakeServer(['fencepost_kernel_v1']);
    const closed: number[] = [];
    const hostMemory = {
      canMap: true,
      memfd: () => -1,
      pread() {},
      pwrite() {},
      map: () => ({ data: new Uint8Array(0), [Symbol.dispose]() {} }),
      close: (fd: number) => void closed.push(fd),
    };
    const client = await server.connect({ hostMemory });
    client.closeHandle({ kind: 'host', fd: 51 });
    await client.close();
    client.closeHandle({ kind: 'host', fd: 52 });
    client.closeHandle({ kind: 'task', fd: 53 });
    expect(closed).toEqual([51, 52]);
  });

  it('gives up a connection that is not made in time, and closes it when it is', async () => {
    let made: (connection: Connection) => void = () => {};
    const late = connectionWithin(new Promise(resolve => (made = resolve)), 'ws://nowhere/', { timeout: 1 });
    await expect(late).rejects.toThrow('a connection to ws://nowhere/: not within 1 ms');
    const [here, there] = connectInProcess({ post: (_, run) => void setImmediate(run) });
    const reason = new Promise(closed => there.receive({ messages: () => {}, closed }));
    made(here);
    expect(await reason).toBe('closed by the peer');
  });

  it('closes from this side', async () => {
    const client = await new FakeServer([]).connect();
    await client[Symbol.asyncDispose]();
    expect(await client.closed).toEqual({ kind: 'closed-here' });
  });

  it('gives up a round trip that is not answered', async () => {
    const server = new FakeServer([]);
    const client = await server.connect();
    server.objects.display.setHandlers({ sync() {}, get_registry() {} });
    await expect(client.roundtrip({ timeout: 1 })).rejects.toBeInstanceOf(WaitExpired);
    const controller = new AbortController();
    const trip = client.roundtrip({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(trip).rejects.toThrow('enough');
    await client.close();
  });
});
