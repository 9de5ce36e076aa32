// What one client may cost the others.

export interface Limits {
  /** Messages of one client that are handled before others get a turn. */
  readonly messagesPerTurn: number;
  /** Bytes of one client that are handled before others get a turn. */
  readonly bytesPerTurn: number;
  /** Messages that may wait to be handled before the connection is paused. */
  readonly pauseAt: number;
  /** Bytes that may wait to be handled before the connection is paused. */
  readonly pauseAtBytes: number;
  /** Bytes that may wait to be read by the client before it is disconnected. */
  readonly queuedBytes: number;
  /** Messages sent without the client taking any before it is disconnected. */
  readonly queuedMessages: number;
  /** Descriptors of the compositor's own process that one client's objects may hold. */
  readonly descriptors: number;
  /** Live objects of one client. */
  readonly objects: number;
}

export const DEFAULT_LIMITS: Limits = {
  messagesPerTurn: 256,
  bytesPerTurn: 512 << 10,
  pauseAt: 1024,
  pauseAtBytes: 4 << 20,
  // An image of 4096x4096 read through the connection is answered in one turn.
  queuedBytes: 65 << 20,
  queuedMessages: 65536,
  descriptors: 4096,
  objects: 65536,
};
