import type { Connection } from '../object/connection.ts';
import type { CodecFactory } from '../wire/codec.ts';

/** Who is at the other end of a Unix socket, from `SO_PEERCRED`. */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** A listening socket of any kind; disposing of it stops listening and leaves its connections alone. */
export interface Listener extends Disposable {
  /** Where it listens: a path, or a `ws://` address. */
  readonly address: string;
}

export interface UnixListenerOptions {
  /** The encoding of the connections: the native one unless another is given. */
  readonly codec?: CodecFactory;
  /** `peer` is `null` where the credentials cannot be had: without native calls. */
  onConnection(connection: Connection, peer: PeerCredentials | null): void;
  /** A failure to accept that does not end the listener, such as EMFILE. */
  onError?(error: Error): void;
}
