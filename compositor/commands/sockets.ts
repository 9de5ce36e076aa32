import { accessSync, constants, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { runtimeDirectory } from '../../protocol/transport/paths.ts';
import type { Listener, UnixListenerOptions } from '../../protocol/transport/socket-options.ts';
import { listenFirstFree, listenUnix, whyNoDescriptors } from '../../protocol/transport/unix.ts';
import { listenWebSocket } from '../../protocol/transport/websocket.ts';
import { DEFAULT_CAPABILITIES, type Server } from '../server/index.ts';
import type { WebSocketAddress } from './websocket-option.ts';

export interface SocketOptions {
  /**
   * The Unix socket: a path, or a name in the runtime directory, as for clients; by default the first free `fencepost-N`
   * there.
   */
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

/** Who takes connections. */
type Acceptor = Pick<Server, 'accept'>;

/** Opens the sockets and hands every connection to the server. */
export async function openSockets(server: Acceptor, options: SocketOptions): Promise<Sockets> {
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
    const { socket } = options;
    const unix = socket?.includes('/')
      ? await listenAt(resolve(socket), accept)
      : await listenInDirectory(socket, accept, lines, disposables);
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
  server: Acceptor,
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
  name: string | undefined,
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
  if (name) return listenAt(join(directory.path, name), accept);
  checkDirectory(directory.path);
  return listenFirstFree(directory.path, accept);
}

function listenAt(path: string, accept: UnixListenerOptions): Promise<Listener> {
  checkDirectory(dirname(path));
  return listenUnix(path, accept);
}

function checkDirectory(path: string): void {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new Error(
      `cannot listen in ${path}: there is no such directory, or this user may not write there`,
      {
        cause,
      },
    );
  }
}
