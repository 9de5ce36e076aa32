import { type Libc, loadLibc } from '../host/libc.ts';
import { MessageCalls } from '../host/message.ts';
import { type Poller, sharedPoller } from '../host/poller.ts';

/** What all Unix sockets of this process share: one poller, one message header and one receive buffer. */
export interface NativeTransport {
  readonly libc: Libc;
  readonly poller: Poller;
  readonly calls: MessageCalls;
  readonly input: Uint8Array;
  readonly inputAddress: bigint;
}

/** Bytes read from a connection at a time: what one peer can have of a turn before the others are served. */
const INPUT_BYTES = 64 << 10;

let shared: NativeTransport | null = null;

/** The shared parts, or `null` where native calls cannot be made. */
export function nativeTransport(): NativeTransport | null {
  const { libc } = loadLibc();
  if (libc === null) return null;
  shared ??= make(libc);
  return shared;
}

/** Why real descriptors cannot travel between processes here; an empty string where they can. */
export function whyNoDescriptors(): string {
  const loaded = loadLibc();
  return loaded.libc === null ? loaded.reason : '';
}

function make(libc: Libc): NativeTransport {
  const input = new Uint8Array(INPUT_BYTES);
  return {
    libc,
    poller: sharedPoller(libc),
    calls: new MessageCalls(libc),
    input,
    inputAddress: libc.address(input),
  };
}
