// How the descriptors in messages become files of whoever sends and receives them.
import { type Handle, isHandle, type WireArgument } from './message.ts';

export interface HandlePort {
  /** Makes a handle that arrived one of this side's own, to be closed by whoever gets it. May throw: a full table. */
  receive(handle: Handle): Handle;
  /** Lets go of a handle that arrived and that nobody will be given. */
  drop(handle: Handle): void;
  /** Closes a handle that was received after all, but whose message came to nothing. */
  close(handle: Handle): void;
  /** Duplicates a handle of this side for the peer, in the form in which it travels. */
  send(handle: Handle): Handle;
}

/** Handles that go through as they are: where both ends name files alike and nobody counts them. */
export const plainHandles: HandlePort = {
  receive: handle => handle,
  drop() {},
  close() {},
  send: handle => handle,
};

/** Lets go of the handles of a message that is not delivered. */
export function dropHandles(port: HandlePort, args: readonly WireArgument[]): void {
  for (const argument of args) if (isHandle(argument)) port.drop(argument);
}

/** The message's arguments with its handles received: all of them, or none if one cannot be. */
export function receiveHandles(port: HandlePort, args: readonly WireArgument[]): readonly WireArgument[] {
  if (!args.some(isHandle)) return args;
  const received: WireArgument[] = [];
  try {
    for (const argument of args) received.push(isHandle(argument) ? port.receive(argument) : argument);
  } catch (error) {
    for (const argument of received) if (isHandle(argument)) port.close(argument);
    dropHandles(port, args.slice(received.length));
    throw error;
  }
  return received;
}
