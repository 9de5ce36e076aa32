// What one client may cost the others.
import { MILLISECOND, type Nanoseconds, SECOND } from '../machine/machine.ts';

export interface Limits {
  /** Messages of one client that are handled before others get a turn. */
  readonly messagesPerTurn: number;
  /** Bytes of one client that are handled before others get a turn. */
  readonly bytesPerTurn: number;
  /** How long a client's requests are handled before others get a turn: some take longer than others. */
  readonly timePerTurn: Nanoseconds;
  /** Messages that may wait to be handled before the connection is paused. */
  readonly pauseAt: number;
  /** Bytes that may wait to be handled before the connection is paused. */
  readonly pauseAtBytes: number;
  /** Descriptors that may wait with their messages before the connection is paused: each is one of this process's. */
  readonly pauseAtHandles: number;
  /** Bytes that may wait to be read by the client before its requests wait too, until it has read them. */
  readonly holdAtBytes: number;
  /** Bytes that may wait to be read by the client before it is disconnected: events come whether it asks or not. */
  readonly queuedBytes: number;
  /** How long its requests may wait without its reading anything before it is disconnected. */
  readonly notReading: Nanoseconds;
  /** Descriptors of the compositor's own process that one client's objects may hold. */
  readonly descriptors: number;
  /** Live objects of one client. */
  readonly objects: number;
}

export const DEFAULT_LIMITS: Limits = {
  messagesPerTurn: 256,
  bytesPerTurn: 512 << 10,
  timePerTurn: MILLISECOND,
  pauseAt: 1024,
  pauseAtBytes: 4 << 20,
  pauseAtHandles: 256,
  holdAtBytes: 1 << 20,
  // What is held at 1 MiB plus the longest answer, and as much again for events.
  queuedBytes: 4 << 20,
  notReading: 10n * SECOND,
  descriptors: 4096,
  objects: 65536,
};

/**
 * What a process with a table of `descriptors` numbers can afford: one client gets at most a quarter of it with what its
 * objects hold and what waits to be handled, for a file may be open twice and others need some too.
 */
export const limitsFor = (descriptors: number): Pick<Limits, 'descriptors' | 'pauseAtHandles'> => ({
  descriptors: Math.min(DEFAULT_LIMITS.descriptors, Math.floor(descriptors / 8)),
  pauseAtHandles: Math.min(DEFAULT_LIMITS.pauseAtHandles, Math.floor(descriptors / 16)),
});
