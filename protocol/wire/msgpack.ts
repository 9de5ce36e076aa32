import { addExtension, Packr, Unpackr } from 'msgpackr';
import { MAX_MESSAGE } from '../object/limits.ts';
import { type Handle, isHandle, type Message, type WireArgument } from '../object/message.ts';
import { checkFrame, checkSize, HOST_HANDLE, MAX_ARGUMENTS, TASK_HANDLE } from './check.ts';
import type { CodecFactory, WireCodec } from './codec.ts';
import type { DescriptorSource } from './descriptors.ts';
import { WireError } from './error.ts';
import { FrameReader } from './frames.ts';

/** Bytes before each frame: its length, unsigned, little endian, without themselves. */
export const PREFIX = 4;

/** How msgpackr sees a host handle: a place in the order of descriptors that travel beside the bytes. */
class HostMark {}

/** How msgpackr sees a handle in the client's Task, so that it cannot be taken for a plain number. */
class TaskMark {
  readonly fd: number;
  constructor(fd: number) {
    this.fd = fd;
  }
}

const hostMark = new HostMark();

addExtension({
  Class: HostMark,
  type: HOST_HANDLE,
  pack: () => new Uint8Array(1),
  unpack: () => hostMark,
});
addExtension({
  Class: TaskMark,
  type: TASK_HANDLE,
  pack: (mark: TaskMark) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setInt32(0, mark.fd);
    return bytes;
  },
  unpack: (bytes: Uint8Array) => ({
    kind: 'task',
    fd: new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0),
  }),
});

const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false, copyBuffers: true, int64AsType: 'number' });

/** msgpackr's flags: leave room before the value, and let the next value overwrite this one. */
const RESERVE_START_SPACE = 2048;
const RESET_BUFFER_MODE = 1024;

/**
 * One message as a frame: `u32` length, then the MessagePack array `[object, opcode, ...arguments]`. The bytes are valid
 * until the next call. Throws `WireError` for a message that no receiver would take.
 */
export function encodeMessage(message: Message): Uint8Array {
  const { args } = message;
  if (args.length > MAX_ARGUMENTS)
    throw new WireError(`a message has at most ${MAX_ARGUMENTS} arguments; this one has ${args.length}`);
  const values: unknown[] = [message.object, message.opcode];
  for (const argument of args) {
    checkSize(argument);
    values.push(typeof argument === 'object' && argument !== null ? encodable(argument) : argument);
  }
  const frame: Uint8Array = packr.pack(values, RESERVE_START_SPACE | RESET_BUFFER_MODE | PREFIX);
  const length = frame.length - PREFIX;
  if (length > MAX_MESSAGE)
    throw new WireError(`a message of ${length} bytes; at most ${MAX_MESSAGE} are allowed: send it in parts`);
  frame[0] = length & 0xff;
  frame[1] = (length >>> 8) & 0xff;
  frame[2] = (length >>> 16) & 0xff;
  frame[3] = length >>> 24;
  return frame;
}

function encodable(argument: Uint8Array | Handle): Uint8Array | HostMark | TaskMark {
  if (argument instanceof Uint8Array) return argument;
  if (!isHandle(argument))
    throw new WireError('an argument is neither a number, string, null, bytes nor a valid handle');
  return argument.kind === 'host' ? hostMark : new TaskMark(argument.fd);
}

/** The native encoding of one connection. After a `WireError` the stream is lost: close it. */
export class MsgpackCodec extends FrameReader implements WireCodec {
  readonly wire = 'msgpack';
  readonly #descriptors: DescriptorSource;

  constructor(descriptors: DescriptorSource) {
    super(PREFIX, PREFIX + MAX_MESSAGE);
    this.#descriptors = descriptors;
  }

  encode(message: Message): Uint8Array {
    return encodeMessage(message);
  }

  override push(received: Uint8Array, out: Message[]): void {
    super.push(plain(received), out);
  }

  protected override frameLength(bytes: Uint8Array, at: number): number {
    const length =
      (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
    if (length > MAX_MESSAGE)
      throw new WireError(`a message says it has ${length} bytes; at most ${MAX_MESSAGE} are allowed`);
    return PREFIX + length;
  }

  protected override decodeFrame(bytes: Uint8Array, start: number, end: number, out: Message[]): void {
    out.push(this.#decode(bytes, start + PREFIX, end));
  }

  #decode(bytes: Uint8Array, start: number, end: number): Message {
    const hostHandles = checkFrame(bytes, start, end);
    const descriptors = this.#descriptors;
    if (hostHandles > descriptors.available)
      throw new WireError(
        `a message names ${hostHandles} host descriptors; ${descriptors.available} have arrived beside it`,
      );
    const values = this.#unpack(bytes, start, end);
    const args: WireArgument[] = [];
    for (let index = 2; index < values.length; index++) {
      const value = values[index];
      args.push(
        value instanceof HostMark ? { kind: 'host', fd: descriptors.take() } : (value as WireArgument),
      );
    }
    return { object: values[0] as number, opcode: values[1] as number, args };
  }

  #unpack(bytes: Uint8Array, start: number, end: number): unknown[] {
    try {
      return unpackr.unpack(bytes, { start, end }) as unknown[];
    } catch (error) {
      throw new WireError(
        `a message cannot be decoded: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}

export const msgpackCodec: CodecFactory = descriptors => new MsgpackCodec(descriptors);

/** msgpackr slices what it is given, so a Node `Buffer` would leave arguments that are Buffers. */
function plain(bytes: Uint8Array): Uint8Array {
  if (bytes.constructor === Uint8Array) return bytes;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
