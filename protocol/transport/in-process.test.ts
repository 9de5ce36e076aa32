import { describe, expect, it } from 'vitest';
import { openHostFiles } from '../host/native-files.ts';
import { MAX_MESSAGE } from '../object/limits.ts';
import type { Handle, Message } from '../object/message.ts';
import { connectInProcess } from './in-process.ts';
import { Collector } from './testing.ts';

/** A run queue that a test steps by hand. */
function queue() {
  const entries: { label: string; run: () => void }[] = [];
  return {
    entries,
    post: (label: string, run: () => void) => void entries.push({ label, run }),
    runAll() {
      for (let entry = entries.shift(); entry; entry = entries.shift()) entry.run();
    },
  };
}

const message = (object: number, ...args: Message['args']): Message => ({ object, opcode: 0, args });

describe('connectInProcess', () => {
  it('delivers nothing by itself: each delivery is one labelled entry with all that was sent', () => {
    const machine = queue();
    const [client, server] = connectInProcess({ post: machine.post, name: 'toy' });
    const here = new Collector(client);
    const there = new Collector(server);
    client.send(message(1));
    client.send(message(2, 'two'));
    server.send(message(9));
    expect(machine.entries.map(({ label }) => label)).toEqual(['toy: to server', 'toy: to client']);
    expect([here.received, there.received]).toEqual([[], []]);
    machine.runAll();
    expect(there.received).toEqual([message(1), message(2, 'two')]);
    expect(there.batches).toEqual([2]);
    expect(here.received).toEqual([message(9)]);
  });

  it('says when a peer that did not read has taken all of it', () => {
    const machine = queue();
    const [client, server] = connectInProcess(machine);
    const here = new Collector(server);
    const there = new Collector(client);
    client.pause();
    for (let index = 0; index < 3; index++) server.send(message(1, new Uint8Array(1000)));
    machine.runAll();
    expect([here.drains, server.queuedBytes > 3000]).toEqual([0, true]);
    client.resume();
    machine.runAll();
    expect(there.received).toHaveLength(3);
    expect([here.drains, server.queuedBytes]).toEqual([1, 0]);
  });

  it('keeps the order of one direction, whatever order the machine chooses between them', () => {
    const machine = queue();
    const [client, server] = connectInProcess({ post: machine.post });
    const here = new Collector(client);
    const there = new Collector(server);
    for (let index = 1; index <= 6; index++) {
      client.send(message(index));
      server.send(message(index));
      if (index % 2 === 0) machine.entries.pop()!.run();
    }
    machine.entries.reverse();
    machine.runAll();
    for (const { received } of [here, there])
      expect(received.map(({ object }) => object)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('shares no memory', () => {
    const machine = queue();
    const [client, server] = connectInProcess({ post: machine.post });
    const there = new Collector(server);
    const bytes = new Uint8Array([1, 2, 3]);
    const handle = { kind: 'task', fd: 4 } as const;
    client.send(message(1, bytes, handle));
    bytes.fill(0);
    machine.runAll();
    expect(there.received[0]!.args).toEqual([new Uint8Array([1, 2, 3]), handle]);
    expect(there.received[0]!.args[1]).not.toBe(handle);
  });

  it('keeps what came before there was a listener, and while it is paused', () => {
    const machine = queue();
    const [client, server] = connectInProcess({ post: machine.post });
    client.send(message(1));
    expect(machine.entries).toHaveLength(0);
    const there = new Collector(server);
    machine.runAll();
    server.pause();
    client.send(message(2));
    client.close();
    machine.runAll();
    expect([there.received.length, there.reasons.length]).toEqual([1, 0]);
    server.resume();
    machine.runAll();
    expect(there.received).toEqual([message(1), message(2)]);
    expect(there.reasons).toEqual(['closed by the peer']);
  });

  it('counts what a peer that never reads has not taken', () => {
    const machine = queue();
    const [client, server] = connectInProcess({ post: machine.post });
    for (let index = 0; index < 100; index++)
      client.send(message(1, new Uint8Array(1000), 'x'.repeat(1000), 5));
    expect(client.queuedBytes).toBeGreaterThan(200_000);
    const there = new Collector(server);
    const queued = client.queuedBytes;
    machine.runAll();
    expect([client.queuedBytes, there.bytes]).toEqual([0, queued]);
  });

  it('tells each end once, and sends nothing after', () => {
    const machine = queue();
    const [client, server] = connectInProcess({ post: machine.post });
    const here = new Collector(client);
    const there = new Collector(server);
    client.close();
    client.close();
    server.send(message(1));
    client.send(message(2));
    machine.runAll();
    server.close();
    machine.runAll();
    expect([here.reasons, there.reasons]).toEqual([['closed by this side'], ['closed by the peer']]);
    expect([here.received, there.received]).toEqual([[], []]);
  });

  it('refuses what no other wire would take', () => {
    const [client] = connectInProcess({ post: queue().post });
    expect(() => client.send(message(1, new Uint8Array(MAX_MESSAGE)))).toThrow(/send it in parts/);
    expect(() => client.send(message(1, { kind: 'host', fd: 0 }))).toThrow(/cannot travel/);
    expect(client.queuedBytes).toBe(0);
  });

  it('duplicates descriptors, and closes those that nobody took', () => {
    const host = openHostFiles()!;
    const machine = queue();
    const [client, server] = connectInProcess({ post: machine.post, descriptors: host });
    expect(client.passesDescriptors).toBe(true);
    const there = new Collector(server);
    const fd = host.memfd('test', 123);
    client.send(message(1, { kind: 'host', fd }));
    machine.runAll();
    client.send(message(2, { kind: 'host', fd }));
    host.close(fd);
    expect(host.open).toBe(2);
    const received = there.received[0]!.args[0] as Handle;
    expect(host.size(received.fd)).toBe(123);
    host.close(received.fd);
    server.close();
    machine.runAll();
    expect(host.open).toBe(0);
  });
});
