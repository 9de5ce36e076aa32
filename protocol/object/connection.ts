// The border between objects and transports: whole messages on this side, bytes and descriptors on the other.
import type { Message } from './message.ts';

export interface ConnectionListener {
  /** Messages that arrived together, in order, and how many bytes they took on the wire. */
  messages(batch: readonly Message[], bytes: number): void;
  /**
   * Nothing that was sent here waits any more: `queuedBytes` is 0 again. Whoever stopped answering a peer that does not
   * read goes on now. A browser's WebSocket cannot tell, and never calls it.
   */
  drained?(): void;
  /** Called once, last. `reason` is for people. */
  closed(reason: string): void;
}

export interface Connection {
  readonly wire: 'msgpack' | 'in-process' | 'wayland';
  /** Whether a real descriptor can travel beside a message. */
  readonly passesDescriptors: boolean;
  /** Queues a message; all messages of one turn leave together. After `close` it does nothing. */
  send(message: Message): void;
  /** Bytes that were sent here and not yet taken by the peer. */
  readonly queuedBytes: number;
  /** Starts delivery. What arrived before is kept until now. Called once. */
  receive(listener: ConnectionListener): void;
  /** Stops reading, so that the peer's sends pile up on its side. */
  pause(): void;
  resume(): void;
  /** Ends the connection after flushing what is queued, as far as the peer takes it. */
  close(): void;
}
