import { rmSync } from 'node:fs';
import { runtimeDirectory } from '../../protocol/transport/paths.ts';
import type { Listener, UnixListenerOptions } from '../../protocol/transport/socket-options.ts';
import { listenFirstFree, listenUnix, whyNoDescriptors } from '../../protocol/transport/unix.ts';
import { listenWebSocket } from '../../protocol/transport/websocket.ts';
import { DEFAULT_CAPABILITIES, type Server } from '../server/index.ts';
import type { WebSocketAddress } from './websocket-option.ts';

export interface SocketOptions {
  /** Path of the Unix socket; by default the first free `fencepost-N` in the runtime directory. */
  readonly socket?: string;
  /** Where to take WebSockets; none by default. */
  readonly websocket?: WebSocketAddress;
  /** Is told of connections that could not be taken. */
  readonly warn: (error: Error) => void;
  /** Is told of every connection over the Unix socket. */
  readonly connected?: () => void;
}

/** The open sockets of a running compositor. */
export interface Sockets extends Disposable {
  /** Path of the Unix socket: what clients get as FENCEPOST_DISPLAY. */
  readonly display: string;
  /** For people: where it listens, and what they should know about it. */
  readonly lines: readonly string[];
}

/** Opens the sockets and hands every connection to the server. */
export async function openSockets(server: Server, options: SocketOptions): Promise<Sockets> {
  const lines: string[] = [];
  const disposables: Disposable[] = [];
  const accept: UnixListenerOptions = {
    onConnection: (connection, peer) => {
      server.accept(connection, {
        name: peer ? `unix pid ${peer.pid}` : 'unix',
        capabilities: DEFAULT_CAPABILITIES,
      });
      options.connected?.();
    },
    onError: options.warn,
  };
  try {
    const unix = options.socket
      ? await listenUnix(options.socket, accept)
      : await listenInDirectory(accept, lines, disposables);
    disposables.unshift(unix);
    lines.push(`socket      ${unix.address}   (FENCEPOST_DISPLAY=${unix.address})`);
    const why = whyNoDescriptors();
    if (why) lines.push(`note        pixels are copied through the socket: ${why}`);
    if (options.websocket) {
      const websocket = await listenForPages(server, options.websocket, options.warn);
      disposables.unshift(websocket);
      lines.push(`websocket   ${websocket.address}`);
    }
    return { display: unix.address, lines, [Symbol.dispose]: () => disposeAll(disposables) };
  } catch (error) {
    disposeAll(disposables);
    throw error;
  }
}

const disposeAll = (disposables: readonly Disposable[]): void => {
  for (const disposable of disposables) disposable[Symbol.dispose]();
};

const listenForPages = (
  server: Server,
  address: WebSocketAddress,
  warn: (error: Error) => void,
): Promise<Listener> =>
  listenWebSocket({
    ...address,
    onError: warn,
    onConnection: (connection, request) =>
      void server.accept(connection, {
        name: `websocket ${request.socket.remoteAddress}`,
        capabilities: DEFAULT_CAPABILITIES,
      }),
  });

async function listenInDirectory(
  accept: UnixListenerOptions,
  lines: string[],
  disposables: Disposable[],
): Promise<Listener> {
  const directory = runtimeDirectory();
  if (directory.made) {
    lines.push(
      `note        XDG_RUNTIME_DIR is not set: made ${directory.path} for the socket, for this user alone`,
    );
    disposables.push({ [Symbol.dispose]: () => rmSync(directory.path, { recursive: true, force: true }) });
  }
  return listenFirstFree(directory.path, accept);
}
