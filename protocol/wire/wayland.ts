// The encoding of real Wayland (docs/book/src/Protocol.md of wayland): 32-bit words in the order of the host, a header
// of object id, size and opcode, strings and arrays padded to words, descriptors beside the bytes.

import { FIRST_SERVER_ID } from '../object/limits.ts';
import type { Message, WireArgument } from '../object/message.ts';
import { type MessageSignature, signatureOf } from '../object/signature.ts';
import type { CodecFactory, WireCodec } from './codec.ts';
import type { DescriptorSource } from './descriptors.ts';
import { WireError } from './error.ts';
import { FrameReader } from './frames.ts';
import { ObjectTable } from './object-table.ts';
import { UnreadableMessage, WaylandReader } from './wayland-reader.ts';
import { HEADER, LITTLE_ENDIAN, WaylandWriter } from './wayland-writer.ts';

/** The size of a message has 16 bits, and is a number of words. */
const MAX_SIZE = 0xfffc;

const deleteId = signatureOf('wl_display').events.find(event => event.name === 'delete_id')!;

/** What the two ends of a connection do differently. */
interface End {
  readonly incoming: 'requests' | 'events';
  readonly outgoing: 'requests' | 'events';
}

const ends = {
  server: { incoming: 'requests', outgoing: 'events' },
  client: { incoming: 'events', outgoing: 'requests' },
} satisfies Record<string, End>;

/**
 * One end of a Wayland connection. It knows which interface each id is of, from the messages that pass: new ids add,
 * `wl_display.delete_id` frees those of the client, a destructor those of the server.
 *
 * A message that cannot be read is delivered as `malformed`, in its place among the others; nothing is read after it,
 * since nobody can say any more what descriptors belong to what.
 */
export class WaylandCodec extends FrameReader implements WireCodec {
  readonly wire = 'wayland';
  readonly #end: End;
  readonly #descriptors: DescriptorSource;
  readonly #objects = new ObjectTable();
  readonly #reader = new WaylandReader();
  readonly #writer = new WaylandWriter();
  #lost = false;

  constructor(end: keyof typeof ends, descriptors: DescriptorSource) {
    super(HEADER, MAX_SIZE);
    this.#end = ends[end];
    this.#descriptors = descriptors;
  }

  encode({ object, opcode, args }: Message): Uint8Array {
    const signature = this.#objects.get(object)?.[this.#end.outgoing][opcode];
    if (!signature) throw new WireError(`object ${object} has no message ${opcode} on this wire`);
    const bytes = this.#writer.write(object, opcode, signature.wire, args);
    if (signature.creates) this.#addCreated(signature, args);
    this.#passed(signature, object, args);
    return bytes;
  }

  override push(received: Uint8Array, out: Message[]): void {
    if (!this.#lost) super.push(received, out);
  }

  protected override frameLength(bytes: Uint8Array, at: number): number {
    const size = LITTLE_ENDIAN
      ? bytes[at + 6]! | (bytes[at + 7]! << 8)
      : bytes[at + 5]! | (bytes[at + 4]! << 8);
    if (size < HEADER || (size & 3) !== 0)
      throw new WireError(`a message says it has ${size} bytes: expected a multiple of 4 from ${HEADER} on`);
    return size;
  }

  protected override decodeFrame(bytes: Uint8Array, start: number, end: number, out: Message[]): void {
    if (this.#lost) return;
    this.#reader.use(bytes);
    const object = this.#reader.word(start);
    const opcode = this.#reader.word(start + 4) & 0xffff;
    const signature = this.#objects.get(object)?.[this.#end.incoming][opcode];
    out.push(
      signature
        ? this.#read(signature, object, start, end)
        : this.#unreadable(object, opcode, 'no such object or message is known'),
    );
  }

  #read(signature: MessageSignature, object: number, start: number, end: number): Message {
    const { opcode, wire } = signature;
    try {
      const args = this.#reader.read(start, end, wire);
      this.#checkDescriptors(signature);
      if (signature.creates) this.#addArrived(signature, args);
      if (signature.descriptors > 0) this.#takeDescriptors(signature, args);
      this.#passed(signature, object, args);
      return { object, opcode, args };
    } catch (error) {
      if (!(error instanceof UnreadableMessage)) throw error;
      return this.#unreadable(object, opcode, error.message);
    }
  }

  #unreadable(object: number, opcode: number, malformed: string): Message {
    this.#lost = true;
    return { object, opcode, args: [], malformed };
  }

  #checkDescriptors({ descriptors }: MessageSignature): void {
    if (descriptors > this.#descriptors.available)
      throw new UnreadableMessage(
        `it needs ${descriptors} file descriptors; ${this.#descriptors.available} have arrived`,
      );
  }

  #takeDescriptors({ wire }: MessageSignature, args: WireArgument[]): void {
    for (let at = 0; at < wire.length; at++)
      if (wire[at]!.kind === 'fd') args[at] = { kind: 'host', fd: this.#descriptors.take() };
  }

  #addArrived({ wire }: MessageSignature, args: readonly WireArgument[]): void {
    const objects = this.#objects;
    for (let at = 0; at < wire.length; at++) {
      const argument = wire[at]!;
      if (argument.kind !== 'new_id') continue;
      const id = args[at] as number;
      const problem = this.#end === ends.server ? objects.clientIdProblem(id) : objects.serverIdProblem(id);
      if (problem) throw new UnreadableMessage(`${argument.name}: ${problem}`);
      objects.add(id, argument.interface ?? String(args[at - 2]));
    }
  }

  #addCreated({ wire }: MessageSignature, args: readonly WireArgument[]): void {
    for (let at = 0; at < wire.length; at++) {
      const argument = wire[at]!;
      if (argument.kind === 'new_id')
        this.#objects.add(args[at] as number, argument.interface ?? String(args[at - 2]));
    }
  }

  /** Frees the ids whose end a message is. */
  #passed(signature: MessageSignature, object: number, args: readonly WireArgument[]): void {
    if (signature === deleteId) this.#objects.remove(args[0] as number);
    // The client goes on hearing of a server's object until the server has read of its end.
    else if (signature.destructor && object >= FIRST_SERVER_ID && this.#end === ends.server)
      this.#objects.remove(object);
  }
}

/** The server's end of Wayland connections. */
export const waylandServer: CodecFactory = descriptors => new WaylandCodec('server', descriptors);

/** The client's end of Wayland connections. */
export const waylandClient: CodecFactory = descriptors => new WaylandCodec('client', descriptors);
