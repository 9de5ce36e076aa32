import { MAX_ARRAY, MAX_STRING } from '../object/limits.ts';
import type { WireArgument } from '../object/message.ts';
import { WireError } from './error.ts';

/** Arguments in one message; Wayland's own limit is 20. */
export const MAX_ARGUMENTS = 32;

/** Extension types of the MessagePack frames. */
export const HOST_HANDLE = 1;
export const TASK_HANDLE = 2;

const ALLOWED = 'allowed are nil, 32-bit integers, floats, strings, binaries and handles';

/** Throws `WireError` for an argument of a size that no receiver takes, so that the sender hears of it. */
export function checkSize(argument: WireArgument): void {
  if (typeof argument === 'string') {
    const bytes = 3 * argument.length <= MAX_STRING ? 0 : new TextEncoder().encode(argument).length;
    if (bytes > MAX_STRING)
      throw new WireError(`a string of ${bytes} bytes; at most ${MAX_STRING} are allowed`);
  } else if (argument instanceof Uint8Array && argument.length > MAX_ARRAY) {
    throw new WireError(
      `an array of ${argument.length} bytes; at most ${MAX_ARRAY} are allowed: send it in parts`,
    );
  }
}

/**
 * Walks one MessagePack frame, `bytes[start, end)`, before anything is made of it: an array of object id, opcode and flat
 * arguments that fill the frame exactly. No length in it is believed before it is held against the bytes that are there.
 * Returns how many host handles the frame names. Throws `WireError`.
 */
export function checkFrame(bytes: Uint8Array, start: number, end: number): number {
  const walk = new Walk(bytes, start, end);
  const count = walk.arrayHeader();
  if (count < 2 || count > MAX_ARGUMENTS + 2)
    throw new WireError(
      `a message is an array of object, opcode and up to ${MAX_ARGUMENTS} arguments; this one has ${count} elements`,
    );
  walk.header('object id', 0xffffffff);
  walk.header('opcode', 0xffff);
  for (let index = 2; index < count; index++) walk.argument(index - 2);
  if (walk.at !== end) throw new WireError(`${end - walk.at} bytes follow the last argument of a message`);
  return walk.hostHandles;
}

class Walk {
  at: number;
  hostHandles = 0;
  readonly #bytes: Uint8Array;
  readonly #end: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.at = start;
    this.#end = end;
  }

  arrayHeader(): number {
    const tag = this.#unsigned(1);
    if (tag >= 0x90 && tag <= 0x9f) return tag & 0x0f;
    if (tag === 0xdc) return this.#unsigned(2);
    throw new WireError(`a message is a MessagePack array; this one starts with byte 0x${tag.toString(16)}`);
  }

  /** One of the two unsigned integers that every message starts with. */
  header(what: string, most: number): void {
    const tag = this.#unsigned(1);
    const value = tag <= 0x7f ? tag : tag >= 0xcc && tag <= 0xce ? this.#unsigned(1 << (tag - 0xcc)) : -1;
    if (value < 0 || value > most)
      throw new WireError(`the ${what} of a message is an unsigned integer of at most ${most}`);
  }

  argument(index: number): void {
    const tag = this.#unsigned(1);
    this.#skip(this.#bytesOf(tag, index), index);
  }

  /** How many bytes of value follow a type byte, after the lengths and extension types that are read here. */
  #bytesOf(tag: number, index: number): number {
    if (tag <= 0x7f || tag >= 0xe0 || tag === 0xc0) return 0;
    if (tag >= 0xa0 && tag <= 0xbf) return tag & 0x1f;
    switch (tag) {
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#sized('binary', this.#unsigned(1 << (tag - 0xc4)), MAX_ARRAY, index);
      case 0xca:
        return 4;
      case 0xcb:
        return 8;
      case 0xcc:
      case 0xcd:
      case 0xce:
        return 1 << (tag - 0xcc);
      case 0xd0:
      case 0xd1:
      case 0xd2:
        return 1 << (tag - 0xd0);
      case 0xd4:
        this.#handle(HOST_HANDLE, 1, index);
        this.hostHandles++;
        return 1;
      case 0xd6:
        this.#handle(TASK_HANDLE, 4, index);
        if (this.#bytes[this.at]! > 0x7f)
          throw new WireError(`argument ${index} is a negative file descriptor`);
        return 4;
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#sized('string', this.#unsigned(1 << (tag - 0xd9)), MAX_STRING, index);
    }
    throw new WireError(`argument ${index} has MessagePack type 0x${tag.toString(16)}; ${ALLOWED}`);
  }

  #handle(type: number, bytes: number, index: number): void {
    const found = this.#unsigned(1);
    if (found !== type)
      throw new WireError(
        `argument ${index} has extension type ${found} of ${bytes} bytes; expected ${type}, a handle`,
      );
  }

  #sized(what: string, length: number, most: number, index: number): number {
    if (length > most)
      throw new WireError(`argument ${index} is a ${what} of ${length} bytes; at most ${most} are allowed`);
    return length;
  }

  #skip(bytes: number, index: number): void {
    if (bytes > this.#end - this.at)
      throw new WireError(
        `argument ${index} says it has ${bytes} bytes; ${this.#end - this.at} are left in the message`,
      );
    this.at += bytes;
  }

  #unsigned(bytes: number): number {
    if (bytes > this.#end - this.at) throw new WireError('a message ends in the middle of a value');
    let value = 0;
    for (let index = 0; index < bytes; index++) value = value * 256 + this.#bytes[this.at++]!;
    return value;
  }
}
