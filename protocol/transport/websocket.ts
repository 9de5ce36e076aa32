import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServerOptions, WebSocketServer } from 'ws';
import type { Connection } from '../object/connection.ts';
import type { Listener } from './socket-options.ts';
import { MAX_PAYLOAD, WebSocketConnection } from './web-socket-connection.ts';

/** How long a peer has to answer the closing handshake before its socket is destroyed. */
const CLOSING_MILLISECONDS = 2000;

export interface WebSocketListenerOptions {
  /** By default `127.0.0.1`: nobody but this machine. */
  readonly host?: string;
  /** 0 chooses a free one; `address` of the listener says which. */
  readonly port?: number;
  /** Listens for upgrades on a server that somebody else made and disposes of, instead of on a port of its own. */
  readonly server?: HttpServer;
  /** Origins of web pages that may connect besides those of this machine, such as `https://example.org`. */
  readonly allowedOrigins?: readonly string[];
  onConnection(connection: Connection, request: IncomingMessage): void;
  onError?(error: Error): void;
}

/**
 * Listens for WebSockets at path `/`. A page of another site can make a browser connect to any port of this machine, so a
 * request that names an origin is refused with 403 unless that is of this machine or allowed.
 */
export async function listenWebSocket(options: WebSocketListenerOptions): Promise<Listener> {
  const where = options.server
    ? { server: options.server }
    : { host: options.host ?? '127.0.0.1', port: options.port ?? 0 };
  const settings: ServerOptions & { closeTimeout: number } = {
    ...where,
    path: '/',
    closeTimeout: CLOSING_MILLISECONDS,
    maxPayload: MAX_PAYLOAD,
    perMessageDeflate: false,
    verifyClient: (info, answer) => {
      const allowed = originAllowed(info.req.headers.origin, options.allowedOrigins ?? []);
      answer(allowed, 403, `pages of ${info.origin} may not connect`);
    },
  };
  // Loaded here, for most servers and clients never need it.
  const ws = await import('ws');
  const server = new ws.WebSocketServer(settings);
  server.on('connection', (socket, request) =>
    options.onConnection(new WebSocketConnection(socket), request),
  );
  if (!options.server) await listening(server);
  server.on('error', error => options.onError?.(error));
  return {
    get address() {
      return addressOf(options.server?.address() ?? server.address());
    },
    [Symbol.dispose]: () => server.close(),
  };
}

/** Whether a request with this Origin header may connect. Programs that are not browsers send none. */
export function originAllowed(origin: string | undefined, allowed: readonly string[]): boolean {
  if (origin === undefined || allowed.includes(origin)) return true;
  if (!URL.canParse(origin)) return false;
  const { protocol, hostname } = new URL(origin);
  return (
    protocol === 'http:' && (hostname === '127.0.0.1' || hostname === 'localhost' || hostname === '[::1]')
  );
}

function listening(server: WebSocketServer): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function addressOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') return '';
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `ws://${host}:${address.port}/`;
}
