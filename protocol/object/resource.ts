// The server's end of an object.
import type { InterfaceSignature, MessageSignature } from './signature.ts';
import type { EventSenders, InterfaceName, RequestHandlers } from './types.ts';

export interface Resource<N extends InterfaceName> {
  readonly interface: N;
  readonly id: number;
  readonly version: number;
  readonly destroyed: boolean;
  /**
   * Sends events: `resource.events.configure(serial)`. An event that the resource's version does not have, or an
   * argument that cannot travel, is a programming error and throws. On a destroyed resource, or after the client was
   * sent an error, nothing is sent. Handles are duplicated; the sender still closes its own.
   */
  readonly events: EventSenders<N>;
  /** Who answers the requests. A request that nobody answers is the error `implementation`. */
  setHandlers(handlers: RequestHandlers<N>): void;
  /** Called once when the object ends: destructor request or event, `destroy`, or the client's disconnect. */
  onDestroy(callback: () => void): void;
  /** Ends the object from the server's side. The client learns by `delete_id`. */
  destroy(): void;
  /**
   * Sends the fatal `wl_display.error` about this object; `code` is of the interface's `error` enum. The client's
   * further messages are ignored. In a handler, throwing a `ProtocolError` does the same.
   */
  postError(code: number, message: string): void;
}

/** What a resource needs of the client that it belongs to. */
export interface ResourceOwner {
  sendEvent(resource: ServerResource, event: MessageSignature, args: unknown[]): void;
  /** Takes the resource out of the client's objects. */
  remove(resource: ServerResource): void;
  postError(resource: ServerResource, code: number, description: string): void;
}

export type RequestHandler = (resource: ServerResource, ...args: readonly unknown[]) => void;

const sender = Symbol('resource');

interface Senders {
  readonly [sender]: ServerResource;
}

type SendersClass = new (resource: ServerResource) => object;

const sendersClasses = new Map<string, SendersClass>();

/** The class of `resource.events`: one method per event, made once for each interface. */
function sendersClassOf(signature: InterfaceSignature): SendersClass {
  const known = sendersClasses.get(signature.name);
  if (known) return known;
  class EventSendersOfInterface implements Senders {
    readonly [sender]: ServerResource;
    constructor(resource: ServerResource) {
      this[sender] = resource;
    }
  }
  for (const event of signature.events) {
    Object.defineProperty(EventSendersOfInterface.prototype, event.name, {
      value(this: Senders, ...args: unknown[]) {
        this[sender].owner.sendEvent(this[sender], event, args);
      },
    });
  }
  sendersClasses.set(signature.name, EventSendersOfInterface);
  return EventSendersOfInterface;
}

/** Every resource, whatever its interface; `Resource<N>` is how its handlers see it. */
export class ServerResource {
  readonly interface: string;
  readonly id: number;
  readonly version: number;
  readonly signature: InterfaceSignature;
  readonly owner: ResourceOwner;
  readonly events: object;
  destroyed = false;
  #handlers: Readonly<Record<string, RequestHandler | undefined>> = {};
  #onDestroy: (() => void)[] = [];

  constructor(owner: ResourceOwner, signature: InterfaceSignature, id: number, version: number) {
    this.owner = owner;
    this.signature = signature;
    this.interface = signature.name;
    this.id = id;
    this.version = version;
    this.events = new (sendersClassOf(signature))(this);
  }

  setHandlers(handlers: object): void {
    this.#handlers = handlers as Readonly<Record<string, RequestHandler | undefined>>;
  }

  handles(request: string): boolean {
    return this.#handlers[request] !== undefined;
  }

  /** Calls the handler as a method of the handlers it was set with, so that these may be an object with state. */
  handle(request: string, args: readonly unknown[]): void {
    this.#handlers[request]?.(this, ...args);
  }

  onDestroy(callback: () => void): void {
    this.#onDestroy.push(callback);
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    const callbacks = this.#onDestroy;
    this.#onDestroy = [];
    for (const callback of callbacks) callback();
    this.owner.remove(this);
  }

  postError(code: number, message: string): void {
    this.owner.postError(this, code, message);
  }
}

/** How a resource is seen by whoever knows its interface. */
export function typed<N extends InterfaceName>(resource: ServerResource): Resource<N> {
  return resource as unknown as Resource<N>;
}
