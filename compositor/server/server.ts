// All clients: who is here, who comes, who goes.
import type { Connection } from '../../protocol/object/connection.ts';
import type { Origin } from './capabilities.ts';
import { Client, type ClientSurroundings } from './client.ts';
import { Globals } from './globals.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { serveDisplay } from './wl-display.ts';

export interface ServerOptions extends Omit<ClientSurroundings, 'limits'> {
  readonly limits?: Partial<Limits>;
  /** Makes the events that are due. */
  readonly settle?: () => void;
}

/** Takes connections from listeners, which know about sockets; this knows about clients. */
export class Server implements Disposable {
  readonly globals = new Globals();
  readonly #surroundings: ClientSurroundings;
  readonly #settle: () => void;
  readonly #clients = new Set<Client>();
  #nextId = 1;

  constructor(options: ServerOptions) {
    this.#surroundings = { ...options, limits: { ...DEFAULT_LIMITS, ...options.limits } };
    this.#settle = options.settle ?? (() => {});
  }

  get clients(): ReadonlySet<Client> {
    return this.#clients;
  }

  /** Serves a connection from now on. */
  accept(connection: Connection, origin: Origin): Client {
    const client = new Client({
      id: this.#nextId++,
      connection,
      origin,
      surroundings: this.#surroundings,
      gone: left => this.#clients.delete(left),
    });
    this.#clients.add(client);
    this.#surroundings.trace.note('client', `${client.name} connected`, {
      client: client.id,
      wire: connection.wire,
    });
    serveDisplay(client, this.globals, this.#settle);
    client.start();
    return client;
  }

  /** Disconnects everybody; their objects go in a later turn. */
  [Symbol.dispose](): void {
    for (const client of [...this.#clients]) client.disconnect('the compositor ends');
  }
}
