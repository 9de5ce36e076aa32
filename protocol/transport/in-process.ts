import type { Connection, ConnectionListener } from '../object/connection.ts';
import { MAX_MESSAGE } from '../object/limits.ts';
import { type Handle, isHandle, type Message, type WireArgument } from '../object/message.ts';
import { checkSize } from '../wire/check.ts';
import { WireError } from '../wire/error.ts';

/** How real descriptors are duplicated and closed, for queues whose two ends are to hold descriptors of their own. */
export interface DescriptorCalls {
  dup(fd: number): number;
  close(fd: number): void;
}

export interface InProcessOptions {
  /** Runs a function later, in an order that is its own: the machine's run queue. `label` says what it delivers. */
  post(label: string, run: () => void): void;
  /** What labels call the pair; by default `in-process`. */
  readonly name?: string;
  /** Without these, real descriptors cannot be sent. */
  readonly descriptors?: DescriptorCalls;
}

/** What a message or an argument costs besides its own bytes, so that a flood of small ones has a size too. */
const OVERHEAD = 8;

/**
 * Two connections in one process, joined by queues. Nothing is shared between them: arrays are copied when they are sent,
 * host descriptors are duplicated. Each delivery is one posted entry with all that was sent until it runs.
 */
export function connectInProcess(options: InProcessOptions): [client: Connection, server: Connection] {
  const name = options.name ?? 'in-process';
  const client = new InProcessConnection(options, `${name}: to client`);
  const server = new InProcessConnection(options, `${name}: to server`);
  client.join(server);
  server.join(client);
  return [client, server];
}

class InProcessConnection implements Connection {
  readonly wire = 'in-process';
  readonly #options: InProcessOptions;
  readonly #label: string;
  #peer: InProcessConnection | null = null;
  #listener: ConnectionListener | null = null;
  #paused = false;
  #posted = false;
  #inbox: Message[] = [];
  #inboxBytes = 0;
  /** Set when nothing more will come; told after what is in the inbox. */
  #end: string | null = null;
  #closed = false;
  #told = false;

  constructor(options: InProcessOptions, label: string) {
    this.#options = options;
    this.#label = label;
  }

  join(peer: InProcessConnection): void {
    this.#peer = peer;
  }

  get passesDescriptors(): boolean {
    return this.#options.descriptors !== undefined;
  }

  get queuedBytes(): number {
    return this.#peer === null ? 0 : this.#peer.#inboxBytes;
  }

  send(message: Message): void {
    const peer = this.#peer;
    if (this.#closed || peer === null || peer.#closed) return;
    const bytes = sizeOf(message);
    if (bytes > MAX_MESSAGE)
      throw new WireError(
        `a message of ${bytes} bytes; at most ${MAX_MESSAGE} are allowed: send it in parts`,
      );
    const args = message.args.map(argument => this.#copy(argument));
    peer.#inbox.push({ object: message.object, opcode: message.opcode, args });
    peer.#inboxBytes += bytes;
    peer.#post();
  }

  receive(listener: ConnectionListener): void {
    if (this.#listener !== null)
      throw new Error('a connection has one listener, and this one has it already');
    this.#listener = listener;
    this.#post();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#post();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#end = 'closed by this side';
    this.#drop();
    this.#post();
    const peer = this.#peer;
    if (peer === null || peer.#closed) return;
    peer.#end ??= 'closed by the peer';
    peer.#post();
  }

  #post(): void {
    const idle = this.#inbox.length === 0 && (this.#end === null || this.#told);
    if (this.#posted || idle || this.#listener === null || (this.#paused && !this.#closed)) return;
    this.#posted = true;
    this.#options.post(this.#label, () => {
      this.#posted = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    const listener = this.#listener;
    if (listener === null || (this.#paused && !this.#closed)) return;
    if (this.#inbox.length > 0) {
      const batch = this.#inbox;
      const bytes = this.#inboxBytes;
      this.#inbox = [];
      this.#inboxBytes = 0;
      if (this.#peer !== null) this.#peer.#drained();
      listener.messages(batch, bytes);
      this.#post();
      return;
    }
    if (this.#end === null || this.#told) return;
    this.#told = true;
    this.#closed = true;
    listener.closed(this.#end);
  }

  /** The peer took all that was sent. */
  #drained(): void {
    if (!this.#closed) this.#listener?.drained?.();
  }

  #drop(): void {
    for (const { args } of this.#inbox)
      for (const argument of args)
        if (isHandle(argument) && argument.kind === 'host') this.#options.descriptors?.close(argument.fd);
    this.#inbox = [];
    this.#inboxBytes = 0;
  }

  #copy(argument: WireArgument): WireArgument {
    if (argument instanceof Uint8Array) return Uint8Array.from(argument);
    return isHandle(argument) ? this.#copyHandle(argument) : argument;
  }

  #copyHandle(handle: Handle): Handle {
    if (handle.kind === 'task') return { kind: 'task', fd: handle.fd };
    if (this.#options.descriptors === undefined)
      throw new WireError('real descriptors cannot travel on this connection: send the bytes instead');
    return { kind: 'host', fd: this.#options.descriptors.dup(handle.fd) };
  }
}

function sizeOf(message: Message): number {
  let bytes = OVERHEAD;
  for (const argument of message.args) {
    checkSize(argument);
    bytes += OVERHEAD;
    if (argument instanceof Uint8Array) bytes += argument.length;
    else if (typeof argument === 'string') bytes += argument.length;
  }
  return bytes;
}
