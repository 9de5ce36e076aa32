import { isHandle, type WireArgument } from '../object/message.ts';
import type { Argument } from '../object/table.ts';
import { describe } from '../object/validate.ts';
import { WireError } from './error.ts';

/** Bytes of the header: the object's id, then size and opcode. */
export const HEADER = 8;

/** The longest message that a libwayland of any age takes: the size of its buffer. */
const MAX_SENT = 4096;

/** Words are in the order of the host: both ends are on it. */
export const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

const utf8 = new TextEncoder();

/** Writes one message at a time into memory of its own. */
export class WaylandWriter {
  readonly #bytes = new Uint8Array(MAX_SENT);
  readonly #view = new DataView(this.#bytes.buffer);
  #at = HEADER;

  /** The bytes of a message, valid until the next call. Throws `WireError` for one that is too long. */
  write(
    object: number,
    opcode: number,
    wire: readonly Argument[],
    args: readonly WireArgument[],
  ): Uint8Array {
    if (args.length !== wire.length)
      throw new WireError(`a message of ${wire.length} arguments cannot have ${args.length}`);
    this.#at = HEADER;
    for (let index = 0; index < wire.length; index++) this.#argument(wire[index]!, args[index]!);
    this.#view.setUint32(0, object, LITTLE_ENDIAN);
    this.#view.setUint32(4, (this.#at << 16) | opcode, LITTLE_ENDIAN);
    return this.#bytes.subarray(0, this.#at);
  }

  #argument(argument: Argument, value: WireArgument): void {
    switch (argument.kind) {
      case 'int':
      case 'uint':
      case 'object':
      case 'new_id':
        this.#word(value as number);
        return;
      case 'fixed':
        this.#word(Math.round((value as number) * 256));
        return;
      case 'string':
        if (value === null) this.#word(0);
        else this.#string(value as string);
        return;
      case 'array':
        this.#array(value as Uint8Array);
        return;
      case 'fd':
        // It travels beside the bytes. A number in a Task means nothing to the peer.
        if (!isHandle(value) || value.kind !== 'host')
          throw new WireError(`${argument.name} must be a real descriptor, not ${describe(value)}`);
    }
  }

  #word(value: number): void {
    this.#room(4);
    // Any 32 bits: a signed number has the bits of the unsigned one.
    this.#view.setInt32(this.#at, value | 0, LITTLE_ENDIAN);
    this.#at += 4;
  }

  #string(text: string): void {
    this.#room(4 + text.length + 1);
    const start = this.#at + 4;
    const { read, written } = utf8.encodeInto(text, this.#bytes.subarray(start));
    if (read < text.length) this.#tooLong();
    this.#word(written + 1);
    this.#at = start + written;
    this.#pad(1);
  }

  #array(bytes: Uint8Array): void {
    this.#room(4 + bytes.length);
    this.#word(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    this.#pad(0);
  }

  /** Zeros up to the next word, at least so many: a string's NUL is the first of them. */
  #pad(least: number): void {
    const end = (this.#at + least + 3) & ~3;
    this.#room(end - this.#at);
    this.#bytes.fill(0, this.#at, end);
    this.#at = end;
  }

  #room(bytes: number): void {
    if (this.#at + bytes > MAX_SENT) this.#tooLong();
  }

  #tooLong(): never {
    throw new WireError(`a message on the Wayland wire has at most ${MAX_SENT} bytes; this one is longer`);
  }
}
