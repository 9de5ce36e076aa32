import { connectTo, socketPair } from '../host/socket.ts';
import type { Connection } from '../object/connection.ts';
import type { CodecFactory } from '../wire/codec.ts';
import { msgpackCodec } from '../wire/msgpack.ts';
import { waylandClient, waylandServer } from '../wire/wayland.ts';
import { nativeTransport, whyNoDescriptors } from './native.ts';
import { candidatePaths, waylandCandidatePaths } from './paths.ts';
import { ListenError } from './socket-lock.ts';
import type { Listener, UnixListenerOptions } from './socket-options.ts';
import { UnixConnection } from './unix-connection.ts';
import { UnixListener } from './unix-listener.ts';
import { connectUnixPlain, listenUnixPlain } from './unix-plain.ts';

export { ListenError, whyNoDescriptors };

/**
 * Listens at a path, with real descriptors where native calls can be made and without them elsewhere (`whyNoDescriptors`
 * says which). Fails with `ListenError` when a live server has the path.
 */
export async function listenUnix(path: string, options: UnixListenerOptions): Promise<Listener> {
  const native = nativeTransport();
  return native === null ? listenUnixPlain(path, options) : new UnixListener(native, path, options);
}

/** Listens at the first of `fencepost-0`, `fencepost-1` and so on in a directory that no live server has. */
export async function listenFirstFree(directory: string, options: UnixListenerOptions): Promise<Listener> {
  return listenAtFirst(directory, candidatePaths(directory), options);
}

/** Takes Wayland connections at a path. Fails with `ListenError` when a live server has it, and without native calls. */
export async function listenWayland(path: string, options: UnixListenerOptions): Promise<Listener> {
  const native = nativeTransport();
  if (native === null)
    throw new ListenError('ENOTSUP', `no Wayland socket can be served: ${whyNoDescriptors()}`);
  return new UnixListener(native, path, { ...options, codec: waylandServer });
}

/** Takes Wayland connections at the first of `wayland-1`, `wayland-2` and so on in a directory that no live server has. */
export async function listenWaylandFirstFree(
  directory: string,
  options: UnixListenerOptions,
): Promise<Listener> {
  return listenAtFirst(directory, waylandCandidatePaths(directory), options, listenWayland);
}

async function listenAtFirst(
  directory: string,
  paths: readonly string[],
  options: UnixListenerOptions,
  listen = listenUnix,
): Promise<Listener> {
  for (const path of paths) {
    try {
      return await listen(path, options);
    } catch (error) {
      if (!(error instanceof ListenError && error.code === 'EADDRINUSE')) throw error;
    }
  }
  throw new ListenError(
    'EADDRINUSE',
    `${directory} has ${paths.length} servers already: stop one, or give a path`,
  );
}

/** Connects to a server's path. Fails with an error whose `code` is ENOENT or ECONNREFUSED when no server is there. */
export async function connectUnix(path: string): Promise<Connection> {
  const native = nativeTransport();
  if (native === null) return connectUnixPlain(path);
  return new UnixConnection(native, connectTo(native.libc, path), msgpackCodec);
}

/** Connects to a Wayland server's socket. Fails as `connectUnix` does, and with ENOTSUP without native calls. */
export async function connectWayland(path: string): Promise<Connection> {
  const native = nativeTransport();
  if (native === null)
    throw new ListenError('ENOTSUP', `no Wayland connection can be made: ${whyNoDescriptors()}`);
  return new UnixConnection(native, connectTo(native.libc, path), waylandClient);
}

/** Two connections joined by a socket pair, each with its encoding, or `null` without native calls. */
export function connectedPair(
  codecs: readonly [CodecFactory, CodecFactory] = [msgpackCodec, msgpackCodec],
): [Connection, Connection] | null {
  const native = nativeTransport();
  if (native === null) return null;
  const [one, other] = socketPair(native.libc);
  return [new UnixConnection(native, one, codecs[0]), new UnixConnection(native, other, codecs[1])];
}
