import { chmodSync, closeSync, openSync, writeSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import type { Connection } from '../object/connection.ts';
import { noDescriptors } from '../wire/descriptors.ts';
import { msgpackCodec } from '../wire/msgpack.ts';
import { inUse, lockOwner, removeFile, socketExists } from './socket-lock.ts';
import type { Listener, UnixListenerOptions } from './socket-options.ts';
import { StreamConnection } from './stream-connection.ts';

/** MessagePack frames on one of Node's own sockets: for hosts without native calls. No descriptors travel. */
class PlainConnection extends StreamConnection {
  readonly passesDescriptors = false;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super(msgpackCodec(noDescriptors));
    this.#socket = socket;
    socket.pause();
    socket.on('data', bytes => {
      if (!this.ended) this.received(bytes as Buffer);
    });
    socket.on('end', () => this.peerClosed());
    socket.on('error', error => this.#failed(error));
    socket.on('close', () => this.peerClosed());
  }

  override get queuedBytes(): number {
    return this.output.length + this.#socket.writableLength;
  }

  protected override write(): void {
    if (this.output.length > 0 && this.#socket.writable)
      this.#socket.write(this.output.take(), () => this.taken());
  }

  protected override readingChanged(): void {
    if (this.reading) this.#socket.resume();
    else this.#socket.pause();
  }

  protected override release(): void {
    this.#socket.destroy();
  }

  #failed(error: NodeJS.ErrnoException): void {
    if (error.code === 'EPIPE' || error.code === 'ECONNRESET') this.peerClosed();
    else this.end(`the socket failed: ${error.message}`);
  }
}

export async function connectUnixPlain(path: string): Promise<Connection> {
  const socket = createConnection(path);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve();
    });
  });
  return new PlainConnection(socket);
}

export async function listenUnixPlain(path: string, options: UnixListenerOptions): Promise<Listener> {
  const lock = `${path}.lock`;
  if (socketExists(path) && (await isLive(path))) throw inUse(path, lockOwner(lock));
  takeLock(path, lock);
  try {
    removeFile(path);
    const server = await listen(path, options);
    return {
      address: path,
      [Symbol.dispose]() {
        if (!server.listening) return;
        server.close();
        removeFile(path);
        removeFile(lock);
      },
    };
  } catch (error) {
    removeFile(lock);
    throw error;
  }
}

async function listen(path: string, options: UnixListenerOptions): Promise<Server> {
  const server = createServer(socket => options.onConnection(new PlainConnection(socket), null));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
    if (socketExists(path)) chmodSync(path, 0o600);
  });
  server.on('error', error => options.onError?.(error));
  return server;
}

function isLive(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EAGAIN'));
  });
}

/** Without `flock(2)`, a lock is a file that names a process which lives. */
function takeLock(path: string, lock: string): void {
  const owner = lockOwner(lock);
  if (owner !== null && isAlive(owner)) throw inUse(path, owner);
  removeFile(lock);
  const fd = openSync(lock, 'wx', 0o600);
  writeSync(fd, `${process.pid}\n`);
  closeSync(fd);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
