// What travels: one request or event, already numbered, not yet encoded for a wire.

/**
 * A file descriptor argument. `task` is the number of a file in the client's kernel Task, `host` is a real descriptor
 * of this process that travels beside the message (SCM_RIGHTS). Sending duplicates; the sender still closes its own.
 */
export type Handle =
  | { readonly kind: 'task'; readonly fd: number }
  | { readonly kind: 'host'; readonly fd: number };

/**
 * An argument as it travels. int, uint, fixed, object and new_id are numbers (object 0 is null), string is a string or
 * null, array is bytes, fd is a handle.
 */
export type WireArgument = number | string | null | Uint8Array | Handle;

export interface Message {
  /** Who the message is for: the id of the object. */
  readonly object: number;
  /** The place of the request or event in its interface's table. */
  readonly opcode: number;
  readonly args: readonly WireArgument[];
  /** Why what arrived could not be read as this message; there are no arguments then. Never on a message that is sent. */
  readonly malformed?: string;
}

/** True for a well-formed descriptor argument. */
export function isHandle(value: unknown): value is Handle {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false;
  const { kind, fd } = value as Partial<Handle>;
  const isNumber = typeof fd === 'number' && Number.isInteger(fd) && fd >= 0 && fd <= 0x7fffffff;
  return isNumber && (kind === 'task' || kind === 'host');
}
