import { closeSync, openSync } from 'node:fs';
import { Errno, HostError } from '../host/error.ts';
import { closeDescriptor } from '../host/files.ts';
import { EPOLLIN } from '../host/poller.ts';
import { accept, connectTo, listenAt, peerCredentials } from '../host/socket.ts';
import { msgpackCodec } from '../wire/msgpack.ts';
import type { NativeTransport } from './native.ts';
import { inUse, removeFile, SocketLock, socketExists } from './socket-lock.ts';
import type { Listener, UnixListenerOptions } from './socket-options.ts';
import { UnixConnection } from './unix-connection.ts';

/** Connections accepted in one turn. */
const ACCEPTED_AT_ONCE = 16;

/** A server's Unix socket: mode 0600, behind a lock, gone when disposed of. */
export class UnixListener implements Listener {
  readonly address: string;
  readonly #native: NativeTransport;
  readonly #options: UnixListenerOptions;
  readonly #lock: SocketLock;
  readonly #fd: number;
  /** Given up for a moment when the process is out of descriptors, so that a connection can be taken and refused. */
  #spare: number;
  #listening = true;

  /** Throws `ListenError` when another server has the path. A socket that a dead server left is replaced. */
  constructor(native: NativeTransport, path: string, options: UnixListenerOptions) {
    this.address = path;
    this.#native = native;
    this.#options = options;
    this.#lock = new SocketLock(native.libc, path);
    try {
      this.#fd = takePath(native, path);
    } catch (error) {
      this.#lock[Symbol.dispose]();
      throw error;
    }
    this.#spare = openSync('/dev/null', 'r');
    native.poller.watch(this.#fd, EPOLLIN, () => this.#acceptAll());
  }

  [Symbol.dispose](): void {
    if (!this.#listening) return;
    this.#listening = false;
    this.#native.poller.unwatch(this.#fd);
    removeFile(this.address);
    closeDescriptor(this.#native.libc, this.#fd);
    closeSync(this.#spare);
    this.#lock[Symbol.dispose]();
  }

  #acceptAll(): void {
    for (let count = 0; count < ACCEPTED_AT_ONCE && this.#listening; count++) if (!this.#acceptOne()) return;
  }

  #acceptOne(): boolean {
    const { libc } = this.#native;
    let fd: number;
    try {
      fd = accept(libc, this.#fd);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      if (error.errno === Errno.EMFILE || error.errno === Errno.ENFILE) this.#refuseOne();
      this.#options.onError?.(error);
      return false;
    }
    if (fd < 0) return false;
    this.#options.onConnection(
      new UnixConnection(this.#native, fd, this.#options.codec ?? msgpackCodec),
      peerCredentials(libc, fd),
    );
    return true;
  }

  /** Out of descriptors, a waiting connection would keep the listener ready for ever: take it and hang up. */
  #refuseOne(): void {
    closeSync(this.#spare);
    const fd = this.#native.libc.accept4(this.#fd, null, null, 0);
    if (fd >= 0) closeDescriptor(this.#native.libc, fd);
    this.#spare = openSync('/dev/null', 'r');
  }
}

function takePath(native: NativeTransport, path: string): number {
  if (socketExists(path)) {
    if (isLive(native, path)) throw inUse(path, null);
    removeFile(path);
  }
  return listenAt(native.libc, path);
}

/** Whether a server that does not hold the lock listens there all the same. */
function isLive(native: NativeTransport, path: string): boolean {
  try {
    closeDescriptor(native.libc, connectTo(native.libc, path));
    return true;
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return error.errno === Errno.EAGAIN;
  }
}
