import type { WireArgument } from '../object/message.ts';
import type { Argument } from '../object/table.ts';
import { HEADER, LITTLE_ENDIAN } from './wayland-writer.ts';

/** The bytes of a message are not what its table says. The words complete `invalid arguments for ...: `. */
export class UnreadableMessage extends Error {
  override readonly name = 'UnreadableMessage';
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const NOTHING = new Uint8Array(0);

/** Reads the arguments of one message at a time. Descriptors are left out: they come beside the bytes. */
export class WaylandReader {
  #bytes: Uint8Array = NOTHING;
  #view: DataView = new DataView(NOTHING.buffer);
  #at = 0;
  #end = 0;

  /** Turns to other bytes, which stay the caller's. */
  use(bytes: Uint8Array): void {
    if (bytes.buffer === this.#view.buffer && bytes.byteOffset === this.#view.byteOffset) {
      this.#bytes = bytes;
      return;
    }
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset);
  }

  /** The word at a place in the bytes, unsigned. */
  word(at: number): number {
    return this.#view.getUint32(at, LITTLE_ENDIAN);
  }

  /**
   * The arguments of the message `bytes[start, end)`, with 0 where a descriptor belongs. Throws `UnreadableMessage`.
   * Strings are read as C does, up to their first NUL; what is not UTF-8 becomes U+FFFD, because libwayland looks at
   * neither and programs cut titles anywhere.
   */
  read(start: number, end: number, wire: readonly Argument[]): WireArgument[] {
    this.#at = start + HEADER;
    this.#end = end;
    const args: WireArgument[] = [];
    for (const argument of wire) args.push(this.#argument(argument));
    if (this.#at !== end) throw new UnreadableMessage(`${end - this.#at} bytes follow the last argument`);
    return args;
  }

  #argument(argument: Argument): WireArgument {
    switch (argument.kind) {
      case 'int':
        return this.#next(argument) | 0;
      case 'uint':
      case 'object':
      case 'new_id':
        return this.#next(argument);
      case 'fixed':
        return (this.#next(argument) | 0) / 256;
      case 'string':
        return this.#string(argument);
      case 'array': {
        const length = this.#next(argument);
        const from = this.#skip(argument, length);
        return this.#bytes.slice(from, from + length);
      }
      case 'fd':
        return 0;
    }
  }

  #next(argument: Argument): number {
    if (this.#end - this.#at < 4)
      throw new UnreadableMessage(`the message ends before ${argument.name}, which takes 4 bytes`);
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, LITTLE_ENDIAN);
  }

  #string(argument: Argument): string | null {
    const length = this.#next(argument);
    if (length === 0) return null;
    const from = this.#skip(argument, length);
    const last = from + length - 1;
    if (this.#bytes[last] !== 0) throw new UnreadableMessage(`${argument.name} does not end with NUL`);
    return utf8.decode(this.#bytes.subarray(from, this.#bytes.indexOf(0, from)));
  }

  /** Where the content of so many bytes starts, once that and its padding are known to be there. */
  #skip(argument: Argument, length: number): number {
    const left = this.#end - this.#at;
    if (length > left)
      throw new UnreadableMessage(`${argument.name} says it has ${length} bytes; ${left} are left`);
    const from = this.#at;
    this.#at += (length + 3) & ~3;
    return from;
  }
}
