import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Connection } from '../object/connection.ts';
import type { Message } from '../object/message.ts';
import type { Listener } from './socket-options.ts';
import { Collector, until } from './testing.ts';
import { listenWebSocket, originAllowed, type WebSocketListenerOptions } from './websocket.ts';
import { connectWebSocket } from './websocket-client.ts';

let servers: Listener[] = [];
let accepted: Connection[] = [];

beforeEach(() => {
  servers = [];
  accepted = [];
});

afterEach(() => {
  for (const connection of accepted) connection.close();
  for (const server of servers) server[Symbol.dispose]();
});

const message = (object: number, ...args: Message['args']): Message => ({ object, opcode: 0, args });

async function serve(options: Partial<WebSocketListenerOptions> = {}): Promise<string> {
  const server = await listenWebSocket({
    onConnection: connection => void accepted.push(connection),
    ...options,
  });
  servers.push(server);
  return server.address;
}

async function pair(): Promise<[client: Connection, server: Connection]> {
  const client = await connectWebSocket(await serve(), WebSocket);
  await until(() => accepted.length > 0);
  return [client, accepted[0]!];
}

/** The HTTP status of a refused upgrade, or 101. */
function statusFor(address: string, origin?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address, origin === undefined ? {} : { origin });
    socket.on('unexpected-response', (request, response) => {
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
    socket.on('open', () => {
      resolve(101);
      socket.close();
    });
    socket.on('error', reject);
  });
}

describe('a WebSocket connection', () => {
  it('carries messages both ways, and those of one turn together', async () => {
    const [client, server] = await pair();
    const here = new Collector(client);
    const there = new Collector(server);
    for (let index = 1; index <= 50; index++) client.send(message(index, { kind: 'task', fd: index }));
    await there.count(50);
    expect(there.batches).toEqual([50]);
    expect(there.received[49]).toEqual(message(50, { kind: 'task', fd: 50 }));
    server.send(message(7, 'back', new Uint8Array([1])));
    expect(await here.count(1)).toEqual([message(7, 'back', new Uint8Array([1]))]);
    expect(client.passesDescriptors).toBe(false);
    client.close();
  });

  it('carries more in one turn than one WebSocket message may hold', async () => {
    const [client, server] = await pair();
    const there = new Collector(server);
    for (let index = 0; index < 4; index++) client.send(message(1, new Uint8Array(1 << 20).fill(index)));
    await there.count(4);
    expect(there.received.map(({ args }) => (args[0] as Uint8Array)[77])).toEqual([0, 1, 2, 3]);
    client.close();
  });

  it('keeps what comes before there is a listener and while it is paused', async () => {
    const [client, server] = await pair();
    client.send(message(1));
    await until(() => client.queuedBytes === 0);
    const there = new Collector(server);
    await there.count(1);
    server.pause();
    client.send(message(2));
    client.close();
    for (let pass = 0; pass < 20; pass++) await new Promise(resolve => setImmediate(resolve));
    expect([there.received.length, there.reasons.length]).toEqual([1, 0]);
    server.resume();
    expect(await there.end()).toBe('closed by the peer');
    expect(there.received).toHaveLength(2);
  });

  it('reports what a peer that never reads has not taken', async () => {
    const [client, server] = await pair();
    server.receive({ messages: () => server.pause(), closed: () => undefined });
    for (let round = 0; round < 20; round++) {
      client.send(message(1, new Uint8Array(1 << 20)));
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(client.queuedBytes).toBeGreaterThan(1 << 20);
    client.close();
  });

  it('says when a peer that did not read has taken all of it', async () => {
    const [client, server] = await pair();
    const here = new Collector(server);
    const there = new Collector(client);
    client.pause();
    for (let round = 0; round < 20; round++) {
      server.send(message(1, new Uint8Array(1 << 20)));
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(server.queuedBytes).toBeGreaterThan(1 << 20);
    const drained = here.drains;
    client.resume();
    await there.count(20);
    await until(() => here.drains > drained);
    expect(here.drains).toBe(drained + 1);
    expect(server.queuedBytes).toBe(0);
    client.close();
  });

  it('ends for text, for garbage, and for more than a message may be', async () => {
    const reasons: string[] = [];
    const address = await serve({
      onConnection(connection) {
        connection.receive({ messages: () => undefined, closed: reason => void reasons.push(reason) });
      },
    });
    for (const data of ['text', new Uint8Array([0xff, 0xff, 0xff, 0xff]), new Uint8Array(2 << 20)]) {
      const socket = new WebSocket(address);
      socket.on('error', () => undefined);
      socket.on('open', () => socket.send(data));
      await new Promise(resolve => socket.on('close', resolve));
    }
    await until(() => reasons.length === 3);
    expect(reasons[0]).toMatch(/sent text; messages are binary/);
    expect(reasons[1]).toMatch(/sent what is not a message/);
    expect(reasons).toHaveLength(3);
  });

  it('tells each end once', async () => {
    const [client, server] = await pair();
    const here = new Collector(client);
    const there = new Collector(server);
    server.send(message(1, 'last words'));
    server.close();
    server.close();
    expect(await here.end()).toBe('closed by the peer');
    expect(await there.end()).toBe('closed by this side');
    expect(here.received).toHaveLength(1);
    client.close();
    expect([here.reasons.length, there.reasons.length]).toEqual([1, 1]);
  });
});

describe('who may connect', () => {
  it('refuses pages of other sites with 403, and lets in this machine and those allowed', async () => {
    const address = await serve({ allowedOrigins: ['https://viewer.example'] });
    expect(await statusFor(address)).toBe(101);
    expect(await statusFor(address, 'http://127.0.0.1:8080')).toBe(101);
    expect(await statusFor(address, 'http://localhost:3000')).toBe(101);
    expect(await statusFor(address, 'https://viewer.example')).toBe(101);
    expect(await statusFor(address, 'https://evil.example')).toBe(403);
    expect(await statusFor(address, 'http://127.0.0.1.evil.example')).toBe(403);
    expect(await statusFor(address, 'null')).toBe(403);
    expect(accepted).toHaveLength(4);
  });

  it('judges origins, not what looks like them', () => {
    for (const origin of ['http://localhost@evil.example', 'file://', 'http://localhost.evil.example', 'x'])
      expect(originAllowed(origin, [])).toBe(false);
    expect(originAllowed(undefined, [])).toBe(true);
    expect(originAllowed('http://[::1]:99', [])).toBe(true);
  });

  it('listens on loopback, at / only', async () => {
    const address = await serve();
    expect(address).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/$/);
    expect(await statusFor(`${address}elsewhere`)).toBe(400);
  });

  it('says where it could not connect', async () => {
    await expect(connectWebSocket('ws://127.0.0.1:1/', WebSocket)).rejects.toThrow(/cannot connect to ws:/);
  });
});
