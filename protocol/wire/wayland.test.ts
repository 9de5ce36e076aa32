import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interfaces } from '../interfaces/index.ts';
import { FIRST_SERVER_ID, MAX_STRING } from '../object/limits.ts';
import type { Message, WireArgument } from '../object/message.ts';
import { type InterfaceSignature, type MessageSignature, signatureOf } from '../object/signature.ts';
import type { Argument } from '../object/table.ts';
import type { DescriptorSource } from './descriptors.ts';
import { WireError } from './error.ts';
import { WaylandCodec } from './wayland.ts';

/** Words as `xxd -e` shows them: the tests' hosts are little endian. */
function words(text: string): Uint8Array {
  return Uint8Array.from(
    text.split(/\s+/).flatMap(word => word.match(/../g)!.map(byte => parseInt(byte, 16))),
  );
}

function descriptorsOf(fds: number[]): DescriptorSource {
  return {
    get available() {
      return fds.length;
    },
    take: () => fds.shift()!,
  };
}

/** The two ends of a connection, with nothing between them. */
class Ends {
  readonly serverFds: number[] = [];
  readonly clientFds: number[] = [];
  readonly server = new WaylandCodec('server', descriptorsOf(this.serverFds));
  readonly client = new WaylandCodec('client', descriptorsOf(this.clientFds));

  /** What the server makes of requests. */
  request(...messages: Message[]): Message[] {
    return carry(messages, this.client, this.server, this.serverFds);
  }

  /** What the client makes of events. */
  event(...messages: Message[]): Message[] {
    return carry(messages, this.server, this.client, this.clientFds);
  }

  /** What the server makes of bytes. */
  bytes(bytes: Uint8Array): Message[] {
    const out: Message[] = [];
    this.server.push(bytes, out);
    return out;
  }
}

function carry(messages: Message[], from: WaylandCodec, to: WaylandCodec, fds: number[]): Message[] {
  const out: Message[] = [];
  for (const message of messages) {
    const bytes = from.encode(message);
    for (const argument of message.args)
      if (typeof argument === 'object' && argument !== null && 'fd' in argument) fds.push(argument.fd);
    to.push(bytes, out);
  }
  return out;
}

const opcode = (interfaceName: string, name: string, kind: 'requests' | 'events' = 'requests'): number =>
  signatureOf(interfaceName)[kind].findIndex(message => message.name === name);

const request = (object: number, path: string, ...args: WireArgument[]): Message => {
  const [interfaceName, name] = path.split('.') as [string, string];
  return { object, opcode: opcode(interfaceName, name), args };
};
const event = (object: number, path: string, ...args: WireArgument[]): Message => {
  const [interfaceName, name] = path.split('.') as [string, string];
  return { object, opcode: opcode(interfaceName, name, 'events'), args };
};

const bind = (interfaceName: string, id: number): Message =>
  request(2, 'wl_registry.bind', 1, interfaceName, 1, id);
const registry = request(1, 'wl_display.get_registry', 2);

/** Ends with a registry (2) and an object (3). */
function bound(interfaceName: string): Ends {
  const ends = new Ends();
  ends.request(registry, bind(interfaceName, 3));
  return ends;
}

describe('the bytes', () => {
  it('are those that libwayland sends: what weston-simple-shm starts with', () => {
    const { client, server } = new Ends();
    const sent = [
      registry,
      request(1, 'wl_display.sync', 3),
      request(2, 'wl_registry.bind', 1, 'wl_compositor', 1, 4),
      request(2, 'wl_registry.bind', 2, 'wl_shm', 1, 5),
      request(2, 'wl_registry.bind', 3, 'xdg_wm_base', 1, 6),
    ];
    const captured = words(
      `01000000 01000c00 02000000
       01000000 00000c00 03000000
       02000000 00002800 01000000 0e000000 776c5f63 6f6d706f 7369746f 72000000 01000000 04000000
       02000000 00002000 02000000 07000000 776c5f73 686d0000 01000000 05000000
       02000000 00002400 03000000 0c000000 7864675f 776d5f62 61736500 01000000 06000000`.trim(),
    );
    expect(Buffer.concat(sent.map(message => Uint8Array.from(client.encode(message))))).toEqual(
      Buffer.from(captured),
    );
    const out: Message[] = [];
    server.push(captured, out);
    expect(out).toEqual(sent);
  });

  it.each([
    [
      'a null string and no object',
      'wl_data_offer',
      request(3, 'wl_data_offer.accept', 7, null),
      '03000000 00001000 07000000 00000000',
    ],
    [
      'negative numbers',
      'wl_surface',
      request(3, 'wl_surface.attach', 0, -1, 2),
      '03000000 01001400 00000000 ffffffff 02000000',
    ],
    [
      'a string that fills its words',
      'xdg_toplevel',
      request(3, 'xdg_toplevel.set_title', 'abc'),
      '03000000 02001000 04000000 61626300',
    ],
    [
      'an empty string',
      'xdg_toplevel',
      request(3, 'xdg_toplevel.set_title', ''),
      '03000000 02001000 01000000 00000000',
    ],
    [
      'fixed numbers in steps of 1/256',
      'wp_viewport',
      request(3, 'wp_viewport.set_source', 1.5, -1 / 256, 0, 640),
      '03000000 01001800 80010000 ffffffff 00000000 00800200',
    ],
  ] as const)('of %s', (_, interfaceName, message, expected) => {
    const ends = bound(interfaceName);
    expect(Buffer.from(ends.client.encode(message))).toEqual(Buffer.from(words(expected)));
    expect(ends.bytes(words(expected))).toEqual([message]);
  });

  it('of an array are padded to words', () => {
    const ends = bound('wl_keyboard');
    const enter = event(3, 'wl_keyboard.enter', 9, 3, Uint8Array.of(1, 2, 3));
    const bytes = words('03000000 01001800 09000000 03000000 03000000 01020300');
    expect(Buffer.from(ends.server.encode(enter))).toEqual(Buffer.from(bytes));
    expect(ends.event(enter)).toEqual([enter]);
  });
});

const interfaceNames = Object.keys(interfaces).map(name => signatureOf(name));

const text = fc
  .string({ unit: 'binary', maxLength: 60 })
  .filter(value => !value.includes('\0') && !/\p{Surrogate}/u.test(value));
const uint = fc.integer({ min: 0, max: 0xffffffff });
const int = fc.integer({ min: -0x80000000, max: 0x7fffffff });

function anyValue(argument: Argument, newId: number): fc.Arbitrary<WireArgument> {
  switch (argument.kind) {
    case 'int':
      return int;
    case 'uint':
    case 'object':
      return uint;
    case 'new_id':
      return fc.constant(newId);
    case 'fixed':
      return int.map(value => value / 256);
    case 'string':
      return argument.nullable ? fc.option(text) : text;
    case 'array':
      return fc.uint8Array({ maxLength: 80 });
    case 'fd':
      return fc.nat({ max: 1000 }).map(fd => ({ kind: 'host' as const, fd }));
  }
}

const messagesOf = (signature: InterfaceSignature, kind: 'requests' | 'events', newId: number) =>
  signature[kind].map((message: MessageSignature) =>
    fc
      .tuple(...message.wire.map(argument => anyValue(argument, newId)))
      .map(args => ({ object: 3, opcode: message.opcode, args })),
  );

describe('every message of every table', () => {
  const all = (kind: 'requests' | 'events', newId: number) =>
    fc
      .constantFrom(...interfaceNames.filter(signature => signature[kind].length > 0))
      .chain(signature =>
        fc.tuple(fc.constant(signature.name), fc.oneof(...messagesOf(signature, kind, newId))),
      );

  it('arrives as it was sent: requests', () => {
    fc.assert(
      fc.property(all('requests', 4), ([interfaceName, message]) => {
        expect(bound(interfaceName).request(message)).toEqual([message]);
      }),
      { numRuns: 2000 },
    );
  });

  it('arrives as it was sent: events', () => {
    fc.assert(
      fc.property(all('events', FIRST_SERVER_ID), ([interfaceName, message]) => {
        expect(bound(interfaceName).event(message)).toEqual([message]);
      }),
      { numRuns: 2000 },
    );
  });

  it('arrives however the stream is cut', () => {
    const sent = [registry, bind('wl_compositor', 3), bind('wl_shm', 4), request(1, 'wl_display.sync', 5)];
    const { client } = new Ends();
    const stream = Buffer.concat(sent.map(message => Uint8Array.from(client.encode(message))));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), sizes => {
        const { server } = new Ends();
        const out: Message[] = [];
        for (let at = 0, piece = 0; at < stream.length; piece++) {
          const end = at + sizes[piece % sizes.length]!;
          server.push(stream.subarray(at, end), out);
          at = end;
        }
        expect(out).toEqual(sent);
        expect(server.pendingBytes).toBe(0);
      }),
    );
  });
});

describe('noise', () => {
  /** What comes of bytes; anything but a WireError fails the test. */
  function read(ends: Ends, bytes: Uint8Array): 'messages' | 'malformed' | 'refused' | 'waiting' {
    try {
      const out = ends.bytes(bytes);
      if (out.some(message => message.malformed !== undefined)) return 'malformed';
      return out.length > 0 ? 'messages' : 'waiting';
    } catch (error) {
      expect(error).toBeInstanceOf(WireError);
      return 'refused';
    }
  }

  it('throws nothing but WireError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        read(bound('wl_surface'), bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('behind a header that fits ends in every way that there is', () => {
    const outcomes = new Set<string>();
    const header = fc.tuple(
      fc.constantFrom(1, 2, 3, 4),
      fc.nat({ max: 12 }),
      fc.constantFrom(8, 12, 16, 20, 28, 40, 6),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...interfaceNames),
        header,
        fc.uint8Array({ maxLength: 40 }),
        (at, head, body) => {
          const bytes = new Uint8Array(8 + body.length);
          const [object, code, size] = head;
          new DataView(bytes.buffer).setUint32(0, object, true);
          new DataView(bytes.buffer).setUint32(4, (size << 16) | code, true);
          bytes.set(body, 8);
          outcomes.add(read(bound(at.name), bytes));
        },
      ),
      { numRuns: 3000 },
    );
    expect([...outcomes].sort()).toEqual(['malformed', 'messages', 'refused', 'waiting']);
  });
});

describe('a message that cannot be read', () => {
  const surfaceBytes = (hex: string): Message[] => bound('wl_surface').bytes(words(hex));

  it.each([
    ['ends early', 'wl_surface', '03000000 01000c00 00000000', /ends before x/],
    ['goes on', 'wl_surface', '03000000 06000c00 00000000', /4 bytes follow the last argument/],
    [
      'has a string without NUL',
      'xdg_toplevel',
      '03000000 02001000 04000000 61626364',
      /does not end with NUL/,
    ],
    [
      'has a string that is longer than it',
      'xdg_toplevel',
      '03000000 02001000 ffffffff 61626364',
      /says it has 4294967295 bytes; 4 are left/,
    ],
    [
      'comes without its descriptor',
      'wl_shm',
      '03000000 00001000 04000000 00100000',
      /needs 1 file descriptors; 0 have arrived/,
    ],
    ['takes an id that is in use', 'wl_surface', '03000000 03000c00 02000000', /2 is in use/],
    [
      'leaves a gap in the ids',
      'wl_surface',
      '03000000 03000c00 09000000',
      /9 leaves a gap; the next .* is 4/,
    ],
    ['takes an id of the server', 'wl_surface', '03000000 03000c00 000000ff', /is not an id for clients/],
  ] as const)('is delivered as such: it %s', (_, interfaceName, bytes, problem) => {
    const [message, ...others] = bound(interfaceName).bytes(words(bytes));
    expect(message).toMatchObject({ object: 3, args: [] });
    expect(message!.malformed).toMatch(problem);
    expect(others).toEqual([]);
  });

  it('comes after those before it, and nothing comes after it', () => {
    const commit = '03000000 06000800';
    const messages = surfaceBytes(`${commit} 03000000 01000c00 00000000 ${commit}`);
    expect(messages.map(message => message.malformed === undefined)).toEqual([true, false]);
  });

  it('leaves its descriptors where they are', () => {
    const ends = bound('wl_shm');
    ends.serverFds.push(7);
    expect(ends.bytes(words('03000000 00000c00 04000000'))[0]!.malformed).toBeDefined();
    expect(ends.serverFds).toEqual([7]);
  });

  it('may be for nobody, or of no kind', () => {
    expect(surfaceBytes('09000000 00000800')).toMatchObject([{ object: 9, opcode: 0, args: [] }]);
    expect(surfaceBytes('03000000 ff000800')).toMatchObject([{ object: 3, opcode: 255, args: [] }]);
  });

  it.each([
    ['shorter than its header', '03000000 06000400'],
    ['no whole number of words', '03000000 06000a00 00000000'],
  ])('is the end of the stream when it is %s', (_, bytes) => {
    expect(() => surfaceBytes(bytes)).toThrow(WireError);
  });
});

describe('strings', () => {
  const title = (bytes: string): unknown => bound('xdg_toplevel').bytes(words(bytes))[0]!.args[0];

  it('end at their first NUL, as in C', () => {
    expect(title('03000000 02001000 04000000 61006300')).toBe('a');
  });

  it('which are cut inside a character are still titles', () => {
    expect(title('03000000 02001000 04000000 61e28200')).toBe('a\ufffd');
  });
});

describe('what is too long for the buffers of libwayland', () => {
  it('is not sent', () => {
    const ends = bound('xdg_toplevel');
    const title = (length: number) => request(3, 'xdg_toplevel.set_title', 'x'.repeat(length));
    expect(ends.client.encode(title(4083)).length).toBe(4096);
    expect(() => ends.client.encode(title(4084))).toThrow(/at most 4096 bytes/);
    expect(() => ends.client.encode(request(3, 'xdg_toplevel.set_title', 'ü'.repeat(3000)))).toThrow(
      WireError,
    );
    expect(ends.request(title(10))).toEqual([title(10)]);
  });

  it('is no title: the longest that any client may set can be passed on', () => {
    const title = event(3, 'zwlr_foreign_toplevel_handle_v1.title', 'x'.repeat(MAX_STRING));
    expect(bound('zwlr_foreign_toplevel_handle_v1').event(title)).toEqual([title]);
  });
});

describe('descriptors', () => {
  const fd = (number: number) => ({ kind: 'host' as const, fd: number });

  it('go to their messages in the order of arrival', () => {
    const ends = bound('wl_shm');
    const pool = (id: number, number: number) => request(3, 'wl_shm.create_pool', id, fd(number), 4096);
    expect(ends.request(pool(4, 40), pool(5, 41))).toEqual([pool(4, 40), pool(5, 41)]);
  });

  it('of a Task cannot be sent', () => {
    const { client } = bound('wl_shm');
    const handle = { kind: 'task', fd: 5 } as const;
    expect(() => client.encode(request(3, 'wl_shm.create_pool', 4, handle, 4096))).toThrow(/real descriptor/);
  });
});

describe('ids', () => {
  const sync = (id: number) => request(1, 'wl_display.sync', id);
  const deleteId = (id: number) => event(1, 'wl_display.delete_id', id);

  it('of the client are free after their delete_id, and not before', () => {
    const ends = bound('wl_compositor');
    expect(ends.request(sync(4))).toEqual([sync(4)]);
    ends.event(event(4, 'wl_callback.done', 1), deleteId(4));
    expect(ends.request(sync(4))).toEqual([sync(4)]);
    expect(ends.request(sync(4))[0]!.malformed).toMatch(/4 is in use/);
  });

  it('may be of another interface the next time', () => {
    const ends = bound('wl_compositor');
    ends.request(sync(4));
    ends.event(event(4, 'wl_callback.done', 1), deleteId(4));
    const commit = request(4, 'wl_surface.commit');
    expect(ends.request(request(3, 'wl_compositor.create_surface', 4), commit).at(-1)).toEqual(commit);
  });

  it('of the server are free with their destructor, for the server', () => {
    const ends = bound('wl_data_device');
    const offer = event(3, 'wl_data_device.data_offer', FIRST_SERVER_ID);
    const text = event(FIRST_SERVER_ID, 'wl_data_offer.offer', 'text/plain');
    expect(ends.event(offer, text)).toEqual([offer, text]);
    const destroy = request(FIRST_SERVER_ID, 'wl_data_offer.destroy');
    expect(ends.request(destroy)).toEqual([destroy]);
    expect(ends.bytes(words('000000ff 02000800'))[0]!.malformed).toBeDefined();
    expect(ends.event(offer, text)).toEqual([offer, text]);
  });

  it('of the server are understood by the client until the server knows of the end', () => {
    const ends = bound('wl_data_device');
    const offer = event(3, 'wl_data_device.data_offer', FIRST_SERVER_ID);
    ends.event(offer);
    const late = ends.server.encode(event(FIRST_SERVER_ID, 'wl_data_offer.offer', 'text/plain')).slice();
    ends.client.encode(request(FIRST_SERVER_ID, 'wl_data_offer.destroy'));
    const out: Message[] = [];
    ends.client.push(late, out);
    expect(out).toEqual([event(FIRST_SERVER_ID, 'wl_data_offer.offer', 'text/plain')]);
  });

  it('of interfaces that have no table here are taken, and what comes for them is not read', () => {
    const ends = new Ends();
    ends.request(registry);
    const unknown = bind('zwp_future_v9', 3);
    expect(ends.request(unknown)).toEqual([unknown]);
    expect(ends.bytes(words('03000000 00000800'))[0]!.malformed).toBeDefined();
  });
});
