import type { Connection } from '../object/connection.ts';
import { WebSocketConnection, type WebSocketLike } from './web-socket-connection.ts';

/** A WebSocket class: the browser's own, or that of the `ws` package, which Node's callers pass in. */
export type WebSocketClass = new (
  url: string,
) => WebSocketLike & {
  addEventListener(type: 'open', listener: () => void): void;
};

/**
 * Connects to a server's `ws://` address. In Node 20, which has no WebSocket of its own, pass the class of the `ws`
 * package. Fails when there is no server, or when it refuses the page's origin (a browser does not say which).
 */
export function connectWebSocket(url: string, WebSocketOf?: WebSocketClass): Promise<Connection> {
  const Class = WebSocketOf ?? (globalThis as { WebSocket?: WebSocketClass }).WebSocket;
  if (Class === undefined)
    return Promise.reject(new Error('there is no WebSocket here: pass the class of the ws package'));
  return new Promise((resolve, reject) => {
    const socket = new Class(url);
    socket.addEventListener('open', () => resolve(new WebSocketConnection(socket)));
    socket.addEventListener('error', event =>
      reject(new Error(`cannot connect to ${url}: ${wordsOf(event)}`)),
    );
  });
}

function wordsOf(event: unknown): string {
  const message = (event as { message?: unknown } | null)?.message;
  return typeof message === 'string' && message !== ''
    ? message
    : 'no server is there, or it refuses pages from this origin';
}
