import { ClientObjects } from '../../protocol/object/client-objects.ts';
import type { Connection } from '../../protocol/object/connection.ts';
import type { ProtocolError } from '../../protocol/object/error.ts';
import type { Handle } from '../../protocol/object/message.ts';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import { signatureOf } from '../../protocol/object/signature.ts';
import type { InterfaceName } from '../../protocol/object/types.ts';
import { drmIoctls } from '../../protocol/uapi/drm.ts';
import { ConnectionClosed, MissingGlobal } from './errors.ts';
import { RENDER_NODE } from './image-memory.ts';
import { RemoteKernel } from './kernel.ts';
import type { ClientOptions, WaitOptions, WindowOptions } from './options.ts';
import { Outputs } from './outputs.ts';
import type { Global } from './registry.ts';
import { Seat } from './seat.ts';
import { type Explanation, wait } from './wait.ts';
import { createWindow, type Window } from './window.ts';

/** How a connection ended. */
export type ConnectionEnd =
  | { readonly kind: 'closed-here' }
  | { readonly kind: 'closed-by-peer'; readonly reason: string }
  /** The server found fault with a request (wl_display.error), or sent what its tables do not allow. */
  | { readonly kind: 'protocol-error'; readonly error: ProtocolError };

/** A wait that ends with the connection at the latest. */
interface Pending<T> {
  start(resolve: (value: T) => void, reject: (error: unknown) => void): () => void;
  explain(): Explanation | Promise<Explanation>;
}

/**
 * A connection to a server, its globals, and the client's Task in the server's kernel.
 *
 *     const client = await connect();
 *     const window = await client.createWindow({ title: 'hello' });
 *
 * Whatever waits (a call, a frame, a fence) rejects when the connection ends: with the `ProtocolError` that the server
 * sent, with `ConnectionClosed` otherwise.
 */
export class Client implements AsyncDisposable {
  readonly connection: Connection;
  readonly options: ClientOptions;
  /** Resolves, and never rejects, when the connection has ended. */
  readonly closed: Promise<ConnectionEnd>;
  readonly #objects: ClientObjects;
  readonly #globals = new Map<number, Global>();
  readonly #shared = new Map<InterfaceName, ObjectProxy<InterfaceName>>();
  readonly #devices = new Map<string, Promise<number>>();
  readonly #ends = new Set<(error: Error) => void>();
  #kernel: RemoteKernel | null = null;
  #outputs: Outputs | null = null;
  #seat: Seat | null = null;
  #closing = false;
  #error: Error | null = null;
  #tellClosed: (end: ConnectionEnd) => void = () => {};

  /** Use `connectOver`, which waits for the globals. */
  constructor(connection: Connection, options: ClientOptions) {
    this.connection = connection;
    this.options = options;
    this.closed = new Promise(resolve => {
      this.#tellClosed = resolve;
    });
    this.#objects = new ClientObjects({
      send: message => connection.send(message),
      failed: error => this.#failed(error),
      handles: {
        receive: handle => handle,
        send: handle => handle,
        drop: handle => this.closeHandle(handle),
        close: handle => this.closeHandle(handle),
      },
    });
    this.#listenToRegistry();
    connection.receive({
      messages: batch => {
        for (const message of batch) this.#objects.dispatch(message);
      },
      closed: reason =>
        this.#end(this.#closing ? { kind: 'closed-here' } : { kind: 'closed-by-peer', reason }),
    });
  }

  get display(): ObjectProxy<'wl_display'> {
    return this.#objects.display;
  }

  /** What the server offers now, by the number to bind it by. */
  get globals(): ReadonlyMap<number, Global> {
    return this.#globals;
  }

  /** The error that ended the connection, or null while it lives. */
  get error(): Error | null {
    return this.#error;
  }

  /** The version in which an interface is offered, 0 when it is not. */
  offers(interfaceName: InterfaceName): number {
    return this.#find(interfaceName)?.version ?? 0;
  }

  /**
   * Binds a global: in the newest version that both sides know, or in `version`. Throws `MissingGlobal` when the server
   * does not offer it. The proxy is the caller's own.
   */
  bind<N extends InterfaceName>(interfaceName: N, version?: number): ObjectProxy<N> {
    const global = this.#find(interfaceName);
    const wanted = version ?? Math.min(global?.version ?? 1, signatureOf(interfaceName).version);
    if (!global || global.version < wanted)
      throw new MissingGlobal(interfaceName, wanted, [...this.#globals.values()]);
    return this.bindGlobal(global, interfaceName, wanted);
  }

  /** Binds one of several globals of the same interface, such as an output. */
  bindGlobal<N extends InterfaceName>(global: Global, interfaceName: N, version?: number): ObjectProxy<N> {
    const newest = Math.min(global.version, signatureOf(interfaceName).version);
    return this.#registry.bind(global.name, interfaceName, version ?? newest);
  }

  /** A global that is bound once and shared by all of this client. Throws `MissingGlobal`. */
  shared<N extends InterfaceName>(interfaceName: N): ObjectProxy<N> {
    const known = this.#shared.get(interfaceName);
    if (known) return known as unknown as ObjectProxy<N>;
    const proxy = this.bind(interfaceName);
    this.#shared.set(interfaceName, proxy as unknown as ObjectProxy<InterfaceName>);
    return proxy;
  }

  /** The client's Task in the server's kernel. Throws `MissingGlobal` where the server offers no kernel calls. */
  get kernel(): RemoteKernel {
    this.#kernel ??= new RemoteKernel(this, this.bind('fencepost_kernel_v1'));
    return this.#kernel;
  }

  /** The server's outputs, bound when first asked for. */
  get outputs(): Outputs {
    this.#outputs ??= new Outputs(this);
    return this.#outputs;
  }

  /** The server's first seat: what a person does with its pointer, keyboard and touch screen. Throws `MissingGlobal`. */
  get seat(): Seat {
    this.#seat ??= new Seat(this);
    return this.#seat;
  }

  /** Makes a window and waits until the server has configured it. */
  createWindow(options?: WindowOptions, limits?: WaitOptions): Promise<Window> {
    return createWindow(this, options, limits);
  }

  /** A device node of the client's Task, opened once and kept open. */
  device(path: string): Promise<number> {
    const known = this.#devices.get(path);
    if (known) return known;
    const opened = this.kernel.open(path);
    this.#devices.set(path, opened);
    opened.catch(() => this.#devices.delete(path));
    return opened;
  }

  /** Closes a GEM handle of the render node without waiting. */
  closeGem(handle: number): void {
    const closed = async () => {
      const node = await this.device(RENDER_NODE);
      await this.kernel.call(node, drmIoctls.DRM_IOCTL_GEM_CLOSE, { handle });
    };
    if (this.#error === null) closed().catch(() => {});
  }

  /** Waits until the server has handled every request so far and everything it said meanwhile has arrived. */
  roundtrip(options?: WaitOptions): Promise<void> {
    return this.until<void>(
      {
        start: resolve => {
          const listener = this.display.sync().on('done', () => resolve());
          return () => listener[Symbol.dispose]();
        },
        explain: () => ({
          waitedFor: 'a round trip (wl_display.sync)',
          holders: [
            `the server has taken all but ${this.connection.queuedBytes} bytes, and has not answered`,
          ],
        }),
      },
      options,
    );
  }

  /** A wait that also rejects when the connection ends. */
  until<T>(pending: Pending<T>, options?: WaitOptions): Promise<T> {
    return wait<T>(
      {
        start: (resolve, reject) => {
          if (this.#error) {
            reject(this.#error);
            return () => {};
          }
          const ended = this.whenEnded(reject);
          const finish =
            <A>(settle: (value: A) => void) =>
            (value: A) => {
              ended[Symbol.dispose]();
              settle(value);
            };
          const stop = pending.start(finish(resolve), finish(reject));
          return () => {
            ended[Symbol.dispose]();
            stop();
          };
        },
        explain: () => pending.explain(),
      },
      options,
    );
  }

  /** Calls back once when the connection ends. */
  whenEnded(told: (error: Error) => void): Disposable {
    this.#ends.add(told);
    return { [Symbol.dispose]: () => void this.#ends.delete(told) };
  }

  /** Closes a file that came with an event. */
  closeHandle(handle: Handle): void {
    // A real descriptor is this process's own, and stays open when the connection is over.
    if (handle.kind === 'host') this.options.hostMemory?.close(handle.fd);
    else if (this.#error) return;
    else if (this.#kernel || this.offers('fencepost_kernel_v1') > 0) this.kernel.discard(handle.fd);
  }

  /** Ends the connection; the server gives back all that the client held. Resolves when it is over. */
  async close(): Promise<void> {
    this.#closing = true;
    this.connection.close();
    await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #registry(): ObjectProxy<'wl_registry'> {
    return this.#shared.get('wl_registry') as unknown as ObjectProxy<'wl_registry'>;
  }

  #listenToRegistry(): void {
    const registry = this.display.get_registry();
    this.#shared.set('wl_registry', registry as unknown as ObjectProxy<InterfaceName>);
    registry.on('global', (name, interfaceName, version) => {
      const global = { name, interface: interfaceName, version };
      this.#globals.set(name, global);
      this.#outputs?.appeared(global);
    });
    registry.on('global_remove', name => {
      this.#globals.delete(name);
      this.#outputs?.disappeared(name);
    });
  }

  #find(interfaceName: string): Global | undefined {
    return [...this.#globals.values()].find(global => global.interface === interfaceName);
  }

  #failed(error: ProtocolError): void {
    this.#end({ kind: 'protocol-error', error });
    this.connection.close();
  }

  #end(end: ConnectionEnd): void {
    if (this.#error) return;
    const reason = end.kind === 'closed-by-peer' ? end.reason : 'closed by this side';
    this.#error = end.kind === 'protocol-error' ? end.error : new ConnectionClosed(reason);
    for (const told of [...this.#ends]) told(this.#error);
    this.#ends.clear();
    this.#tellClosed(end);
  }
}

/** A connection that is made within the limits; one that comes too late is closed. */
export function connectionWithin(
  made: Promise<Connection>,
  display: string,
  limits?: WaitOptions,
): Promise<Connection> {
  return wait<Connection>(
    {
      start(resolve, reject) {
        let givenUp = false;
        made.then(connection => (givenUp ? connection.close() : resolve(connection)), reject);
        return () => {
          givenUp = true;
        };
      },
      explain: () => ({
        waitedFor: `a connection to ${display}`,
        holders: ['whatever is there does not answer as a server would'],
      }),
    },
    limits,
  );
}

/** Makes a client of a connection whose transport is set up: for tests, and for adapters. Waits for the globals. */
export async function connectOver(
  connection: Connection,
  options: ClientOptions = {},
  limits?: WaitOptions,
): Promise<Client> {
  const client = new Client(connection, options);
  try {
    await client.roundtrip(limits);
    return client;
  } catch (error) {
    connection.close();
    throw error;
  }
}
