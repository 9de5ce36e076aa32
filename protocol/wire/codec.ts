// What a stream of bytes needs to know of the encoding of its messages.
import type { Message } from '../object/message.ts';
import type { DescriptorSource } from './descriptors.ts';

/** One end of one connection: an encoding may have to remember what passed through it. */
export interface WireCodec {
  readonly wire: 'msgpack' | 'wayland';
  /** The bytes of a message, valid until the next call. Throws `WireError` for one that no receiver would take. */
  encode(message: Message): Uint8Array;
  /**
   * Adds the messages that the bytes complete to `out`. The bytes are not kept. Throws `WireError` when the stream cannot
   * be cut into messages any more.
   */
  push(received: Uint8Array, out: Message[]): void;
  /** Bytes of a message that has not arrived whole. */
  readonly pendingBytes: number;
}

/** Makes the codec of a connection, given the descriptors that arrive on it. */
export type CodecFactory = (descriptors: DescriptorSource) => WireCodec;
