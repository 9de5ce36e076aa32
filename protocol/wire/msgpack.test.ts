import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { MAX_ARRAY, MAX_MESSAGE, MAX_STRING } from '../object/limits.ts';
import type { Message } from '../object/message.ts';
import { type DescriptorSource, noDescriptors } from './descriptors.ts';
import { WireError } from './error.ts';
import { encodeMessage, MsgpackCodec, PREFIX } from './msgpack.ts';

const everything: Message = {
  object: 0xff000001,
  opcode: 7,
  args: [
    0,
    -1,
    0x7fffffff,
    -0x80000000,
    0xffffffff,
    1.5,
    -2.25,
    '',
    'grüße, 世界',
    'x'.repeat(MAX_STRING),
    null,
    new Uint8Array([1, 2, 3]),
    new Uint8Array(300).fill(7),
    { kind: 'task', fd: 12 },
    { kind: 'task', fd: 0x7fffffff },
  ],
};

/** A small generator with a seed, so that a failure can be run again. */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function framed(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(PREFIX + payload.length);
  new DataView(frame.buffer).setUint32(0, payload.length, true);
  frame.set(payload, PREFIX);
  return frame;
}

function decode(bytes: Uint8Array, descriptors: DescriptorSource = noDescriptors): Message[] {
  const out: Message[] = [];
  new MsgpackCodec(descriptors).push(bytes, out);
  return out;
}

function descriptorsOf(...fds: number[]): DescriptorSource {
  return {
    get available() {
      return fds.length;
    },
    take: () => fds.shift()!,
  };
}

describe('encodeMessage and MsgpackCodec', () => {
  it('carry every kind of argument', () => {
    expect(decode(encodeMessage(everything))).toEqual([everything]);
  });

  it('copy binaries out of the chunk, as plain Uint8Arrays', () => {
    const frame = Uint8Array.from(encodeMessage({ object: 1, opcode: 0, args: [new Uint8Array([5, 6])] }));
    const [message] = decode(frame);
    frame.fill(0);
    expect(message!.args[0]).toEqual(new Uint8Array([5, 6]));
    expect(Object.getPrototypeOf(message!.args[0])).toBe(Uint8Array.prototype);
  });

  it('give host handles the descriptors in the order of arrival', () => {
    const descriptors = descriptorsOf(40, 41, 42);
    const host = { kind: 'host', fd: 3 } as const;
    const out: Message[] = [];
    const decoder = new MsgpackCodec(descriptors);
    decoder.push(encodeMessage({ object: 1, opcode: 0, args: [host, 5, host] }), out);
    decoder.push(encodeMessage({ object: 1, opcode: 0, args: [host] }), out);
    expect(out.map(message => message.args)).toEqual([
      [{ kind: 'host', fd: 40 }, 5, { kind: 'host', fd: 41 }],
      [{ kind: 'host', fd: 42 }],
    ]);
  });

  it('refuse a message that names descriptors which did not arrive, and take none for it', () => {
    const descriptors = descriptorsOf(40);
    const host = { kind: 'host', fd: 3 } as const;
    expect(() => decode(encodeMessage({ object: 1, opcode: 0, args: [host, host] }), descriptors)).toThrow(
      /names 2 host descriptors; 1 have arrived/,
    );
    expect(descriptors.available).toBe(1);
  });

  it('do not mind where the stream is cut', () => {
    const stream: number[] = [];
    const sent: Message[] = [];
    for (let index = 0; index < 5; index++) {
      const message: Message = {
        object: index + 1,
        opcode: index,
        args: [index * 1000, new Uint8Array(index * 99)],
      };
      sent.push(message, everything);
      stream.push(...encodeMessage(message), ...encodeMessage(everything));
    }
    const bytes = Uint8Array.from(stream);
    const random = numbers(1);
    for (const most of [1, 2, 3, 5, 100, 3000]) {
      const out: Message[] = [];
      const decoder = new MsgpackCodec(noDescriptors);
      for (let at = 0; at < bytes.length; ) {
        const length = 1 + random(most);
        decoder.push(bytes.slice(at, at + length), out);
        at += length;
      }
      expect(out).toEqual(sent);
      expect(decoder.pendingBytes).toBe(0);
    }
  });

  it('carry the largest array there is', () => {
    const array = new Uint8Array(MAX_ARRAY).fill(3);
    const frame = Uint8Array.from(encodeMessage({ object: 1, opcode: 0, args: [array] }));
    const out: Message[] = [];
    const decoder = new MsgpackCodec(noDescriptors);
    for (let at = 0; at < frame.length; at += 50_000) decoder.push(frame.subarray(at, at + 50_000), out);
    expect(out).toHaveLength(1);
    expect(Buffer.compare(out[0]!.args[0] as Uint8Array, array)).toBe(0);
  });

  it('refuse to send what no receiver takes', () => {
    expect(() => encodeMessage({ object: 1, opcode: 0, args: [{ kind: 'task', fd: -1 }] })).toThrow(
      /valid handle/,
    );
    const too = new Uint8Array(MAX_MESSAGE);
    expect(() => encodeMessage({ object: 1, opcode: 0, args: [too] })).toThrow(WireError);
    expect(() => encodeMessage({ object: 1, opcode: 0, args: new Array(33).fill(0) })).toThrow(
      /at most 32 arguments/,
    );
  });
});

describe('bad input', () => {
  const pack = (value: unknown) => framed(new Packr({ useRecords: false }).pack(value));
  const raw = (...bytes: number[]) => framed(Uint8Array.from(bytes));

  const cases: [string, Uint8Array, RegExp][] = [
    ['a length past the limit', Uint8Array.of(0xff, 0xff, 0xff, 0x7f), /says it has 2147483647 bytes/],
    ['an empty frame', raw(), /ends in the middle/],
    ['not an array', pack(5), /is a MessagePack array/],
    ['a map', pack({ a: 1 }), /is a MessagePack array/],
    ['an array of four billion', raw(0xdd, 0xff, 0xff, 0xff, 0xff), /is a MessagePack array/],
    ['too few elements', pack([1]), /has 1 elements/],
    ['too many arguments', pack(new Array(60).fill(1)), /has 60 elements/],
    ['a negative object', pack([-1, 0]), /object id .* unsigned/],
    ['an opcode that is too large', pack([1, 70_000]), /opcode .* at most 65535/],
    ['a boolean', pack([1, 0, true]), /type 0xc3; allowed are/],
    ['a nested array', pack([1, 0, [1]]), /type 0x91/],
    ['a nested map', pack([1, 0, { a: 1 }]), /type 0xde/],
    ['a 64-bit integer', pack([1, 0, 1n << 40n]), /type 0xd3/],
    ['a date', pack([1, 0, new Date(0)]), /extension type 255/],
    ['a record definition', raw(0x93, 1, 0, 0xd4, 0x72, 0x40), /extension type 114/],
    ['bundled strings', raw(0x93, 1, 0, 0xd6, 0x62, 0, 0, 0, 1), /extension type 98/],
    ['a string past the limit', pack([1, 0, 'x'.repeat(4084)]), /string of 4084 bytes; at most 4083/],
    [
      'a string longer than the frame',
      raw(0x93, 1, 0, 0xda, 0x0f, 0xf3),
      /says it has 4083 bytes; 0 are left/,
    ],
    [
      'a binary longer than the frame',
      raw(0x93, 1, 0, 0xc6, 0, 0x10, 0, 0),
      /says it has 1048576 bytes; 0 are left/,
    ],
    ['a negative descriptor', raw(0x93, 1, 0, 0xd6, 2, 0xff, 0xff, 0xff, 0xff), /negative file descriptor/],
    ['bytes after the end', raw(0x92, 1, 0, 0), /1 bytes follow/],
  ];
  for (const [name, bytes, words] of cases)
    it(`names ${name}`, () => {
      expect(() => decode(bytes)).toThrow(WireError);
      expect(() => decode(bytes)).toThrow(words);
    });

  it('throws nothing but WireError, whatever is cut or changed', () => {
    const random = numbers(7);
    const good = Uint8Array.from(encodeMessage(everything));
    const outcomes = { decoded: 0, refused: 0, waiting: 0 };
    for (let round = 0; round < 4000; round++) {
      const bytes = good.slice();
      for (let change = random(6); change >= 0; change--) bytes[random(PREFIX + 60)] = random(256);
      const cut = random(4) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
      outcomes[outcome(cut)]++;
    }
    expect(Object.values(outcomes).every(count => count > 0)).toBe(true);
  });

  it('throws nothing but WireError for noise', () => {
    const random = numbers(11);
    for (let round = 0; round < 4000; round++) {
      const noise = new Uint8Array(1 + random(80));
      for (let index = 0; index < noise.length; index++) noise[index] = random(256);
      if (random(2) === 0) noise[0] = 0x92 + random(8);
      outcome(framed(noise));
    }
  });

  it('allocates by what arrived, not by what a length says', () => {
    const decoders: MsgpackCodec[] = [];
    const before = process.memoryUsage().arrayBuffers;
    for (let index = 0; index < 2000; index++) {
      const decoder = new MsgpackCodec(noDescriptors);
      const prefix = new Uint8Array(PREFIX);
      new DataView(prefix.buffer).setUint32(0, MAX_MESSAGE, true);
      decoder.push(prefix, []);
      decoders.push(decoder);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 << 20);
    expect(decoders.every(decoder => decoder.pendingBytes === PREFIX)).toBe(true);
  });

  function outcome(bytes: Uint8Array): 'decoded' | 'refused' | 'waiting' {
    try {
      return decode(bytes, descriptorsOf(1, 2, 3, 4, 5, 6)).length > 0 ? 'decoded' : 'waiting';
    } catch (error) {
      if (error instanceof WireError) return 'refused';
      throw error;
    }
  }
});
