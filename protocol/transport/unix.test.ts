import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostFiles } from '../host/host-files.ts';
import { openHostFiles } from '../host/native-files.ts';
import { socketPair } from '../host/socket.ts';
import type { Connection } from '../object/connection.ts';
import type { Handle, Message } from '../object/message.ts';
import { msgpackCodec } from '../wire/msgpack.ts';
import { MAX_UNCLAIMED } from './descriptor-queue.ts';
import { type NativeTransport, nativeTransport } from './native.ts';
import { Collector, descriptorCount, descriptorsDownTo, turn, until } from './testing.ts';
import { connectedPair } from './unix.ts';
import { UnixConnection } from './unix-connection.ts';

let host: HostFiles;
let native: NativeTransport;
let before: number;

beforeEach(() => {
  host = openHostFiles()!;
  native = nativeTransport()!;
  before = descriptorCount();
});

afterEach(async () => {
  expect(await descriptorsDownTo(before)).toBe(before);
});

const message = (object: number, ...args: Message['args']): Message => ({ object, opcode: 0, args });
const closeAll = (...connections: Connection[]) => {
  for (const connection of connections) connection.close();
};

/** A memfd with one byte in it, of which the caller owns the descriptor. */
function memfd(byte: number): Handle & { kind: 'host' } {
  const fd = host.memfd('test', 1);
  host.pwrite(fd, new Uint8Array([byte]), 0);
  return { kind: 'host', fd };
}

function byteOf(handle: unknown): number {
  const target = new Uint8Array(1);
  host.pread((handle as Handle).fd, target, 0);
  return target[0]!;
}

/** A connection and the other end of its socket, raw. */
function half(): [UnixConnection, number] {
  const [one, other] = socketPair(native.libc);
  return [new UnixConnection(native, one, msgpackCodec), other];
}

describe('a Unix connection', () => {
  it('carries messages both ways, in order, and those of one turn together', async () => {
    const [one, other] = connectedPair()!;
    const here = new Collector(one);
    const there = new Collector(other);
    for (let index = 1; index <= 100; index++) one.send(message(index, 'hello', index));
    await there.count(100);
    expect(there.batches).toEqual([100]);
    expect(there.received.map(({ object }) => object)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 1),
    );
    other.send(message(7, null));
    expect(await here.count(1)).toEqual([message(7, null)]);
    closeAll(one, other);
  });

  it('carries descriptors with their messages, and the sender closes its own', async () => {
    const [one, other] = connectedPair()!;
    const there = new Collector(other);
    const sent = [memfd(11), memfd(22), memfd(33)] as const;
    one.send(message(1, sent[0], 'between', sent[1]));
    one.send(message(2, { kind: 'task', fd: 5 }));
    one.send(message(3, sent[2]));
    for (const { fd } of sent) host.close(fd);
    const [first, second, third] = await there.count(3);
    expect([first!.args[0], first!.args[2], third!.args[0]].map(byteOf)).toEqual([11, 22, 33]);
    expect(second!.args).toEqual([{ kind: 'task', fd: 5 }]);
    for (const handle of [first!.args[0], first!.args[2], third!.args[0]]) host.close((handle as Handle).fd);
    closeAll(one, other);
  });

  it('carries more descriptors than one call takes, among large messages', async () => {
    const [one, other] = connectedPair()!;
    const there = new Collector();
    const files = Array.from({ length: 9 }, (_, index) => memfd(index));
    for (let index = 0; index < 30; index++) {
      one.send(message(index + 1, ...files));
      if (index % 5 === 0) one.send(message(1000, new Uint8Array(300_000)));
    }
    for (const { fd } of files) host.close(fd);
    await turn();
    expect(one.queuedBytes).toBeGreaterThan(1_000_000);
    other.receive(there);
    await there.count(36);
    const named = there.received.filter(({ object }) => object < 1000);
    expect(named.map(({ object }) => object)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    for (const { args } of named) {
      expect(args.map(byteOf)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
      for (const handle of args) host.close((handle as Handle).fd);
    }
    expect(one.queuedBytes).toBe(0);
    closeAll(one, other);
  });

  it('carries the largest messages, split over many writes', async () => {
    const [one, other] = connectedPair()!;
    const there = new Collector(other);
    const arrays = [1, 2, 3].map(fill => new Uint8Array(1 << 20).fill(fill));
    for (const [index, array] of arrays.entries()) one.send(message(index + 1, array));
    await there.count(3);
    for (const [index, array] of arrays.entries())
      expect(Buffer.compare(there.received[index]!.args[0] as Uint8Array, array)).toBe(0);
    closeAll(one, other);
  });

  it('reports what a peer that never reads has not taken, descriptors included', async () => {
    const [one, other] = connectedPair()!;
    const file = memfd(1);
    let last = 0;
    for (let round = 0; round < 20; round++) {
      for (let index = 0; index < 10; index++) one.send(message(1, new Uint8Array(10_000), file));
      await turn();
      expect(one.queuedBytes).toBeGreaterThanOrEqual(last);
      last = one.queuedBytes;
    }
    expect(last).toBeGreaterThan(1_500_000);
    host.close(file.fd);
    closeAll(one, other);
  });

  it('blocks the peer while it is paused, goes on where it was, and says when all is taken', async () => {
    const [one, other] = connectedPair()!;
    const here = new Collector(one);
    const there = new Collector(other);
    one.send(message(1));
    await there.count(1);
    other.pause();
    for (let index = 0; index < 40; index++) one.send(message(2 + index, new Uint8Array(50_000)));
    for (let pass = 0; pass < 10; pass++) await turn();
    expect(there.received).toHaveLength(1);
    expect(one.queuedBytes).toBeGreaterThan(1_000_000);
    const drained = here.drains;
    other.resume();
    await there.count(41);
    await until(() => here.drains > drained);
    expect(one.queuedBytes).toBe(0);
    expect(here.drains).toBe(drained + 1);
    expect(there.received.map(({ object }) => object)).toEqual(
      Array.from({ length: 41 }, (_, index) => index + 1),
    );
    closeAll(one, other);
  });

  it('keeps nothing for a peer that went while both had stopped reading, and says so', async () => {
    const [one, other] = connectedPair()!;
    const here = new Collector(one);
    one.pause();
    other.pause();
    other.send(message(7));
    for (let index = 0; index < 40; index++) one.send(message(2 + index, new Uint8Array(50_000)));
    for (let pass = 0; pass < 10; pass++) await turn();
    const drained = here.drains;
    expect(one.queuedBytes).toBeGreaterThan(1_000_000);
    other.close();
    await until(() => here.drains > drained);
    expect([one.queuedBytes, here.reasons]).toEqual([0, []]);
    one.resume();
    expect(await here.end()).toMatch(/closed by the peer/);
  });

  it('can be paused from within a batch, and then delivers no other', async () => {
    const [one, other] = connectedPair()!;
    const there = new Collector();
    other.receive({
      messages(batch, bytes) {
        there.messages(batch, bytes);
        other.pause();
      },
      closed: reason => there.closed(reason),
    });
    for (let index = 0; index < 20; index++) one.send(message(1, new Uint8Array(10_000)));
    await there.count(1);
    const delivered = there.received.length;
    for (let pass = 0; pass < 10; pass++) await turn();
    expect(there.received).toHaveLength(delivered);
    closeAll(one, other);
  });

  it('delivers what was sent before the peer closed, then tells the end once', async () => {
    const [one, other] = connectedPair()!;
    one.send(message(1, 'goodbye'));
    one.close();
    one.close();
    other.send(message(2));
    await turn();
    const there = new Collector(other);
    expect(await there.end()).toBe('closed by the peer');
    expect(there.received).toEqual([message(1, 'goodbye')]);
    other.close();
    await turn();
    expect(there.reasons).toHaveLength(1);
    const here = new Collector(one);
    expect(await here.end()).toBe('closed by this side');
  });

  it('reads the last words of a peer that closed without reading', async () => {
    const [one, other] = connectedPair()!;
    const there = new Collector(other);
    other.pause();
    other.send(message(5));
    await turn();
    one.send(message(1, 'you broke the protocol'));
    one.close();
    await turn();
    for (let index = 0; index < 10; index++) other.send(message(6));
    await turn();
    expect(other.queuedBytes).toBe(0);
    other.resume();
    expect(await there.end()).toBe('closed by the peer');
    expect(there.received).toEqual([message(1, 'you broke the protocol')]);
  });

  it('closes descriptors that were never sent and never delivered', async () => {
    const [one, other] = connectedPair()!;
    const file = memfd(1);
    for (let index = 0; index < 100; index++) one.send(message(1, file, new Uint8Array(20_000)));
    host.close(file.fd);
    await turn();
    expect(descriptorCount()).toBeGreaterThan(before + 20);
    closeAll(one, other);
  });

  it('sends nothing after it is closed, and duplicates nothing for it', async () => {
    const [one, other] = connectedPair()!;
    one.close();
    const file = memfd(1);
    one.send(message(1, file));
    host.close(file.fd);
    expect(one.queuedBytes).toBe(0);
    other.close();
  });
});

describe('a peer that misbehaves', () => {
  it('is disconnected for garbage, after the messages before it', async () => {
    const [connection, raw] = half();
    const here = new Collector(connection);
    const bytes = Buffer.from([3, 0, 0, 0, 0x92, 9, 4, 0xff, 0xff, 0xff, 0xff]);
    native.libc.write(raw, bytes, bytes.length);
    expect(await here.end()).toMatch(
      /^the peer sent what is not a message: a message says it has 4294967295 bytes/,
    );
    expect(here.received).toEqual([{ object: 9, opcode: 4, args: [] }]);
    host.close(raw);
  });

  it('is disconnected for descriptors that no message names, which are closed', async () => {
    const [connection, raw] = half();
    const here = new Collector(connection);
    // A frame that is not whole before all of them have come.
    native.libc.write(raw, Uint8Array.of(100, 0, 0, 0), 4);
    const bytes = new Uint8Array(new ArrayBuffer(1));
    const fds = new Array<number>(28).fill(raw);
    for (let count = 0; count <= MAX_UNCLAIMED; count += 28)
      native.calls.send(raw, native.libc.address(bytes), 1, fds);
    expect(await here.end()).toMatch(/descriptors that no message names/);
    host.close(raw);
  });

  it('is disconnected for naming descriptors that it did not send', async () => {
    const [connection, raw] = half();
    const here = new Collector(connection);
    const bytes = Buffer.from([6, 0, 0, 0, 0x93, 9, 4, 0xd4, 1, 0]);
    native.libc.write(raw, bytes, bytes.length);
    expect(await here.end()).toMatch(/names 1 host descriptors; 0 have arrived/);
    host.close(raw);
  });

  it('is told apart when it goes in the middle of a message', async () => {
    const [connection, raw] = half();
    const here = new Collector(connection);
    native.libc.write(raw, Buffer.from([60, 0, 0, 0, 0x93]), 5);
    await turn();
    host.close(raw);
    expect(await here.end()).toBe('closed by the peer, 5 bytes into a message');
  });

  it('does not starve the others when it floods', async () => {
    const [flooder, flooded] = connectedPair()!;
    const [one, other] = connectedPair()!;
    const noise = new Collector(flooded);
    const there = new Collector(other);
    for (let index = 0; index < 100_000; index++) flooder.send(message(1, index));
    for (let index = 0; index < 5; index++) {
      one.send(message(index + 1));
      await there.count(index + 1);
    }
    expect(noise.received.length).toBeLessThan(100_000);
    await noise.count(100_000);
    closeAll(flooder, flooded, one, other);
  });
});

describe('the poller', () => {
  it('lets go of its descriptors when nothing is watched, and starts again', async () => {
    for (let round = 0; round < 3; round++) {
      const [one, other] = connectedPair()!;
      const there = new Collector(other);
      one.send(message(round + 1));
      await there.count(1);
      expect(native.poller.watched).toBe(1);
      closeAll(one, other);
      await until(() => descriptorCount() === before);
      expect(descriptorCount()).toBe(before);
    }
  });
});
