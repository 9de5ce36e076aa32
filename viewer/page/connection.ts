// The way to the server: the token of the address becomes a ticket, the ticket a WebSocket; again and again when it is lost.
import {
  type PageMessage,
  SESSION_PATH,
  type ServerMessage,
  STREAM_PATH,
  SUBPROTOCOL,
} from '../stream/messages.ts';

export type ConnectionState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** The server does not answer, or closed the stream; it is tried again. */
  | { readonly kind: 'gone'; readonly reason: string }
  /** The token is missing or that of another session: trying again is of no use. */
  | { readonly kind: 'refused' };

export interface ConnectionListener {
  state(state: ConnectionState): void;
  message(message: ServerMessage): void;
  frame(bytes: Uint8Array): void;
}

const STORED = 'fencepost-token';
/** Milliseconds from one attempt to the next. */
const DELAYS = [250, 500, 1000, 2000, 4000];

/** Takes the token out of the address bar, where it would be seen and copied, and keeps it for reloads of this tab. */
function takeToken(): string | null {
  const given = new URLSearchParams(location.search).get('token');
  if (given === null) return sessionStorage.getItem(STORED);
  sessionStorage.setItem(STORED, given);
  history.replaceState(null, '', location.pathname);
  return given;
}

export class Connection {
  readonly #listener: ConnectionListener;
  readonly #token = takeToken();
  #socket: WebSocket | null = null;
  #attempts = 0;

  constructor(listener: ConnectionListener) {
    this.#listener = listener;
    void this.#open();
  }

  /** What cannot be sent is dropped: there is nothing there that it would be for. */
  send(message: PageMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  async #open(): Promise<void> {
    const ticket = await this.#ticket();
    if (ticket === null) return;
    const address = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${STREAM_PATH}`;
    const socket = new WebSocket(address, [SUBPROTOCOL, ticket]);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.#socket = socket;
      this.#attempts = 0;
      this.#listener.state({ kind: 'live' });
    };
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data === 'string') this.#listener.message(JSON.parse(data) as ServerMessage);
      else this.#listener.frame(new Uint8Array(data));
    };
    socket.onclose = ({ reason }) => {
      this.#socket = null;
      this.#lost(reason || 'the server does not answer');
    };
  }

  /** Null when there is none to be had now, which has been told then. */
  async #ticket(): Promise<string | null> {
    if (this.#token === null) {
      this.#listener.state({ kind: 'refused' });
      return null;
    }
    try {
      const headers = { authorization: `Bearer ${this.#token}` };
      const response = await fetch(SESSION_PATH, { method: 'POST', headers, cache: 'no-store' });
      if (response.ok) return await response.text();
      this.#listener.state({ kind: 'refused' });
    } catch {
      this.#lost('the server does not answer');
    }
    return null;
  }

  #lost(reason: string): void {
    this.#listener.state({ kind: 'gone', reason });
    const delay = DELAYS[Math.min(this.#attempts++, DELAYS.length - 1)];
    setTimeout(() => void this.#open(), delay);
  }
}
