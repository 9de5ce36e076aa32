// For tests of Wayland clients on real sockets: a server, clients that keep to the rules, and raw ends for those that don't.
import { expect } from 'vitest';
import { Kernel } from '../../compositor/kernel/kernel.ts';
import { kernelPort } from '../../compositor/kernel-port.ts';
import { VirtualMachine } from '../../compositor/machine/virtual-machine.ts';
import { Counters } from '../../compositor/observe/counters.ts';
import { Trace } from '../../compositor/observe/trace.ts';
import { WAYLAND_CAPABILITIES } from '../../compositor/server/capabilities.ts';
import type { Client } from '../../compositor/server/client.ts';
import type { OwnedDescriptor } from '../../compositor/server/descriptors.ts';
import type { Limits } from '../../compositor/server/limits.ts';
import { Server } from '../../compositor/server/server.ts';
import { openHostFiles } from '../../protocol/host/native-files.ts';
import { socketPair } from '../../protocol/host/socket.ts';
import { ClientObjects } from '../../protocol/object/client-objects.ts';
import type { ProtocolError } from '../../protocol/object/error.ts';
import type { Handle, Message } from '../../protocol/object/message.ts';
import { signatureOf } from '../../protocol/object/signature.ts';
import { nativeTransport } from '../../protocol/transport/native.ts';
import { until } from '../../protocol/transport/testing.ts';
import { UnixConnection } from '../../protocol/transport/unix-connection.ts';
import { noDescriptors } from '../../protocol/wire/descriptors.ts';
import { WaylandCodec, waylandClient, waylandServer } from '../../protocol/wire/wayland.ts';

export const native = nativeTransport()!;

/** A server with globals that keep what they are given. */
export class Wayland implements Disposable {
  readonly machine = new VirtualMachine();
  readonly kernel = new Kernel({ machine: this.machine, memoryBytes: 64 << 20, host: openHostFiles() });
  readonly task = this.kernel.createTask({ name: 'compositor' });
  readonly trace = new Trace(this.machine);
  readonly server: Server;
  readonly kept: OwnedDescriptor[] = [];
  /** Where `wl_data_source.send` goes. */
  source: ((mimeType: string, handle: Handle) => void) | null = null;

  constructor(limits: Partial<Limits> = {}) {
    const { machine, kernel, task, trace } = this;
    this.server = new Server({
      machine,
      trace,
      counters: new Counters(),
      task,
      kernel: kernelPort(kernel, { descriptorLimit: 64, seat: false }),
      limits,
    });
    this.server.globals.add({
      interface: 'wl_shm',
      version: { native: 2, wayland: 1 },
      bind: (client, shm) =>
        shm.setHandlers({
          create_pool: (_, pool, handle) => {
            this.kept.push(client.claim(handle));
            pool.setHandlers({ create_buffer: () => {}, resize: () => {}, destroy: () => {} });
          },
          release: () => {},
        }),
    });
    this.server.globals.add({
      interface: 'wl_data_device_manager',
      version: 3,
      bind: (_, manager) =>
        manager.setHandlers({
          create_data_source: (_manager, source) => {
            source.setHandlers({ offer: () => {}, set_actions: () => {}, destroy: () => {} });
            this.source = (mimeType, handle) => source.events.send(mimeType, handle);
          },
          get_data_device: () => {},
        }),
    });
    this.server.globals.add({
      interface: 'fencepost_metadata_manager_v1',
      version: { native: 1, wayland: 0 },
      bind: () => {},
    });
  }

  /** The server's end of a socket, and the raw descriptor of the other. */
  raw(name = 'raw'): { client: Client; fd: number } {
    const [mine, fd] = socketPair(native.libc);
    const connection = new UnixConnection(native, mine, waylandServer);
    return { client: this.server.accept(connection, { name, capabilities: WAYLAND_CAPABILITIES }), fd };
  }

  connect(name = 'demo'): Program {
    const { client, fd } = this.raw(name);
    return new Program(this, client, new UnixConnection(native, fd, waylandClient));
  }

  async until(holds: () => boolean): Promise<void> {
    await until(() => {
      this.machine.settle();
      return holds();
    });
    expect(holds()).toBe(true);
  }

  [Symbol.dispose](): void {
    for (const descriptor of this.kept.splice(0)) descriptor[Symbol.dispose]();
    this.server[Symbol.dispose]();
    this.machine.settle();
    this.kernel[Symbol.dispose]();
  }
}

/** A client that keeps to the rules. */
export class Program {
  readonly client: Client;
  readonly objects: ClientObjects;
  readonly globals = new Map<string, { name: number; version: number }>();
  readonly messages: Message[] = [];
  error: ProtocolError | null = null;
  closed: string | null = null;
  readonly #wayland: Wayland;
  readonly #connection: UnixConnection;

  constructor(wayland: Wayland, client: Client, connection: UnixConnection) {
    this.#wayland = wayland;
    this.client = client;
    this.#connection = connection;
    this.objects = new ClientObjects({
      send: message => connection.send(message),
      failed: error => {
        this.error = error;
      },
    });
    connection.receive({
      messages: batch => {
        for (const message of batch) this.objects.dispatch(message);
        this.messages.push(...batch);
      },
      closed: reason => {
        this.closed = reason;
      },
    });
  }

  async roundtrip(): Promise<void> {
    let done = false;
    this.objects.display.sync().on('done', () => {
      done = true;
    });
    await this.#wayland.until(() => done);
  }

  async registry() {
    const registry = this.objects.display.get_registry();
    registry.on('global', (name, interfaceName, version) =>
      this.globals.set(interfaceName, { name, version }),
    );
    await this.roundtrip();
    return registry;
  }

  async bind<N extends 'wl_shm' | 'wl_data_device_manager'>(interfaceName: N) {
    const registry = await this.registry();
    const { name, version } = this.globals.get(interfaceName)!;
    return registry.bind(name, interfaceName, version);
  }

  close(): void {
    this.#connection.close();
  }
}

export const opcode = (interfaceName: string, name: string): number =>
  signatureOf(interfaceName).requests.findIndex(request => request.name === name);
export const getRegistry: Message = { object: 1, opcode: opcode('wl_display', 'get_registry'), args: [2] };
export const sync = (id: number): Message => ({
  object: 1,
  opcode: opcode('wl_display', 'sync'),
  args: [id],
});
export const bindShm = (name: number): Message => ({
  object: 2,
  opcode: opcode('wl_registry', 'bind'),
  args: [name, 'wl_shm', 1, 3],
});
export const createPool = (id: number): Message => ({
  object: 3,
  opcode: opcode('wl_shm', 'create_pool'),
  args: [id, { kind: 'host', fd: 0 }, 4096],
});

/** The bytes of requests, as a client sends them. */
export function bytesOf(...messages: Message[]): Uint8Array<ArrayBuffer> {
  const codec = new WaylandCodec('client', noDescriptors);
  const parts = messages.map(message => Uint8Array.from(codec.encode(message)));
  const bytes = new Uint8Array(new ArrayBuffer(parts.reduce((sum, part) => sum + part.length, 0)));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export const send = (fd: number, bytes: Uint8Array<ArrayBuffer>, fds: readonly number[] = []): number =>
  native.calls.send(fd, native.libc.address(bytes), bytes.length, fds);

/** What a raw socket has for its reader, as messages. */
export function read(fd: number): Message[] {
  const codec = new WaylandCodec('client', noDescriptors);
  codec.encode(getRegistry);
  const out: Message[] = [];
  const bytes = new Uint8Array(new ArrayBuffer(65536));
  const count = native.libc.read(fd, bytes, bytes.length);
  if (count > 0) codec.push(bytes.subarray(0, count), out);
  return out;
}
