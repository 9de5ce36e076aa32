import type { Connection } from '../../protocol/object/connection.ts';
import { displayPath } from '../../protocol/transport/paths.ts';
import { connectUnix, connectWayland } from '../../protocol/transport/unix.ts';
import { connectWebSocket } from '../../protocol/transport/websocket-client.ts';
import { type Client, connectionWithin, connectOver } from '../core/client.ts';
import type { WaitOptions } from '../core/options.ts';
import { nodeHostMemory } from './host-memory.ts';

export interface ConnectOptions extends WaitOptions {
  /**
   * A socket's path, its name under `XDG_RUNTIME_DIR`, or a `ws://` address. By default `FENCEPOST_DISPLAY`, else the
   * Wayland server of `WAYLAND_DISPLAY`, else `fencepost-0`.
   */
  readonly display?: string;
  /** Any Wayland server instead: the path of its socket, or its name under `XDG_RUNTIME_DIR`. */
  readonly wayland?: string;
}

type Place =
  | { readonly wire: 'wayland'; readonly name: string }
  | { readonly wire: 'native'; readonly name: string | undefined };

/**
 * Connects to a server. Fails with an error that says where it looked; its `cause` has the `code` of the system (ENOENT,
 * ECONNREFUSED). The limits are for the connection, and for the server's first answer.
 */
export async function connect(options: ConnectOptions = {}): Promise<Client> {
  const place = placeOf(options, process.env);
  const hostMemory = nodeHostMemory();
  const connection =
    place.wire === 'wayland'
      ? await connectToPath(connectWayland, displayPath(place.name), 'WAYLAND_DISPLAY')
      : await connectionTo(place.name, options);
  return connectOver(connection, hostMemory ? { hostMemory } : {}, options);
}

function placeOf(
  { display, wayland }: ConnectOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Place {
  if (display !== undefined) return { wire: 'native', name: display };
  if (wayland !== undefined) return { wire: 'wayland', name: wayland };
  const [own, others] = [environment['FENCEPOST_DISPLAY'], environment['WAYLAND_DISPLAY']];
  if (!own && others) return { wire: 'wayland', name: others };
  return { wire: 'native', name: own || undefined };
}

async function connectionTo(display: string | undefined, limits: WaitOptions): Promise<Connection> {
  if (display === undefined || !/^wss?:\/\//.test(display))
    return connectToPath(connectUnix, displayPath(display), 'FENCEPOST_DISPLAY');
  // Loaded here, for most clients never need it.
  const { WebSocket } = await import('ws');
  return connectionWithin(connectWebSocket(display, WebSocket), display, limits);
}

/** `variable` is what the words advise to set. */
async function connectToPath(
  connectTo: (path: string) => Promise<Connection>,
  path: string,
  variable: string,
): Promise<Connection> {
  try {
    return await connectTo(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `no server at ${path} (${why}): start one, or set ${variable} to the path that it printed`,
      { cause },
    );
  }
}
