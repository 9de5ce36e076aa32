import type { Connection } from '../../protocol/object/connection.ts';
import { displayPath } from '../../protocol/transport/paths.ts';
import { connectUnix } from '../../protocol/transport/unix.ts';
import { connectWebSocket } from '../../protocol/transport/websocket-client.ts';
import { type Client, connectionWithin, connectOver } from '../core/client.ts';
import type { WaitOptions } from '../core/options.ts';
import { nodeHostMemory } from './host-memory.ts';

export interface ConnectOptions extends WaitOptions {
  /**
   * A socket's path, its name under `XDG_RUNTIME_DIR`, or a `ws://` address. By default `FENCEPOST_DISPLAY`, else
   * `fencepost-0`.
   */
  readonly display?: string;
}

/**
 * Connects to a server. Fails with an error that says where it looked; its `cause` has the `code` of the system (ENOENT,
 * ECONNREFUSED). The limits are for the connection, and for the server's first answer.
 */
export async function connect(options: ConnectOptions = {}): Promise<Client> {
  const display = options.display ?? (process.env['FENCEPOST_DISPLAY'] || undefined);
  const hostMemory = nodeHostMemory();
  const connection = await connectionTo(display, options);
  return connectOver(connection, hostMemory ? { hostMemory } : {}, options);
}

async function connectionTo(display: string | undefined, limits: WaitOptions): Promise<Connection> {
  if (display === undefined || !/^wss?:\/\//.test(display)) return connectToPath(displayPath(display));
  // Loaded here, for most clients never need it.
  const { WebSocket } = await import('ws');
  return connectionWithin(connectWebSocket(display, WebSocket), display, limits);
}

async function connectToPath(path: string): Promise<Connection> {
  try {
    return await connectUnix(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `no server at ${path} (${why}): start one, or set FENCEPOST_DISPLAY to the path that it printed`,
      { cause },
    );
  }
}
