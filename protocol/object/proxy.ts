// The client's end of an object.
import type { InterfaceSignature, MessageSignature } from './signature.ts';
import type {
  ClientEventArguments,
  ClientRequests,
  EventListeners,
  EventName,
  InterfaceName,
} from './types.ts';

interface ProxyBase<N extends InterfaceName> {
  readonly interface: N;
  readonly id: number;
  readonly version: number;
  /** True after a destructor request was sent or a destructor event came. Its requests throw from then on. */
  readonly destroyed: boolean;
  /** Adds a listener; disposing of the result removes it. Listeners run in the order they were added. */
  on<E extends EventName<N>>(event: E, listener: (...args: ClientEventArguments<N, E>) => void): Disposable;
  /** Adds a listener for each of the events given; disposing of the result removes them. */
  listen(listeners: EventListeners<N>): Disposable;
}

/** A request is a method named as in the table; one with a new_id returns the proxy that it creates. */
export type ObjectProxy<N extends InterfaceName> = ProxyBase<N> & ClientRequests<N>;

/** What a proxy needs of the connection that it belongs to. */
export interface ProxyOwner {
  /** Sends a request and returns the proxy that it creates, if any. */
  sendRequest(
    proxy: ClientProxy,
    request: MessageSignature,
    args: readonly unknown[],
  ): ClientProxy | undefined;
}

type Listener = (...args: readonly unknown[]) => void;

/** Every proxy, whatever its interface; `ObjectProxy<N>` is how its users see it. */
export class ClientProxy {
  readonly interface: string;
  readonly id: number;
  readonly version: number;
  readonly signature: InterfaceSignature;
  readonly owner: ProxyOwner;
  destroyed = false;
  readonly #listeners = new Map<string, readonly Listener[]>();

  constructor(owner: ProxyOwner, signature: InterfaceSignature, id: number, version: number) {
    this.owner = owner;
    this.signature = signature;
    this.interface = signature.name;
    this.id = id;
    this.version = version;
  }

  on(event: string, listener: Listener): Disposable {
    if (!this.signature.events.some(({ name }) => name === event))
      throw new TypeError(`${this.interface} has no event ${event}`);
    // Lists are replaced as a whole, so that a listener that comes or goes during an event does not disturb it.
    this.#listeners.set(event, [...this.listeners(event), listener]);
    return { [Symbol.dispose]: () => this.#removeListener(event, listener) };
  }

  listen(listeners: Readonly<Record<string, Listener | undefined>>): Disposable {
    const added = Object.entries(listeners).flatMap(([event, listener]) =>
      listener ? [this.on(event, listener)] : [],
    );
    return {
      [Symbol.dispose]() {
        for (const one of added.splice(0)) one[Symbol.dispose]();
      },
    };
  }

  #removeListener(event: string, listener: Listener): void {
    const remaining = [...this.listeners(event)];
    const at = remaining.indexOf(listener);
    if (at >= 0) remaining.splice(at, 1);
    this.#listeners.set(event, remaining);
  }

  listeners(event: string): readonly Listener[] {
    return this.#listeners.get(event) ?? [];
  }
}

type ProxyClass = typeof ClientProxy;

const proxyClasses = new Map<string, ProxyClass>();

/** The class of an interface's proxies: one method per request, made once for each interface. */
function proxyClassOf(signature: InterfaceSignature): ProxyClass {
  const known = proxyClasses.get(signature.name);
  if (known) return known;
  class ProxyOfInterface extends ClientProxy {}
  for (const request of signature.requests) {
    Object.defineProperty(ProxyOfInterface.prototype, request.name, {
      value(this: ClientProxy, ...args: unknown[]) {
        return this.owner.sendRequest(this, request, args);
      },
    });
  }
  proxyClasses.set(signature.name, ProxyOfInterface);
  return ProxyOfInterface;
}

/** Makes the proxy of an interface. */
export function createProxy(
  owner: ProxyOwner,
  signature: InterfaceSignature,
  id: number,
  version: number,
): ClientProxy {
  return new (proxyClassOf(signature))(owner, signature, id, version);
}

/** How a proxy is seen by whoever knows its interface. */
export function typedProxy<N extends InterfaceName>(proxy: ClientProxy): ObjectProxy<N> {
  return proxy as unknown as ObjectProxy<N>;
}
