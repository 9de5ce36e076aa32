import type { Connection, ConnectionListener } from '../object/connection.ts';
import type { Message, WireArgument } from '../object/message.ts';
import type { WireCodec } from '../wire/codec.ts';
import { countHostHandles } from '../wire/descriptors.ts';
import { WireError } from '../wire/error.ts';
import { OutputQueue } from './output-queue.ts';

/**
 * What every connection on a stream of bytes has in common: messages of one turn leave together, delivery starts with a
 * listener, and the end is told once. How messages become bytes is the codec's, where those go and come from the subclass's.
 */
export abstract class StreamConnection implements Connection {
  abstract readonly passesDescriptors: boolean;
  protected readonly output = new OutputQueue();
  readonly #codec: WireCodec;
  #listener: ConnectionListener | null = null;
  #paused = false;
  #flushing = false;
  /** Something was sent, and `drained` has not been told since. */
  #undrained = false;
  #endReason: string | null = null;

  constructor(codec: WireCodec) {
    this.#codec = codec;
  }

  get wire(): Connection['wire'] {
    return this.#codec.wire;
  }

  /** Hands queued bytes to the socket, as many as it takes. */
  protected abstract write(): void;
  /** Starts or stops to read, by `reading`. */
  protected abstract readingChanged(): void;
  /** Lets go of the socket. Called once. */
  protected abstract release(): void;

  /** Takes duplicates of the host descriptors of a message that will start at a position of the output. */
  protected attach(_args: readonly WireArgument[], _position: number): void {
    throw new WireError('real descriptors cannot travel on this connection: send the bytes instead');
  }

  get queuedBytes(): number {
    return this.output.length;
  }

  protected get ended(): boolean {
    return this.#endReason !== null;
  }

  protected get reading(): boolean {
    return this.#listener !== null && !this.#paused && !this.ended;
  }

  send(message: Message): void {
    if (this.ended) return;
    const frame = this.#codec.encode(message);
    if (countHostHandles(message.args) > 0)
      this.attach(message.args, this.output.position + this.output.length);
    this.output.append(frame);
    this.#undrained = true;
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.flush();
    });
  }

  /** Sends what is queued now instead of at the end of the turn. */
  flush(): void {
    if (!this.ended) this.write();
  }

  receive(listener: ConnectionListener): void {
    if (this.#listener !== null)
      throw new Error('a connection has one listener, and this one has it already');
    this.#listener = listener;
    if (this.#endReason !== null) this.#tellEnd(this.#endReason);
    else this.readingChanged();
  }

  pause(): void {
    this.#setPaused(true);
  }

  resume(): void {
    this.#setPaused(false);
  }

  close(): void {
    this.flush();
    this.end('closed by this side');
  }

  /** The socket took bytes: the listener is told when they were the last. */
  protected taken(): void {
    if (!this.#undrained || this.ended || this.queuedBytes > 0) return;
    this.#undrained = false;
    this.#listener?.drained?.();
  }

  /** Decodes bytes that came and delivers the messages that they complete. */
  protected received(bytes: Uint8Array): void {
    const batch: Message[] = [];
    let wrong: string | null = null;
    try {
      this.#codec.push(bytes, batch);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      wrong = error.message;
    }
    if (batch.length > 0) this.#listener?.messages(batch, bytes.length);
    if (wrong !== null) this.end(`the peer sent what is not a message: ${wrong}`);
  }

  protected peerClosed(): void {
    const held = this.#codec.pendingBytes;
    this.end(held === 0 ? 'closed by the peer' : `closed by the peer, ${held} bytes into a message`);
  }

  /** Ends the connection at once. Only the first call counts. */
  protected end(reason: string): void {
    if (this.#endReason !== null) return;
    this.#endReason = reason;
    this.output.take();
    this.release();
    if (this.#listener !== null) this.#tellEnd(reason);
  }

  #tellEnd(reason: string): void {
    queueMicrotask(() => this.#listener?.closed(reason));
  }

  #setPaused(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    if (this.#listener !== null && !this.ended) this.readingChanged();
  }
}
