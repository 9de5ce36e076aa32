import { accessSync, constants, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { runtimeDirectory } from '../../protocol/transport/paths.ts';
import type {
  Listener,
  PeerCredentials,
  UnixListenerOptions,
} from '../../protocol/transport/socket-options.ts';
import {
  listenFirstFree,
  listenUnix,
  listenWayland,
  listenWaylandFirstFree,
  whyNoDescriptors,
} from '../../protocol/transport/unix.ts';
import { listenWebSocket } from '../../protocol/transport/websocket.ts';
import {
  type Capability,
  DEFAULT_CAPABILITIES,
  type Origin,
  type Server,
  WAYLAND_CAPABILITIES,
} from '../server/index.ts';
import { listening } from './listening.ts';
import type { WebSocketAddress } from './websocket-option.ts';

export interface SocketOptions {
  /**
   * The Unix socket: a path, or a name in the runtime directory, as for clients; by default the first free `fencepost-N`
   * there.
   */
  readonly socket?: string;
  /** Whether Wayland programs may connect. */
  readonly wayland: boolean;
  /** Their socket: a path, or a name in the runtime directory; by default the first free `wayland-N` there. */
  readonly waylandSocket?: string;
  /** Where to take WebSockets; none by default. */
  readonly websocket?: WebSocketAddress;
  /** Clients may steer time and windows. */
  readonly testControl?: boolean;
  /** Is told of connections that could not be taken. */
  readonly warn: (error: Error) => void;
  /** Is told of every connection over the Unix socket. */
  readonly connected?: () => void;
}

/** The open sockets of a running compositor. */
export interface Sockets extends Disposable {
  /** Path of the Unix socket: what clients get as FENCEPOST_DISPLAY. */
  readonly display: string;
  /** Path of the socket for Wayland programs; null where they can't connect. */
  readonly wayland: string | null;
  /** The ws:// address; null where none was asked for. */
  readonly websocket: string | null;
  /** For people: where it listens, and what they should know about it. */
  readonly lines: readonly string[];
}

/** Who takes connections. */
type Acceptor = Pick<Server, 'accept'>;

/** Opens the sockets and hands every connection to the server. */
export async function openSockets(server: Acceptor, options: SocketOptions): Promise<Sockets> {
  const opening = new Opening(server, options);
  try {
    const display = await opening.native();
    const wayland = options.wayland ? await opening.wayland() : null;
    const websocket = options.websocket ? await opening.webSocket(options.websocket) : null;
    return {
      display,
      wayland,
      websocket,
      lines: opening.lines,
      [Symbol.dispose]: () => opening[Symbol.dispose](),
    };
  } catch (error) {
    opening[Symbol.dispose]();
    throw error;
  }
}

/** What has been opened so far. */
class Opening implements Disposable {
  readonly lines: string[] = [];
  readonly #server: Acceptor;
  readonly #options: SocketOptions;
  /** The last comes down first. */
  readonly #disposables: Disposable[] = [];
  #runtimeDirectory: string | null = null;

  constructor(server: Acceptor, options: SocketOptions) {
    this.#server = server;
    this.#options = options;
  }

  [Symbol.dispose](): void {
    for (const disposable of this.#disposables.splice(0).reverse()) disposable[Symbol.dispose]();
  }

  /** Returns the path. */
  async native(): Promise<string> {
    const { connected, socket } = this.#options;
    const accept = this.#accept(
      peer => ({
        name: peer ? `unix pid ${peer.pid}` : 'unix',
        capabilities: this.#granted(DEFAULT_CAPABILITIES),
      }),
      connected,
    );
    const { address } = await this.#listen(socket, accept, listenUnix, listenFirstFree);
    this.lines.push(`socket      ${address}   (FENCEPOST_DISPLAY=${address})`);
    const why = whyNoDescriptors();
    if (why) this.lines.push(`note        pixels are copied through the socket: ${why}`);
    return address;
  }

  /** Returns the path, or null where there are no native calls to serve Wayland programs with. */
  async wayland(): Promise<string | null> {
    const why = whyNoDescriptors();
    if (why) {
      this.lines.push(`note        Wayland programs cannot connect: ${why}`);
      return null;
    }
    const accept = this.#accept(peer => ({
      name: peer ? `${programName(peer.pid)} (pid ${peer.pid})` : 'wayland',
      capabilities: this.#granted(WAYLAND_CAPABILITIES),
    }));
    const { waylandSocket } = this.#options;
    const { address } = await this.#listen(waylandSocket, accept, listenWayland, listenWaylandFirstFree);
    this.lines.push(`wayland     ${address}   (WAYLAND_DISPLAY=${waylandDisplay(address)})`);
    return address;
  }

  /** Returns its ws:// address. */
  async webSocket(address: WebSocketAddress): Promise<string> {
    const listener = await listening('--websocket', address, () =>
      listenWebSocket({
        ...address,
        onError: this.#options.warn,
        onConnection: (connection, request) =>
          void this.#server.accept(connection, {
            name: `websocket ${request.socket.remoteAddress}`,
            capabilities: this.#granted(DEFAULT_CAPABILITIES),
          }),
      }),
    );
    this.#disposables.push(listener);
    this.lines.push(`websocket   ${listener.address}`);
    return listener.address;
  }

  #granted(usual: readonly Capability[]): readonly Capability[] {
    return this.#options.testControl ? [...usual, 'test-control'] : usual;
  }

  #accept(origin: (peer: PeerCredentials | null) => Origin, connected?: () => void): UnixListenerOptions {
    return {
      onConnection: (connection, peer) => {
        this.#server.accept(connection, origin(peer));
        connected?.();
      },
      onError: this.#options.warn,
    };
  }

  /** Listens at a path, at a name in the runtime directory, or at the first free name there. */
  async #listen(
    place: string | undefined,
    accept: UnixListenerOptions,
    listenAt: typeof listenUnix,
    listenFirst: typeof listenFirstFree,
  ): Promise<Listener> {
    const path = place?.includes('/') ? resolve(place) : place && join(this.#directory(), place);
    const directory = path ? dirname(path) : this.#directory();
    checkDirectory(directory);
    const listener = await (path ? listenAt(path, accept) : listenFirst(directory, accept));
    this.#disposables.push(listener);
    return listener;
  }

  #directory(): string {
    if (this.#runtimeDirectory !== null) return this.#runtimeDirectory;
    const { path, made } = runtimeDirectory();
    this.#runtimeDirectory = path;
    if (made) {
      this.lines.push(
        `note        XDG_RUNTIME_DIR is not set: made ${path} for the sockets, for this user alone`,
      );
      this.#disposables.push({ [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) });
    }
    return path;
  }
}

/** The socket as WAYLAND_DISPLAY names it for programs with that XDG_RUNTIME_DIR: a path where it is not there. */
export const waylandDisplay = (path: string, directory = process.env['XDG_RUNTIME_DIR']): string =>
  dirname(path) === directory ? basename(path) : path;

/** The name of a process that has just connected, as `ps` shows it. */
function programName(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return 'a program that has ended';
  }
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
