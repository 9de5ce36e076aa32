import { beforeEach, describe, expect, it } from 'vitest';
import { ProtocolError } from './error.ts';
import type { HandlePort } from './handles.ts';
import { FIRST_SERVER_ID, MAX_ARRAY, MAX_STRING } from './limits.ts';
import type { Handle, Message, WireArgument } from './message.ts';
import type { Resource } from './resource.ts';
import { ServerObjects } from './server-objects.ts';
import { signatureOf } from './signature.ts';
import type { InterfaceName } from './types.ts';

const REGISTRY = 2;
const COMPOSITOR = 3;
const SURFACE = 4;
const REGION = 5;
const SHM = 6;
const TOPLEVEL = 7;
const VIEWPORT = 8;
const KERNEL = 9;

let sent: Message[];
let errors: ProtocolError[];
let handled: [string, ...unknown[]][];
let handles: { dropped: Handle[]; closed: Handle[]; received: Handle[] };
let objects: ServerObjects;

/** Handlers that write down every request of an interface. */
function recordRequests<N extends InterfaceName>(resource: Resource<N>): void {
  const { requests, name } = signatureOf(resource.interface);
  resource.setHandlers(
    Object.fromEntries(
      requests.map(request => [
        request.name,
        (_: unknown, ...args: unknown[]) => {
          handled.push([`${name}.${request.name}`, ...args]);
        },
      ]),
    ) as Parameters<Resource<N>['setHandlers']>[0],
  );
}

const opcode = (interfaceName: string, request: string) =>
  signatureOf(interfaceName).requests.findIndex(({ name }) => name === request);

function request(object: number, interfaceName: string, name: string, ...args: WireArgument[]): void {
  objects.dispatch({ object, opcode: opcode(interfaceName, name), args });
}

function bind(id: number, interfaceName: InterfaceName, version: number): void {
  request(REGISTRY, 'wl_registry', 'bind', 1, interfaceName, version, id);
}

function start(options: { maxObjects?: number; receive?: HandlePort['receive'] } = {}): void {
  sent = [];
  errors = [];
  handled = [];
  handles = { dropped: [], closed: [], received: [] };
  objects = new ServerObjects({
    send: message => sent.push(message),
    failed: error => errors.push(error),
    maxObjects: options.maxObjects ?? 100,
    handles: {
      receive: handle => {
        const own = options.receive?.(handle) ?? { kind: 'task', fd: handle.fd + 100 };
        handles.received.push(own);
        return own;
      },
      drop: handle => handles.dropped.push(handle),
      close: handle => handles.closed.push(handle),
      send: handle => ({ kind: 'task', fd: handle.fd + 1000 }),
    },
  });
  objects.display.setHandlers({
    sync: (_, callback) => callback.events.done(0),
    get_registry: (_, registry) => registry.setHandlers({ bind: (_, __, made) => recordRequests(made) }),
  });
  request(1, 'wl_display', 'get_registry', REGISTRY);
}

function startWithObjects(): void {
  start();
  bind(COMPOSITOR, 'wl_compositor', 5);
  bind(SURFACE, 'wl_surface', 3);
  bind(REGION, 'wl_region', 1);
  bind(SHM, 'wl_shm', 1);
  bind(TOPLEVEL, 'xdg_toplevel', 6);
  bind(VIEWPORT, 'wp_viewport', 1);
  bind(KERNEL, 'fencepost_kernel_v1', 1);
}

beforeEach(startWithObjects);

type Violation = [
  what: string,
  object: number,
  opcode: number,
  args: WireArgument[],
  code: string,
  words: RegExp,
];
const title = opcode('xdg_toplevel', 'set_title');
const attach = opcode('wl_surface', 'attach');
const source = opcode('wp_viewport', 'set_source');
const surface = opcode('wl_compositor', 'create_surface');
const pool = opcode('wl_shm', 'create_pool');
const write = opcode('fencepost_kernel_v1', 'write');
const openFile = opcode('fencepost_kernel_v1', 'open');
const memory: Handle = { kind: 'task', fd: 3 };

const violations: Violation[] = [
  ['an object that never was', 99, 0, [], 'invalid_object', /no object 99/],
  ['object 0', 0, 0, [], 'invalid_object', /no object 0/],
  ['an opcode past the last', SURFACE, 11, [], 'invalid_method', /wl_surface@4 has no request 11/],
  [
    'a request newer than the object',
    SURFACE,
    9,
    [0, 0, 1, 1],
    'invalid_method',
    /since version 4.*version 3/,
  ],
  ['too few arguments', SURFACE, attach, [null], 'invalid_method', /attach: takes 3 arguments, not 1/],
  ['too many arguments', SURFACE, 6, [1], 'invalid_method', /commit: takes 0 arguments, not 1/],
  ['a string for an int', SURFACE, attach, [0, '1', 0], 'invalid_method', /x must be an int/],
  ['a fraction for an int', SURFACE, attach, [0, 0.5, 0], 'invalid_method', /x must be an int.*number 0.5/],
  ['an int of 33 bits', SURFACE, attach, [0, 2 ** 31, 0], 'invalid_method', /x must be an int/],
  ['a negative uint', KERNEL, openFile, [-1, '/dev/udmabuf', 0], 'invalid_method', /serial must be a uint/],
  ['a NaN fixed', VIEWPORT, source, [Number.NaN, 0, 1, 1], 'invalid_method', /x must be a fixed/],
  ['a fixed of 25 bits', VIEWPORT, source, [2 ** 23, 0, 1, 1], 'invalid_method', /x must be a fixed/],
  ['null for a string', TOPLEVEL, title, [null], 'invalid_method', /title must be a string, not null/],
  ['bytes for a string', TOPLEVEL, title, [new Uint8Array(2)], 'invalid_method', /title must be a string/],
  ['NUL in a string', TOPLEVEL, title, ['a\0b'], 'invalid_method', /contains NUL/],
  ['half a surrogate pair', TOPLEVEL, title, ['\ud83d'], 'invalid_method', /not valid Unicode/],
  [
    'a long string',
    TOPLEVEL,
    title,
    ['x'.repeat(MAX_STRING + 1)],
    'invalid_method',
    /is 4084 bytes of UTF-8/,
  ],
  [
    'a string long in UTF-8',
    TOPLEVEL,
    title,
    ['ä'.repeat(MAX_STRING / 2 + 1)],
    'invalid_method',
    /is 4084 bytes/,
  ],
  [
    'a string for an array',
    KERNEL,
    write,
    [1, 3, 'abc'],
    'invalid_method',
    /bytes must be an array of bytes/,
  ],
  [
    'a long array',
    KERNEL,
    write,
    [1, 3, new Uint8Array(MAX_ARRAY + 1)],
    'invalid_method',
    /1048577 bytes; at most/,
  ],
  ['a number for a descriptor', SHM, pool, [20, 3, 4096], 'invalid_method', /fd must be a file descriptor/],
  [
    'a negative descriptor',
    SHM,
    pool,
    [20, { kind: 'task', fd: -1 }, 1],
    'invalid_method',
    /fd must be a file/,
  ],
  [
    'an object that is gone',
    SURFACE,
    attach,
    [77, 0, 0],
    'invalid_method',
    /buffer is object 77, which does not exist/,
  ],
  [
    'an object of another interface',
    SURFACE,
    attach,
    [REGION, 0, 0],
    'invalid_method',
    /must be a wl_buffer, but object 5 is a wl_region/,
  ],
  ['null where an object must be', TOPLEVEL, 5, [0, 1], 'invalid_method', /seat must be a wl_seat, not null/],
  [
    'a new id that is taken',
    COMPOSITOR,
    surface,
    [SURFACE],
    'invalid_method',
    /id is 4, which is still wl_surface@4/,
  ],
  ['new id 0', COMPOSITOR, surface, [0], 'invalid_method', /id is 0, which is not an id for clients/],
  [
    "a new id of the server's",
    COMPOSITOR,
    surface,
    [FIRST_SERVER_ID],
    'invalid_method',
    /not an id for clients/,
  ],
];

describe('a request that breaks the rules', () => {
  it.each(violations)('%s', (_, object, code, args, name, words) => {
    objects.dispatch({ object, opcode: code, args });
    expect(errors.map(error => error.codeName)).toEqual([name]);
    expect(errors[0]?.description).toMatch(words);
    expect(sent.at(-1)).toEqual({ object: 1, opcode: 0, args: [1, errors[0]?.code, errors[0]?.description] });
    expect(handled).toEqual([]);
  });

  it.each([
    ['an unknown interface', 'wl_shell', 1, /wl_shell is not known/],
    ['version 0', 'wl_shm', 0, /version 0 of wl_shm does not exist/],
    ['a version that does not exist', 'wl_shm', 3, /there are 1 to 2/],
  ])('binding %s is an error of the registry', (_, interfaceName, version, words) => {
    request(REGISTRY, 'wl_registry', 'bind', 1, interfaceName, version, 20);
    expect(errors[0]).toMatchObject({ objectId: REGISTRY, interfaceName: 'wl_registry', code: 0 });
    expect(errors[0]?.description).toMatch(words);
  });

  it('ends the client: later messages are ignored and their handles let go', () => {
    objects.dispatch({ object: 99, opcode: 0, args: [] });
    request(SHM, 'wl_shm', 'create_pool', 20, memory, 4096);
    expect(handled).toEqual([]);
    expect(handles).toEqual({ dropped: [memory], closed: [], received: [] });
    expect(errors).toHaveLength(1);
  });

  it('lets go of the handles that came with it', () => {
    request(SHM, 'wl_shm', 'create_pool', SHM, memory, 4096);
    expect(handles).toEqual({ dropped: [memory], closed: [], received: [] });
  });

  it('cannot make objects without end', () => {
    start({ maxObjects: 3 });
    bind(10, 'wl_region', 1);
    expect(errors).toEqual([]);
    bind(11, 'wl_region', 1);
    expect(errors[0]).toMatchObject({ codeName: 'no_memory' });
    expect(objects.size).toBe(3);
  });

  it('is posted as `implementation` where nobody answers it', () => {
    start();
    objects.display.setHandlers({} as Parameters<typeof objects.display.setHandlers>[0]);
    objects.dispatch({ object: 1, opcode: 0, args: [30] });
    expect(errors[0]).toMatchObject({ codeName: 'implementation' });
  });
});

describe('a request in order', () => {
  it('reaches its handler with resources, null and numbers', () => {
    request(SURFACE, 'wl_surface', 'set_input_region', REGION);
    request(SURFACE, 'wl_surface', 'attach', 0, -1, 2);
    expect(handled).toEqual([
      ['wl_surface.set_input_region', objects.get(REGION)],
      ['wl_surface.attach', null, -1, 2],
    ]);
  });

  it('takes strings and arrays up to the limit', () => {
    request(TOPLEVEL, 'xdg_toplevel', 'set_title', 'x'.repeat(MAX_STRING));
    request(KERNEL, 'fencepost_kernel_v1', 'write', 1, 3, new Uint8Array(MAX_ARRAY));
    expect(handled).toHaveLength(2);
  });

  it('hands over handles as files of the server', () => {
    request(SHM, 'wl_shm', 'create_pool', 20, memory, 4096);
    expect(handled[0]?.slice(2)).toEqual([{ kind: 'task', fd: 103 }, 4096]);
    expect(handles.dropped).toEqual([]);
  });

  it('gives new objects the version of their creator, as far as their interface goes', () => {
    request(COMPOSITOR, 'wl_compositor', 'create_surface', 20);
    request(COMPOSITOR, 'wl_compositor', 'create_region', 21);
    expect([objects.get(20)?.version, objects.get(21)?.version]).toEqual([5, 1]);
  });

  it('of a destructor frees the id for reuse after delete_id', () => {
    const ended: string[] = [];
    objects.get(REGION)?.onDestroy(() => ended.push('region'));
    request(REGION, 'wl_region', 'destroy');
    expect(ended).toEqual(['region']);
    expect(sent.at(-1)).toEqual({ object: 1, opcode: 1, args: [REGION] });
    request(COMPOSITOR, 'wl_compositor', 'create_surface', REGION);
    expect(objects.get(REGION)?.interface).toBe('wl_surface');
    expect(errors).toEqual([]);
  });

  it('to a destroyed object is an invalid object', () => {
    request(REGION, 'wl_region', 'destroy');
    request(REGION, 'wl_region', 'destroy');
    expect(errors[0]).toMatchObject({ codeName: 'invalid_object' });
  });

  it('whose handler throws a ProtocolError posts it about that object', () => {
    const shm = objects.get(SHM);
    if (shm?.interface !== 'wl_shm') throw new Error('no wl_shm');
    shm.setHandlers({
      create_pool: resource => {
        throw new ProtocolError(resource, 1, 'size must be more than 0, not -1');
      },
      release() {},
    });
    request(SHM, 'wl_shm', 'create_pool', 20, memory, -1);
    expect(sent.at(-1)?.args).toEqual([SHM, 1, 'size must be more than 0, not -1']);
    expect(errors[0]?.message).toBe('wl_shm@6: invalid_stride (1): size must be more than 0, not -1');
  });

  it('whose handles cannot be received lets them go and goes on up', () => {
    start({
      receive: () => {
        throw new Error('EMFILE');
      },
    });
    bind(SHM, 'wl_shm', 1);
    expect(() => request(SHM, 'wl_shm', 'create_pool', 20, memory, 1)).toThrow('EMFILE');
    expect(handles.dropped).toEqual([memory]);
    expect(objects.get(20)).toBeUndefined();
  });
});

describe('events', () => {
  const surfaceOf = () => {
    const resource = objects.get(SURFACE);
    if (resource?.interface !== 'wl_surface') throw new Error('no wl_surface');
    return resource;
  };

  it('newer than the object are a programming error', () => {
    expect(() => surfaceOf().events.preferred_buffer_scale(2)).toThrow(
      'wl_surface.preferred_buffer_scale was not sent: it exists since version 6, but wl_surface@4 has version 3',
    );
  });

  it('with arguments that cannot travel are a programming error', () => {
    const buffer = objects.create('wl_buffer', 1);
    const output = objects.create('wl_output', 4);
    expect(() => surfaceOf().events.enter(buffer as unknown as typeof output)).toThrow(
      /must be a wl_output, not a wl_buffer/,
    );
    output.destroy();
    expect(() => surfaceOf().events.enter(output)).toThrow(/is destroyed/);
  });

  it('on a destroyed object are not sent', () => {
    const region = surfaceOf();
    const output = objects.create('wl_output', 4);
    request(SURFACE, 'wl_surface', 'destroy');
    const before = sent.length;
    region.events.enter(output);
    expect(sent).toHaveLength(before);
  });

  it('that destroy end the object once they are sent', () => {
    request(1, 'wl_display', 'sync', 30);
    expect(sent.slice(-2)).toEqual([
      { object: 30, opcode: 0, args: [0] },
      { object: 1, opcode: 1, args: [30] },
    ]);
    expect(objects.get(30)).toBeUndefined();
  });

  it('duplicate the handles they send', () => {
    bind(20, 'zwp_linux_dmabuf_feedback_v1', 4);
    const feedback = objects.get(20);
    if (feedback?.interface !== 'zwp_linux_dmabuf_feedback_v1') throw new Error('no feedback');
    feedback.events.format_table({ kind: 'task', fd: 5 }, 16);
    expect(sent.at(-1)?.args).toEqual([{ kind: 'task', fd: 1005 }, 16]);
  });
});

describe('objects of the server', () => {
  it('that no event can announce any more are gone, and leave no gap in the ids', () => {
    const parent = objects.create('wl_data_device', 3);
    parent.destroy();
    const offer = objects.create('wl_data_offer', 3);
    parent.events.data_offer(offer);
    expect(offer.destroyed).toBe(true);
    expect(objects.create('wl_data_offer', 3).id).toBe(offer.id);
  });

  it("have ids that are used again once the client has destroyed them, and never after the server's own destroy", () => {
    const first = objects.create('wl_buffer', 1);
    recordRequests(first);
    expect(first.id).toBe(FIRST_SERVER_ID);
    request(first.id, 'wl_buffer', 'destroy');
    expect(sent).toEqual([]);
    const second = objects.create('wl_buffer', 1);
    expect(second.id).toBe(FIRST_SERVER_ID);
    second.destroy();
    expect(objects.create('wl_buffer', 1).id).toBe(FIRST_SERVER_ID + 1);
  });

  it('end in the order of their creation when the client goes, and nothing more is sent', () => {
    const order: number[] = [];
    request(REGION, 'wl_region', 'destroy');
    bind(REGION, 'wl_region', 1);
    const before = sent.length;
    for (const resource of objects.all()) resource.onDestroy(() => order.push(resource.id));
    objects.disconnect();
    expect(order).toEqual([1, REGISTRY, COMPOSITOR, SURFACE, SHM, TOPLEVEL, VIEWPORT, KERNEL, REGION]);
    expect(objects.size).toBe(0);
    expect(sent).toHaveLength(before);
  });
});
