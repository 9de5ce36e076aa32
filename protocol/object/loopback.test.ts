import { beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import { ClientObjects } from './client-objects.ts';
import type { Connection, ConnectionListener } from './connection.ts';
import { ProtocolError } from './error.ts';
import { plainHandles } from './handles.ts';
import type { Handle, Message } from './message.ts';
import type { ObjectProxy } from './proxy.ts';
import type { Resource } from './resource.ts';
import { ServerObjects } from './server-objects.ts';
import type { RequestArguments } from './types.ts';

/** One end of a pair: what is sent here waits in `outbox` until the test lets it through. */
class LoopbackEnd implements Connection {
  readonly wire = 'in-process';
  readonly passesDescriptors = false;
  readonly outbox: Message[] = [];
  listener: ConnectionListener | undefined;

  get queuedBytes(): number {
    return this.outbox.length;
  }
  send(message: Message): void {
    this.outbox.push(message);
  }
  receive(listener: ConnectionListener): void {
    this.listener = listener;
  }
  pause(): void {}
  resume(): void {}
  close(): void {}

  /** Hands everything sent here to the other end. */
  flushTo(peer: LoopbackEnd): void {
    const batch = this.outbox.splice(0);
    peer.listener?.messages(batch, batch.length);
  }
}

interface Server {
  objects: ServerObjects;
  surface: Resource<'wl_surface'> | undefined;
  attached: RequestArguments<'wl_surface', 'attach'> | undefined;
}

let clientEnd: LoopbackEnd;
let serverEnd: LoopbackEnd;
let server: Server;
let client: ClientObjects;
let failures: ProtocolError[];
let closed: Handle[];

const ignore = () => {};

function serveSurface(surface: Resource<'wl_surface'>): void {
  server.surface = surface;
  surface.setHandlers({
    destroy: ignore,
    attach: (_, ...args) => {
      server.attached = args;
    },
    damage: ignore,
    frame: ignore,
    set_opaque_region: ignore,
    set_input_region: ignore,
    commit: ignore,
    set_buffer_transform: ignore,
    set_buffer_scale: (resource, scale) => {
      if (scale < 1) throw new ProtocolError(resource, 0, `scale must be at least 1, not ${scale}`);
    },
    damage_buffer: ignore,
    offset: ignore,
  });
}

function serveParams(params: Resource<'zwp_linux_buffer_params_v1'>): void {
  params.setHandlers({
    destroy: ignore,
    add: ignore,
    create: resource => {
      const buffer = server.objects.create('wl_buffer', 1);
      buffer.setHandlers({ destroy: ignore });
      resource.events.created(buffer);
    },
    create_immed: ignore,
  });
}

function serveGlobals(registry: Resource<'wl_registry'>): void {
  registry.setHandlers({
    bind(_, _name, made) {
      if (made.interface === 'wl_compositor')
        made.setHandlers({ create_surface: (_, id) => serveSurface(id), create_region: ignore });
      if (made.interface === 'zwp_linux_dmabuf_v1')
        made.setHandlers({
          destroy: ignore,
          create_params: (_, id) => serveParams(id),
          get_default_feedback: ignore,
          get_surface_feedback: ignore,
        });
    },
  });
  registry.events.global(1, 'wl_compositor', 6);
}

function settle(): void {
  while (clientEnd.outbox.length + serverEnd.outbox.length > 0) {
    clientEnd.flushTo(serverEnd);
    serverEnd.flushTo(clientEnd);
  }
}

beforeEach(() => {
  clientEnd = new LoopbackEnd();
  serverEnd = new LoopbackEnd();
  failures = [];
  closed = [];
  const objects = new ServerObjects({ send: message => serverEnd.send(message) });
  server = { objects, surface: undefined, attached: undefined };
  objects.display.setHandlers({
    sync: (_, callback) => callback.events.done(7),
    get_registry: (_, registry) => serveGlobals(registry),
  });
  client = new ClientObjects({
    send: message => clientEnd.send(message),
    failed: error => failures.push(error),
    handles: { ...plainHandles, drop: handle => closed.push(handle), close: handle => closed.push(handle) },
  });
  serverEnd.receive({
    messages: batch => batch.forEach(message => objects.dispatch(message)),
    closed: ignore,
  });
  clientEnd.receive({
    messages: batch => batch.forEach(message => client.dispatch(message)),
    closed: ignore,
  });
});

function bindCompositor(version = 6): ObjectProxy<'wl_compositor'> {
  return client.display.get_registry().bind(1, 'wl_compositor', version);
}

describe('proxies and resources', () => {
  it('announce and bind globals', () => {
    const globals: unknown[][] = [];
    const registry = client.display.get_registry();
    registry.on('global', (...global) => globals.push(global));
    settle();
    expect(globals).toEqual([[1, 'wl_compositor', 6]]);
    expect(registry.bind(1, 'wl_compositor', 4).create_surface().version).toBe(4);
    settle();
    expect(server.surface).toMatchObject({ interface: 'wl_surface', version: 4 });
  });

  it('carry arguments both ways', () => {
    const surface = bindCompositor().create_surface();
    surface.attach(null, -3, 4);
    settle();
    expect(server.attached).toEqual([null, -3, 4]);
    const scales: number[] = [];
    surface.listen({ preferred_buffer_scale: factor => scales.push(factor) });
    server.surface?.events.preferred_buffer_scale(2);
    settle();
    expect(scales).toEqual([2]);
  });

  it('are typed by the table', () => {
    const surface = bindCompositor().create_surface();
    expectTypeOf(surface).toEqualTypeOf<ObjectProxy<'wl_surface'>>();
    expectTypeOf(surface.frame).returns.toEqualTypeOf<ObjectProxy<'wl_callback'>>();
    expectTypeOf<RequestArguments<'wl_surface', 'attach'>>().toEqualTypeOf<
      [Resource<'wl_buffer'> | null, number, number]
    >();
    expectTypeOf<RequestArguments<'wl_shm', 'create_pool'>>().toEqualTypeOf<
      [Resource<'wl_shm_pool'>, Handle, number]
    >();
  });

  it('round trips with wl_display.sync', () => {
    const serials: number[] = [];
    const callback = client.display.sync();
    callback.on('done', serial => serials.push(serial));
    settle();
    expect(serials).toEqual([7]);
    expect(callback.destroyed).toBe(true);
  });

  it('use an id again once the server has confirmed its end', () => {
    const first = client.display.sync();
    const second = client.display.sync();
    expect(second.id).not.toBe(first.id);
    settle();
    expect([first.id, second.id]).toContain(client.display.sync().id);
  });

  it('make objects on the server and end them on the client', () => {
    const dmabuf = client.display.get_registry().bind(2, 'zwp_linux_dmabuf_v1', 4);
    const buffers: ObjectProxy<'wl_buffer'>[] = [];
    const params = dmabuf.create_params();
    params.on('created', buffer => buffers.push(buffer));
    params.create(64, 64, 0x34325258, 0);
    settle();
    expect(buffers.map(({ id }) => id)).toEqual([0xff000000]);
    const before = server.objects.size;
    buffers[0]?.destroy();
    settle();
    expect(server.objects.size).toBe(before - 1);
    params.create(64, 64, 0x34325258, 0);
    settle();
    expect(buffers.map(({ id }) => id)).toEqual([0xff000000, 0xff000000]);
    expect(failures).toEqual([]);
  });

  it('round fixed numbers as the Wayland wire does', () => {
    const viewport = client.display
      .get_registry()
      .bind(3, 'wp_viewporter', 1)
      .get_viewport(bindCompositor().create_surface());
    viewport.set_source(0.1, 1.5, 2, 3.999);
    expect(clientEnd.outbox.at(-1)?.args).toEqual([26 / 256, 1.5, 2, 4]);
  });
});

describe('a request that cannot be sent', () => {
  it('of a newer version says which', () => {
    const surface = bindCompositor(3).create_surface();
    expect(() => surface.damage_buffer(0, 0, 1, 1)).toThrow(
      'wl_surface.damage_buffer was not sent: it exists since version 4, but wl_surface@4 has version 3',
    );
  });

  it('on a destroyed object says so', () => {
    const surface = bindCompositor().create_surface();
    surface.destroy();
    expect(() => surface.commit()).toThrow('wl_surface@4 is destroyed');
  });

  it('leaves nothing behind', () => {
    const surface = bindCompositor().create_surface();
    const [sent, size] = [clientEnd.outbox.length, client.size];
    expect(() => surface.attach(null, 0.5, 0)).toThrow(/x must be an int/);
    expect(() => client.display.get_registry().bind(1, 'wl_shm', 9)).toThrow(/there are 1 to 2/);
    expect([clientEnd.outbox.length, client.size]).toEqual([sent + 1, size + 1]);
  });
});

describe('events for the dead', () => {
  it('are dropped, and the handles they carry let go', () => {
    const feedback = client.display.get_registry().bind(2, 'zwp_linux_dmabuf_v1', 4).get_default_feedback();
    const tables: Handle[] = [];
    feedback.on('format_table', table => tables.push(table));
    feedback.destroy();
    client.dispatch({ object: feedback.id, opcode: 1, args: [{ kind: 'task', fd: 9 }, 16] });
    expect(tables).toEqual([]);
    expect(closed).toEqual([{ kind: 'task', fd: 9 }]);
    expect(failures).toEqual([]);
  });

  it('let go of handles that nobody listens for', () => {
    const feedback = client.display.get_registry().bind(2, 'zwp_linux_dmabuf_v1', 4).get_default_feedback();
    client.dispatch({ object: feedback.id, opcode: 1, args: [{ kind: 'task', fd: 9 }, 16] });
    expect(closed).toEqual([{ kind: 'task', fd: 9 }]);
  });

  it('make objects that are dead from the start', () => {
    const params = client.display.get_registry().bind(2, 'zwp_linux_dmabuf_v1', 4).create_params();
    params.destroy();
    client.dispatch({ object: params.id, opcode: 0, args: [0xff000000] });
    client.dispatch({ object: 0xff000000, opcode: 0, args: [] });
    expect(client.get(0xff000000)).toBeUndefined();
    expect(failures).toEqual([]);
  });

  it('do not reach listeners that a destroyed object would surprise', () => {
    const surface = bindCompositor().create_surface();
    const output = client.display.get_registry().bind(4, 'wl_output', 4);
    const entered: unknown[] = [];
    surface.on('enter', on => entered.push(on));
    client.dispatch({ object: surface.id, opcode: 0, args: [output.id] });
    output.release();
    client.dispatch({ object: surface.id, opcode: 0, args: [output.id] });
    expect(entered).toEqual([output]);
  });
});

describe('a fatal error', () => {
  it('of a handler reaches the client with its object and name', () => {
    const surface = bindCompositor().create_surface();
    surface.set_buffer_scale(0);
    settle();
    expect(failures.map(({ message }) => message)).toEqual([
      `wl_surface@${surface.id}: invalid_scale (0): scale must be at least 1, not 0`,
    ]);
    expect(server.objects.open).toBe(false);
  });

  it('about an object that was never here is still told', () => {
    client.dispatch({ object: 1, opcode: 0, args: [4711, 3, 'out of order'] });
    expect(failures[0]).toMatchObject({
      objectId: 4711,
      interfaceName: 'unknown',
      description: 'out of order',
    });
  });

  it.each([
    ['an unknown object', { object: 50, opcode: 0, args: [] }, /object 50, which does not exist/],
    ['an unknown event', { object: 1, opcode: 2, args: [] }, /wl_display@1 has no event 2/],
    ['arguments of another type', { object: 1, opcode: 1, args: ['2'] }, /id must be a uint/],
  ])('is a server that sends an event with %s', (_, message, words) => {
    client.dispatch(message);
    expect(failures[0]?.description).toMatch(words);
    client.dispatch(message);
    expect(failures).toHaveLength(1);
  });
});

describe('listeners', () => {
  it('run in order and stop when removed', () => {
    const calls: string[] = [];
    const surface = bindCompositor().create_surface();
    const first = surface.on('preferred_buffer_scale', () => {
      calls.push('first');
      first[Symbol.dispose]();
    });
    surface.on('preferred_buffer_scale', () => calls.push('second'));
    client.dispatch({ object: surface.id, opcode: 2, args: [1] });
    client.dispatch({ object: surface.id, opcode: 2, args: [1] });
    expect(calls).toEqual(['first', 'second', 'second']);
  });

  it('cannot be for an event that does not exist', () => {
    expect(() => bindCompositor().on('done' as never, ignore)).toThrow('wl_compositor has no event done');
  });
});
