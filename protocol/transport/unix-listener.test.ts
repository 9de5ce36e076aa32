import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Connection } from '../object/connection.ts';
import { candidatePaths, displayPath, runtimeDirectory } from './paths.ts';
import type { Listener, PeerCredentials } from './socket-options.ts';
import { Collector, descriptorCount, descriptorsDownTo, turn, until } from './testing.ts';
import { connectUnix, ListenError, listenFirstFree, listenUnix, whyNoDescriptors } from './unix.ts';

let directory: string;
let path: string;
let before: number;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fencepost-test-'));
  path = join(directory, 'display');
  before = descriptorCount();
});

afterEach(async () => {
  rmSync(directory, { recursive: true });
  expect(await descriptorsDownTo(before)).toBe(before);
});

/** A server that echoes every message. */
async function echo(
  at: string,
): Promise<{ listener: Listener; peers: (PeerCredentials | null)[]; close(): void }> {
  const connections: Connection[] = [];
  const peers: (PeerCredentials | null)[] = [];
  const listener = await listenUnix(at, {
    onConnection(connection, peer) {
      connections.push(connection);
      peers.push(peer);
      connection.receive({
        messages: batch => batch.forEach(message => connection.send(message)),
        closed: () => connection.close(),
      });
    },
  });
  const close = () => {
    listener[Symbol.dispose]();
    for (const connection of connections) connection.close();
  };
  return { listener, peers, close };
}

async function refusal(of: Promise<unknown>): Promise<ListenError> {
  const error: unknown = await of.then(
    () => new Error('it was not refused'),
    reason => reason,
  );
  if (error instanceof ListenError) return error;
  throw error;
}

/** What holds with and without native calls. */
function commonBehaviour(): void {
  it('connects clients, whose messages come back', async () => {
    const server = await echo(path);
    expect(server.listener.address).toBe(path);
    const client = await connectUnix(path);
    const here = new Collector(client);
    client.send({ object: 3, opcode: 1, args: ['again', new Uint8Array(200_000).fill(4)] });
    const [back] = await here.count(1);
    expect(back!.args[0]).toBe('again');
    expect(back!.args[1]).toHaveLength(200_000);
    client.close();
    server.close();
    expect(await here.end()).toBe('closed by this side');
    expect(here.reasons).toHaveLength(1);
  });

  it('says when a peer that did not read has taken all of it', async () => {
    const accepted: Connection[] = [];
    const listener = await listenUnix(path, { onConnection: connection => void accepted.push(connection) });
    const client = await connectUnix(path);
    await until(() => accepted.length > 0);
    const server = accepted[0]!;
    const here = new Collector(server);
    for (let index = 0; index < 20; index++) {
      server.send({ object: 3, opcode: 1, args: [new Uint8Array(200_000)] });
      await turn();
    }
    expect(server.queuedBytes).toBeGreaterThan(1_000_000);
    const drained = here.drains;
    await new Collector(client).count(20);
    await until(() => here.drains > drained);
    expect([here.drains, server.queuedBytes]).toEqual([drained + 1, 0]);
    client.close();
    server.close();
    listener[Symbol.dispose]();
  });

  it('listens with mode 0600 and leaves no file behind', async () => {
    const server = await echo(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    server.close();
    server.close();
    expect([existsSync(path), existsSync(`${path}.lock`)]).toEqual([false, false]);
  });

  it('refuses a second server and says who has the path and what to do', async () => {
    const server = await echo(path);
    const error = await refusal(echo(path));
    expect(error.code).toBe('EADDRINUSE');
    expect(error.message).toContain(
      `${path} is in use by the server with process id ${process.pid}: stop it, or`,
    );
    const client = await connectUnix(path);
    client.close();
    server.close();
    const next = await echo(path);
    next.close();
  });

  it('replaces the socket of a server that was killed', async () => {
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
    const child = spawn(process.execPath, ['-e', script]);
    await once(child.stdout, 'data');
    writeFileSync(`${path}.lock`, `${child.pid}\n`);
    const live = await refusal(echo(path));
    expect(live.code).toBe('EADDRINUSE');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(path)).toBe(true);
    const server = await echo(path);
    server.close();
  });

  it('does not remove what is not a socket', async () => {
    writeFileSync(path, 'precious');
    expect((await refusal(echo(path))).message).toMatch(/is not a socket: remove it/);
    expect(existsSync(path)).toBe(true);
  });

  it('takes the first free name of a directory', async () => {
    const options = { onConnection: (connection: Connection) => connection.close() };
    const first = await listenFirstFree(directory, options);
    const second = await listenFirstFree(directory, options);
    expect([first.address, second.address]).toEqual(candidatePaths(directory).slice(0, 2));
    first[Symbol.dispose]();
    const third = await listenFirstFree(directory, options);
    expect(third.address).toBe(join(directory, 'fencepost-0'));
    second[Symbol.dispose]();
    third[Symbol.dispose]();
  });

  it('says ENOENT or ECONNREFUSED where no server is', async () => {
    await expect(connectUnix(path)).rejects.toMatchObject({ code: 'ENOENT' });
    const dead = createServer().listen(path);
    await once(dead, 'listening');
    const copy = `${path}-left`;
    renameSync(path, copy);
    dead.close();
    await expect(connectUnix(copy)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('tells a client that the server ended it, after its last words', async () => {
    const listener = await listenUnix(path, {
      onConnection(connection) {
        connection.send({ object: 1, opcode: 0, args: ['no room'] });
        connection.close();
      },
    });
    const client = await connectUnix(path);
    const here = new Collector(client);
    expect(await here.end()).toBe('closed by the peer');
    expect(here.received.map(({ args }) => args)).toEqual([['no room']]);
    listener[Symbol.dispose]();
  });
}

describe('listening natively', () => {
  commonBehaviour();

  it('knows the peer', async () => {
    const server = await echo(path);
    const client = await connectUnix(path);
    client.send({ object: 1, opcode: 0, args: [] });
    await new Collector(client).count(1);
    expect(server.peers).toEqual([{ pid: process.pid, uid: process.getuid!(), gid: process.getgid!() }]);
    expect(client.passesDescriptors).toBe(true);
    expect(whyNoDescriptors()).toBe('');
    client.close();
    server.close();
  });

  it('is refused by the lock of another process, until that dies', async () => {
    const script = `
      const fs = require('node:fs');
      const flock = require('koffi').load(null).func('int flock(int, int)');
      const fd = fs.openSync(${JSON.stringify(`${path}.lock`)}, 'w');
      fs.writeSync(fd, String(process.pid));
      console.log(flock(fd, 2));
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['-e', script]);
    expect(String((await once(child.stdout, 'data'))[0]).trim()).toBe('0');
    expect((await refusal(echo(path))).message).toContain(
      `in use by the server with process id ${child.pid}`,
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    const server = await echo(path);
    server.close();
  });

  it('leaves the path alone when it cannot have it', async () => {
    const server = await echo(path);
    await refusal(echo(path));
    expect(existsSync(`${path}.lock`)).toBe(true);
    server.close();
  });

  it('refuses a path that no socket can have', async () => {
    await expect(echo(join(directory, 'x'.repeat(200)))).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
  });
});

describe('listening without native calls', () => {
  beforeEach(() => {
    process.env['FENCEPOST_NO_NATIVE'] = '1';
  });
  afterEach(() => {
    delete process.env['FENCEPOST_NO_NATIVE'];
  });

  commonBehaviour();

  it('carries bytes but no descriptors, and says why', async () => {
    const server = await echo(path);
    const client = await connectUnix(path);
    expect(client.passesDescriptors).toBe(false);
    expect(whyNoDescriptors()).toBe('FENCEPOST_NO_NATIVE=1 is set');
    expect(() => client.send({ object: 1, opcode: 0, args: [{ kind: 'host', fd: 0 }] })).toThrow(
      /cannot travel on this connection: send the bytes instead/,
    );
    const here = new Collector(client);
    client.send({ object: 1, opcode: 0, args: [{ kind: 'task', fd: 3 }] });
    expect((await here.count(1))[0]!.args).toEqual([{ kind: 'task', fd: 3 }]);
    expect(server.peers).toEqual([null]);
    client.close();
    server.close();
  });

  it('reports what a peer that never reads has not taken', async () => {
    const kept: Connection[] = [];
    const listener = await listenUnix(path, { onConnection: connection => void kept.push(connection) });
    const client = await connectUnix(path);
    for (let index = 0; index < 50; index++)
      client.send({ object: 1, opcode: 0, args: [new Uint8Array(50_000)] });
    await new Promise(resolve => setImmediate(resolve));
    expect(client.queuedBytes).toBeGreaterThan(1_000_000);
    client.close();
    for (const connection of kept) connection.close();
    listener[Symbol.dispose]();
  });
});

describe('paths', () => {
  it('finds the display by name, by environment, by default', () => {
    const environment = { XDG_RUNTIME_DIR: '/run/user/7' };
    expect(displayPath(undefined, environment)).toBe('/run/user/7/fencepost-0');
    expect(displayPath('other', environment)).toBe('/run/user/7/other');
    expect(displayPath('/tmp/there', environment)).toBe('/tmp/there');
    expect(displayPath(undefined, { ...environment, FENCEPOST_DISPLAY: 'fencepost-3' })).toBe(
      '/run/user/7/fencepost-3',
    );
    expect(displayPath(undefined, { FENCEPOST_DISPLAY: '/tmp/there' })).toBe('/tmp/there');
    expect(() => displayPath(undefined, {})).toThrow(/XDG_RUNTIME_DIR is not set.*set FENCEPOST_DISPLAY/);
  });

  it('makes a private directory where there is no runtime directory', () => {
    expect(runtimeDirectory({ XDG_RUNTIME_DIR: directory })).toEqual({ path: directory, made: false });
    const made = runtimeDirectory({});
    expect(made.made).toBe(true);
    expect(statSync(made.path).mode & 0o777).toBe(0o700);
    rmSync(made.path, { recursive: true });
  });
});
