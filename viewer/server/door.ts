// The HTTP side: the page, the exchange of the token for a ticket, and the way in for WebSockets.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import { SESSION_PATH, STREAM_PATH, SUBPROTOCOL } from '../stream/messages.ts';
import { Access, hostAllowed, sameOrigin } from './access.ts';
import { type Asset, Assets } from './assets.ts';

export interface DoorOptions {
  readonly host: string;
  /** 0 chooses a free one. */
  readonly port: number;
  /** `dist/viewer`: where the built page is. */
  readonly directory: string;
  entered(socket: WebSocket): void;
}

/** Nothing of the page's comes from elsewhere, and nobody else may frame it or read it. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
};

/** Bytes of the largest message of a page. */
const MOST_PAYLOAD = 1 << 20;
/** With those of browsers that keep some open. */
const MOST_CONNECTIONS = 256;
const HEADERS_MILLISECONDS = 10_000;
/** Without news, until TCP asks whether the other side is still there. */
const KEEP_ALIVE_MILLISECONDS = 30_000;

export class Door implements Disposable {
  readonly #options: DoorOptions;
  readonly #access = new Access();
  readonly #assets: Assets;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #webSockets: Promise<WebSocketServer> | null = null;

  private constructor(options: DoorOptions) {
    this.#options = options;
    this.#assets = new Assets(options.directory);
    this.#server = createServer(
      {
        headersTimeout: HEADERS_MILLISECONDS,
        requestTimeout: HEADERS_MILLISECONDS,
        // A page whose machine is gone holds what it held until that is noticed.
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_MILLISECONDS,
      },
      (request, response) => this.#answer(request, response),
    );
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#server.on('connection', socket => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head));
  }

  /** Rejects when nobody may listen there. */
  static async open(options: DoorOptions): Promise<Door> {
    const door = new Door(options);
    await new Promise<void>((resolve, reject) => {
      door.#server.once('error', reject);
      door.#server.listen(options.port, options.host, () => {
        door.#server.off('error', reject);
        resolve();
      });
    });
    return door;
  }

  /** The address for people, with the token. */
  get address(): string {
    const { address, port, family } = this.#server.address() as AddressInfo;
    const host = family === 'IPv6' ? `[${address}]` : address;
    return `http://${host}:${port}/?token=${this.#access.token}`;
  }

  [Symbol.dispose](): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroySoon();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (!hostAllowed(request.headers, this.#options.host)) {
      refuse(response, 421, 'this server is not at that name; open the address that was printed\n');
      return;
    }
    const { pathname, query } = targetOf(request);
    if (request.method === 'POST' && pathname === SESSION_PATH) this.#exchange(request, response);
    else if (request.method !== 'GET' && request.method !== 'HEAD')
      refuse(response, 405, 'only GET is understood here\n');
    else if (pathname === '/') this.#showPage(query.get('token'), response);
    else give(response, this.#assets.find(pathname));
  }

  /**
   * The page itself has nothing to hide, and comes without a token when it is loaded again. It is the page that tells a person
   * whose token is an old session's what to do; the status tells a program.
   */
  #showPage(token: string | null, response: ServerResponse): void {
    give(response, this.#assets.page, token === null || this.#access.knows(token) ? 200 : 403);
  }

  #exchange(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    const token = /^Bearer ([\w-]{1,100})$/.exec(request.headers.authorization ?? '')?.[1];
    if (!sameOrigin(request.headers)) refuse(response, 403, 'pages of another origin may not look\n');
    else if (token === undefined || !this.#access.knows(token))
      refuse(response, 401, 'the token is not that of this session\n');
    else {
      response.writeHead(200, { ...HEADERS, 'content-type': 'text/plain', 'cache-control': 'no-store' });
      response.end(this.#access.issueTicket());
    }
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const refusal = this.#refusal(request);
    if (refusal) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#webSockets ??= webSocketServer();
    const webSockets = await this.#webSockets;
    webSockets.handleUpgrade(request, socket, head, opened => this.#options.entered(opened));
  }

  /** Why a WebSocket is not let in. The ticket comes last: whoever may not have one should not use one up. */
  #refusal(request: IncomingMessage): string | null {
    const { headers } = request;
    if (!hostAllowed(headers, this.#options.host)) return '421 Misdirected Request';
    if (!sameOrigin(headers)) return '403 Forbidden';
    if (request.url !== STREAM_PATH) return '404 Not Found';
    const [protocol, ticket] = (headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/);
    return protocol === SUBPROTOCOL && this.#access.redeem(ticket ?? '') ? null : '401 Unauthorized';
  }
}

/** Loaded when somebody looks: most sessions are never looked at. */
async function webSocketServer(): Promise<WebSocketServer> {
  const ws = await import('ws');
  return new ws.WebSocketServer({
    noServer: true,
    maxPayload: MOST_PAYLOAD,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: () => SUBPROTOCOL,
  });
}

/** `//` and the like are no addresses to a parser of addresses, and must be no more than files that are not there. */
function targetOf({ url = '/' }: IncomingMessage): { pathname: string; query: URLSearchParams } {
  const end = url.indexOf('?');
  return end === -1
    ? { pathname: url, query: new URLSearchParams() }
    : { pathname: url.slice(0, end), query: new URLSearchParams(url.slice(end + 1)) };
}

function give(response: ServerResponse, asset: Asset | null, status = 200): void {
  if (!asset) {
    refuse(response, 404, "there is no such file; 'npm run build' makes the page's\n");
    return;
  }
  response.writeHead(status, { ...HEADERS, 'content-type': asset.type });
  response.end(asset.body);
}

function refuse(response: ServerResponse, status: number, words: string): void {
  response.writeHead(status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' }).end(words);
}
