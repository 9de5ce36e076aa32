// One client's objects on the server: who they are, what arrives for them, and their end.
import { checkCount, checkSince, encodeArgument, sendHandles } from './encode.ts';
import { displayError, ProtocolError } from './error.ts';
import { dropHandles, type HandlePort, plainHandles, receiveHandles } from './handles.ts';
import { DISPLAY_ID, FIRST_SERVER_ID, MAX_CLIENT_ID, MAX_ERROR } from './limits.ts';
import type { Message, WireArgument } from './message.ts';
import { type Resource, type ResourceOwner, ServerResource, typed } from './resource.ts';
import { inheritedVersion, type MessageSignature, signatureOf } from './signature.ts';
import type { AnyResource, InterfaceName } from './types.ts';
import { argumentsProblem, bindProblem, type ObjectDirectory } from './validate.ts';

export interface ServerObjectsOptions {
  /** Queues a message for the client. */
  send(message: Message): void;
  /** Called once, after `wl_display.error` was queued: close the connection once that is flushed. */
  failed?(error: ProtocolError): void;
  /** How descriptors become files of the server's Task; by default they go through as they are. */
  readonly handles?: HandlePort;
  /** Live objects that the client may have; one more is the error `no_memory`. 65536 by default. */
  readonly maxObjects?: number;
}

const DEFAULT_MAX_OBJECTS = 65536;

/** Sent past the checks of other events: an error may be about an object that has just been destroyed. */
const errorEvent = signatureOf('wl_display').events.find(event => event.name === 'error')!;
const deleteIdEvent = signatureOf('wl_display').events.find(event => event.name === 'delete_id')!;

/** The words of an error, cut so that they travel, and not inside a character. */
function errorText({ description }: ProtocolError): string {
  return description.slice(0, MAX_ERROR).replace(/\p{Surrogate}/gu, '');
}

export class ServerObjects implements ResourceOwner, ObjectDirectory, Disposable {
  /** The object every client starts from. Set its handlers before the first message. */
  readonly display: Resource<'wl_display'>;
  readonly #options: ServerObjectsOptions;
  readonly #handles: HandlePort;
  readonly #maxObjects: number;
  /** By id, in the order of their creation. */
  readonly #resources = new Map<number, ServerResource>();
  readonly #freeServerIds: number[] = [];
  #nextServerId = FIRST_SERVER_ID;
  #state: 'open' | 'failed' | 'disconnected' = 'open';

  constructor(options: ServerObjectsOptions) {
    this.#options = options;
    this.#handles = options.handles ?? plainHandles;
    this.#maxObjects = options.maxObjects ?? DEFAULT_MAX_OBJECTS;
    this.display = typed(this.#add('wl_display', DISPLAY_ID, 1));
  }

  /** Live objects, wl_display included. */
  get size(): number {
    return this.#resources.size;
  }

  /** False once an error was posted or the client is gone: nothing is sent or dispatched any more. */
  get open(): boolean {
    return this.#state === 'open';
  }

  /** A live object. */
  get(id: number): AnyResource | undefined {
    const resource = this.#resources.get(id);
    return resource && (typed(resource) as AnyResource);
  }

  /** Every live object in the order of their creation. */
  *all(): IterableIterator<AnyResource> {
    for (const resource of this.#resources.values()) yield typed(resource) as AnyResource;
  }

  /**
   * Makes an object with an id of the server's, to be the new_id argument of an event. The client knows nothing of it
   * until that event is sent.
   */
  create<N extends InterfaceName>(interfaceName: N, version: number): Resource<N> {
    const problem = bindProblem(interfaceName, version);
    if (problem) throw new RangeError(problem);
    const id = this.#freeServerIds.pop() ?? this.#nextServerId++;
    return typed(this.#add(interfaceName, id, version));
  }

  /**
   * Validates a message and gives it to the handlers of its resource. Whatever is wrong with it is posted to the
   * client, never thrown; what a handler throws other than a ProtocolError is the server's own fault and goes on up.
   */
  dispatch(message: Message): void {
    if (this.#state !== 'open') {
      dropHandles(this.#handles, message.args);
      return;
    }
    try {
      this.#dispatch(message);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.fail(error);
    }
  }

  /** Ends the client for an error: posts it, and ignores whatever else arrives. Only the first counts. */
  fail(error: ProtocolError): void {
    if (this.#state !== 'open') return;
    this.#post(errorEvent, [error.objectId, error.code, errorText(error)]);
    this.#state = 'failed';
    this.#options.failed?.(error);
  }

  /** The client is gone: destroys its objects in the order of their creation. */
  disconnect(): void {
    if (this.#state === 'disconnected') return;
    this.#state = 'disconnected';
    for (const resource of [...this.#resources.values()]) resource.destroy();
  }

  [Symbol.dispose](): void {
    this.disconnect();
  }

  interfaceOf(id: number): string | undefined {
    return this.#resources.get(id)?.interface;
  }

  newIdProblem(id: number): string | undefined {
    if (id < 1 || id > MAX_CLIENT_ID)
      return `is ${id}, which is not an id for clients to hand out (1 to 0x${MAX_CLIENT_ID.toString(16)})`;
    const taken = this.#resources.get(id);
    return (
      taken && `is ${id}, which is still ${taken.interface}@${id}; an id is free again after its delete_id`
    );
  }

  sendEvent(resource: ServerResource, event: MessageSignature, args: unknown[]): void {
    checkSince(event, resource);
    if (this.#state !== 'open') return;
    if (resource.destroyed) {
      if (event.creates) this.#takeBack(event, args);
      return;
    }
    checkCount(event, args.length, event.args.length);
    const encoded = args as WireArgument[];
    for (let at = 0; at < args.length; at++) encoded[at] = encodeArgument(event, event.args[at]!, args[at]);
    sendHandles(this.#handles, encoded);
    this.#options.send({ object: resource.id, opcode: event.opcode, args: encoded });
    if (event.destructor) resource.destroy();
  }

  /**
   * Objects that the client will never hear of end at once, and their ids are free: libwayland's clients take the ids of
   * servers without gaps alone.
   */
  #takeBack({ args: table }: MessageSignature, args: readonly unknown[]): void {
    for (let at = 0; at < table.length; at++) {
      const created = args[at];
      if (table[at]!.kind !== 'new_id' || !(created instanceof ServerResource) || created.destroyed) continue;
      created.destroy();
      this.#freeServerIds.push(created.id);
    }
  }

  remove(resource: ServerResource): void {
    this.#resources.delete(resource.id);
    if (resource.id < FIRST_SERVER_ID) this.#post(deleteIdEvent, [resource.id]);
  }

  postError(resource: ServerResource, code: number, description: string): void {
    this.fail(new ProtocolError(resource, code, description));
  }

  #post(event: MessageSignature, args: WireArgument[]): void {
    if (this.#state === 'open') this.#options.send({ object: DISPLAY_ID, opcode: event.opcode, args });
  }

  #dispatch(message: Message): void {
    let request: MessageSignature;
    let resource: ServerResource;
    try {
      resource = this.#target(message);
      request = this.#request(resource, message);
    } catch (error) {
      dropHandles(this.#handles, message.args);
      throw error;
    }
    const received = receiveHandles(this.#handles, message.args);
    resource.handle(request.name, this.#decode(resource, request, received));
    if (!request.destructor) return;
    resource.destroy();
    // The client asked for the end, so nothing of its making can still be on the way to this id.
    if (resource.id >= FIRST_SERVER_ID) this.#freeServerIds.push(resource.id);
  }

  #target(message: Message): ServerResource {
    const resource = this.#resources.get(message.object);
    if (resource) return resource;
    throw this.#displayError('invalid_object', `there is no object ${message.object}`);
  }

  /** The request that a message is, once everything about it has been found to be in order. */
  #request(resource: ServerResource, { opcode, args, malformed }: Message): MessageSignature {
    const subject = `${resource.interface}@${resource.id}`;
    const request = resource.signature.requests[opcode];
    if (!request)
      throw this.#displayError(
        'invalid_method',
        `${subject} has no request ${opcode}; ${resource.interface} has ${resource.signature.requests.length}`,
      );
    const name = `${subject}.${request.name}`;
    if (request.since > resource.version)
      throw this.#displayError(
        'invalid_method',
        `${name} exists since version ${request.since}, but the object was bound at version ${resource.version}`,
      );
    const problem = malformed ?? argumentsProblem(request, args, this);
    if (problem) throw this.#displayError('invalid_method', `invalid arguments for ${name}: ${problem}`);
    if (request.creates) {
      this.#checkBind(resource, request, args);
      this.#checkRoom();
    }
    if (!resource.handles(request.name))
      throw this.#displayError('implementation', `${name} is not implemented by this server`);
    return request;
  }

  #checkBind(resource: ServerResource, request: MessageSignature, args: readonly WireArgument[]): void {
    const at = request.wire.findIndex(({ kind }) => kind === 'new_id');
    const argument = request.wire[at];
    if (argument?.kind !== 'new_id' || argument.interface !== undefined) return;
    const problem = bindProblem(args[at - 2] as string, args[at - 1] as number);
    // As libwayland's registry_bind does: about the registry, with a code of wl_display.
    if (problem) throw new ProtocolError(resource, displayError.invalid_object, problem);
  }

  #checkRoom(): void {
    if (this.#resources.size < this.#maxObjects) return;
    throw this.#displayError(
      'no_memory',
      `the client has ${this.#resources.size} objects, which is all it may have; destroy some first`,
    );
  }

  #displayError(code: keyof typeof displayError, description: string): ProtocolError {
    return new ProtocolError(this.display, displayError[code], description);
  }

  /** The arguments as a handler gets them, from ones that were found valid. */
  #decode(
    creator: ServerResource,
    request: MessageSignature,
    args: readonly WireArgument[],
  ): readonly unknown[] {
    let at = 0;
    return request.args.map(argument => {
      if (argument.kind === 'object') return this.#resources.get(args[at++] as number) ?? null;
      if (argument.kind !== 'new_id') return args[at++];
      if (argument.interface !== undefined) {
        const version = inheritedVersion(signatureOf(argument.interface), creator.version);
        return this.#add(argument.interface, args[at++] as number, version);
      }
      at += 3;
      return this.#add(args[at - 3] as string, args[at - 1] as number, args[at - 2] as number);
    });
  }

  #add(interfaceName: string, id: number, version: number): ServerResource {
    const resource = new ServerResource(this, signatureOf(interfaceName), id, version);
    this.#resources.set(id, resource);
    return resource;
  }
}
