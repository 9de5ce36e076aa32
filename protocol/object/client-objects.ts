// A client's objects: their ids, its requests, and the events that arrive for them.
import { checkCount, checkSince, encodeArgument, sendHandles } from './encode.ts';
import { displayError, ProtocolError } from './error.ts';
import { dropHandles, type HandlePort, plainHandles, receiveHandles } from './handles.ts';
import { DISPLAY_ID, FIRST_SERVER_ID, MAX_CLIENT_ID } from './limits.ts';
import { isHandle, type Message, type WireArgument } from './message.ts';
import { type ClientProxy, createProxy, type ObjectProxy, type ProxyOwner, typedProxy } from './proxy.ts';
import { inheritedVersion, type MessageSignature, signatureOf } from './signature.ts';
import type { Argument, NewIdArgument } from './table.ts';
import type { AnyProxy } from './types.ts';
import { argumentsProblem, bindProblem, type ObjectDirectory } from './validate.ts';

export interface ClientObjectsOptions {
  /** Queues a message for the server. */
  send(message: Message): void;
  /**
   * The connection is of no more use: the server sent `wl_display.error` (which is told here and not to listeners), or
   * an event that its table does not allow. Called once.
   */
  failed?(error: ProtocolError): void;
  /** How descriptors become the client's own; by default they go through as they are. */
  readonly handles?: HandlePort;
}

type ErrorArguments = readonly [object: number, code: number, description: string];

const errorOpcode = signatureOf('wl_display').events.findIndex(({ name }) => name === 'error');

/** wl_display.error, whatever it is about: also an object that is gone here, or that never was. */
function isError(message: Message): message is Message & { readonly args: ErrorArguments } {
  const [object, code, description] = message.args;
  return (
    message.object === DISPLAY_ID &&
    message.opcode === errorOpcode &&
    typeof object === 'number' &&
    typeof code === 'number' &&
    typeof description === 'string'
  );
}

export class ClientObjects implements ProxyOwner, ObjectDirectory {
  /** The object to start from: `display.get_registry()`. */
  readonly display: ObjectProxy<'wl_display'>;
  readonly #options: ClientObjectsOptions;
  readonly #handles: HandlePort;
  /** Live proxies, and destroyed ones until the server confirms it with delete_id ("zombies"). */
  readonly #proxies = new Map<number, ClientProxy>();
  readonly #freeIds: number[] = [];
  #nextId = DISPLAY_ID;
  #failed = false;

  constructor(options: ClientObjectsOptions) {
    this.#options = options;
    this.#handles = options.handles ?? plainHandles;
    const display = this.#add('wl_display', this.#nextId++, 1);
    this.display = typedProxy(display);
    this.display.on('delete_id', id => this.#deleteId(id));
  }

  /** Ids in use: live proxies and those whose end the server has not confirmed. */
  get size(): number {
    return this.#proxies.size;
  }

  /** A live proxy. */
  get(id: number): AnyProxy | undefined {
    const proxy = this.#proxies.get(id);
    return proxy && !proxy.destroyed ? (typedProxy(proxy) as AnyProxy) : undefined;
  }

  /**
   * Validates an event and gives it to its listeners. Events for destroyed objects, and events about a destroyed
   * object where there must be one, are dropped and their handles let go, as libwayland does for zombies.
   */
  dispatch(message: Message): void {
    if (this.#failed) {
      dropHandles(this.#handles, message.args);
      return;
    }
    if (isError(message)) {
      this.#fail(this.#errorOf(message.args));
      return;
    }
    const proxy = this.#proxies.get(message.object);
    const event = proxy?.signature.events[message.opcode];
    const problem = this.#problem(message, proxy, event);
    if (problem || !proxy || !event) {
      dropHandles(this.#handles, message.args);
      this.#fail(new ProtocolError(this.display, displayError.implementation, `server fault: ${problem}`));
      return;
    }
    if (proxy.destroyed || this.#namesZombie(event, message.args)) {
      this.#drop(proxy, event, message.args);
      return;
    }
    this.#deliver(proxy, event, receiveHandles(this.#handles, message.args));
  }

  interfaceOf(id: number): string | undefined {
    return this.#proxies.get(id)?.interface;
  }

  newIdProblem(id: number): string | undefined {
    if (id < FIRST_SERVER_ID) return `is ${id}, which is not an id for servers to hand out`;
    const taken = this.#proxies.get(id);
    return taken && !taken.destroyed ? `is ${id}, which is still ${taken.interface}@${id}` : undefined;
  }

  sendRequest(
    proxy: ClientProxy,
    request: MessageSignature,
    args: readonly unknown[],
  ): ClientProxy | undefined {
    if (proxy.destroyed)
      throw new TypeError(
        `${request.interface}.${request.name} was not sent: ${proxy.interface}@${proxy.id} is destroyed`,
      );
    checkSince(request, proxy);
    checkCount(request, args.length, request.given);
    const encoded: WireArgument[] = [];
    let next = 0;
    let created: { interface: string; version: number; at: number } | undefined;
    for (const argument of request.wire) {
      if (argument.kind === 'new_id') {
        created = { ...this.#newObject(proxy, argument.interface, encoded), at: encoded.length };
        encoded.push(0);
      } else encoded.push(encodeArgument(request, argument, args[next++]));
    }
    sendHandles(this.#handles, encoded);
    const child = created && this.#add(created.interface, this.#allocateId(), created.version);
    if (created && child) encoded[created.at] = child.id;
    this.#options.send({ object: proxy.id, opcode: request.opcode, args: encoded });
    if (request.destructor) proxy.destroyed = true;
    return child;
  }

  /** What a new_id creates: as the table says, or as the two arguments before it do. */
  #newObject(
    creator: ClientProxy,
    interfaceName: string | undefined,
    before: readonly WireArgument[],
  ): { interface: string; version: number } {
    if (interfaceName !== undefined)
      return {
        interface: interfaceName,
        version: inheritedVersion(signatureOf(interfaceName), creator.version),
      };
    const name = before.at(-2) as string;
    const version = before.at(-1) as number;
    const problem = bindProblem(name, version);
    if (problem) throw new TypeError(`nothing was bound: ${problem}`);
    return { interface: name, version };
  }

  #problem(
    { object, opcode, args, malformed }: Message,
    proxy: ClientProxy | undefined,
    event: MessageSignature | undefined,
  ): string | undefined {
    if (!proxy) return `an event for object ${object}, which does not exist`;
    const subject = `${proxy.interface}@${proxy.id}`;
    if (!event) return `${subject} has no event ${opcode}`;
    if (event.since > proxy.version)
      return `${subject}.${event.name} exists since version ${event.since}, not in ${proxy.version}`;
    const problem = malformed ?? argumentsProblem(event, args, this);
    return problem && `${subject}.${event.name}: ${problem}`;
  }

  #namesZombie(event: MessageSignature, args: readonly WireArgument[]): boolean {
    return event.wire.some(
      (argument, at) =>
        argument.kind === 'object' && !argument.nullable && this.#proxies.get(args[at] as number)?.destroyed,
    );
  }

  /** An event that nobody gets: its handles go, and what it would have created is a zombie from the start. */
  #drop(proxy: ClientProxy, event: MessageSignature, args: readonly WireArgument[]): void {
    dropHandles(this.#handles, args);
    event.wire.forEach((argument, at) => {
      if (argument.kind === 'new_id') this.#createdBy(proxy, argument, args[at] as number).destroyed = true;
    });
  }

  #deliver(proxy: ClientProxy, event: MessageSignature, args: readonly WireArgument[]): void {
    const listeners = proxy.listeners(event.name);
    const decoded = event.args.map((argument, at) => this.#decode(proxy, argument, args[at]!));
    // Nobody listens, so nobody closes what came along.
    if (listeners.length === 0) for (const handle of args.filter(isHandle)) this.#handles.close(handle);
    try {
      for (const listener of listeners) listener(...decoded);
    } finally {
      if (event.destructor) proxy.destroyed = true;
    }
  }

  #decode(creator: ClientProxy, argument: Argument, value: WireArgument): unknown {
    if (argument.kind === 'new_id') return this.#createdBy(creator, argument, value as number);
    if (argument.kind !== 'object') return value;
    const proxy = this.#proxies.get(value as number);
    return proxy && !proxy.destroyed ? proxy : null;
  }

  #createdBy(creator: ClientProxy, argument: NewIdArgument, id: number): ClientProxy {
    if (argument.interface === undefined) throw new Error('no event has an untyped new_id');
    const version = inheritedVersion(signatureOf(argument.interface), creator.version);
    return this.#add(argument.interface, id, version);
  }

  #errorOf([id, code, description]: ErrorArguments): ProtocolError {
    const subject = { interface: this.interfaceOf(id) ?? 'unknown', id };
    return new ProtocolError(subject, code, description);
  }

  #fail(error: ProtocolError): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.failed?.(error);
  }

  /** The server confirms the end of an object, or ended it on its own; either way the id is free. */
  #deleteId(id: number): void {
    const proxy = this.#proxies.get(id);
    if (!proxy || id === DISPLAY_ID || id >= FIRST_SERVER_ID) return;
    proxy.destroyed = true;
    this.#proxies.delete(id);
    this.#freeIds.push(id);
  }

  #allocateId(): number {
    const id = this.#freeIds.pop() ?? this.#nextId++;
    if (id > MAX_CLIENT_ID) throw new RangeError('all ids of the client are in use');
    return id;
  }

  #add(interfaceName: string, id: number, version: number): ClientProxy {
    const proxy = createProxy(this, signatureOf(interfaceName), id, version);
    this.#proxies.set(id, proxy);
    return proxy;
  }
}
