import { MAX_MESSAGE } from '../object/limits.ts';
import { noDescriptors } from '../wire/descriptors.ts';
import { msgpackCodec, PREFIX } from '../wire/msgpack.ts';
import { StreamConnection } from './stream-connection.ts';

/** Bytes in one WebSocket message, which may hold many of ours, or a part of one. */
export const MAX_PAYLOAD = PREFIX + MAX_MESSAGE;

/** As much of a WebSocket as is used here: a browser's, or that of the `ws` package. */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly readyState: number;
  /** `ws` calls back when its socket took the bytes; a browser ignores the second argument. */
  send(data: Uint8Array<ArrayBuffer>, taken: () => void): void;
  close(code?: number, reason?: string): void;
  /** `ws` can stop reading; a browser cannot. */
  pause?(): void;
  resume?(): void;
  /** `ws` can end without the closing handshake. */
  terminate?(): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
  addEventListener(type: 'error', listener: (event: unknown) => void): void;
}

const OPEN = 1;
/** A peer that left this much untaken is not waited for when the connection ends. */
const NOT_READING = 1 << 20;

/** MessagePack frames in binary WebSocket messages. Takes an open socket. */
export class WebSocketConnection extends StreamConnection {
  readonly passesDescriptors = false;
  readonly #socket: WebSocketLike;
  /** What came while nobody may be given anything: a browser's socket cannot be stopped. */
  #early: Uint8Array[] = [];
  #gone: string | null = null;
  readonly #taken = () => this.taken();

  constructor(socket: WebSocketLike) {
    super(msgpackCodec(noDescriptors));
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', event => this.#arrived(event.data));
    socket.addEventListener('close', event => this.#peerGone(closeReason(event.code, event.reason)));
    socket.addEventListener('error', () => this.#peerGone('the WebSocket failed'));
    if (socket.readyState === OPEN) socket.pause?.();
  }

  override get queuedBytes(): number {
    return this.output.length + this.#socket.bufferedAmount;
  }

  protected override write(): void {
    if (this.output.length === 0 || this.#socket.readyState !== OPEN) return;
    const bytes = this.output.take();
    for (let at = 0; at < bytes.length; at += MAX_PAYLOAD)
      this.#socket.send(bytes.subarray(at, at + MAX_PAYLOAD), this.#taken);
  }

  protected override readingChanged(): void {
    if (!this.reading) {
      if (this.#socket.readyState === OPEN) this.#socket.pause?.();
      return;
    }
    while (this.reading && this.#early.length > 0) this.received(this.#early.shift()!);
    if (!this.reading) return;
    if (this.#gone !== null) this.end(this.#gone);
    else if (this.#socket.readyState === OPEN) this.#socket.resume?.();
  }

  protected override release(): void {
    this.#early = [];
    if (this.#socket.bufferedAmount > NOT_READING) this.#socket.terminate?.();
    else this.#socket.close(1000);
    // The closing handshake is read from the socket, which is of no use when it is stopped.
    if (this.#socket.readyState === CLOSING) this.#socket.resume?.();
  }

  #arrived(data: unknown): void {
    if (this.ended) return;
    if (!(data instanceof ArrayBuffer)) {
      this.end('the peer sent text; messages are binary');
      return;
    }
    const bytes = new Uint8Array(data);
    if (this.reading && this.#early.length === 0) this.received(bytes);
    else this.#early.push(bytes);
  }

  #peerGone(reason: string): void {
    if (this.reading || this.#early.length === 0) this.end(reason);
    else this.#gone ??= reason;
  }
}

const CLOSING = 2;

function closeReason(code: number, reason: string): string {
  if (code === 1000 || code === 1001 || code === 1005 || code === 1006) return 'closed by the peer';
  return `closed by the peer: ${reason === '' ? `code ${code}` : reason}`;
}
