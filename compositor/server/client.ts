// One client: a connection, a process of the kernel, its objects, and the limits it is held to.

import { HostError } from '../../protocol/host/error.ts';
import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Connection } from '../../protocol/object/connection.ts';
import { ProtocolError } from '../../protocol/object/error.ts';
import { dropHandles } from '../../protocol/object/handles.ts';
import type { Handle, Message } from '../../protocol/object/message.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import { ServerObjects } from '../../protocol/object/server-objects.ts';
import type { InterfaceName } from '../../protocol/object/types.ts';
import { WireError } from '../../protocol/wire/error.ts';
import type { Task } from '../kernel/task/index.ts';
import type { Machine, Timer } from '../machine/machine.ts';
import type { Counters } from '../observe/counters.ts';
import type { Trace } from '../observe/trace.ts';
import type { Capability, Origin } from './capabilities.ts';
import { ClientDescriptors, type OwnedDescriptor } from './descriptors.ts';
import { Inbox } from './inbox.ts';
import type { KernelPort } from './kernel-port.ts';
import type { Limits } from './limits.ts';

/** What all clients share. */
export interface ClientSurroundings {
  readonly machine: Machine;
  readonly trace: Trace;
  readonly counters: Counters;
  readonly kernel: KernelPort;
  /** The compositor's own process. */
  readonly task: Task;
  readonly limits: Limits;
}

export interface ClientOptions {
  readonly id: number;
  readonly connection: Connection;
  readonly origin: Origin;
  readonly surroundings: ClientSurroundings;
  /** Called once, when nothing of the client is left. */
  readonly gone: (client: Client) => void;
}

/**
 * `connected`, then `leaving` (nothing is sent or handled any more; the tear-down is posted, so that nobody finds
 * objects destroyed under their hands), then `gone`.
 */
type ClientState = 'connected' | 'leaving' | 'gone';

export class Client {
  readonly id: number;
  readonly name: string;
  readonly connection: Connection;
  /** What the client holds: closed when it leaves, as Linux does. */
  readonly task: Task;
  readonly objects: ServerObjects;
  readonly #capabilities: ReadonlySet<Capability>;
  readonly #around: ClientSurroundings;
  readonly #descriptors: ClientDescriptors;
  readonly #inbox: Inbox;
  readonly #gone: (client: Client) => void;
  #state: ClientState = 'connected';
  #scheduled = false;
  #paused = false;
  /** Its requests wait because it does not read; the timer ends it if it does not begin to. */
  #held: Timer | null = null;
  #endOfTurn: (() => void)[] = [];
  #onLeave: (() => void)[] = [];

  constructor(options: ClientOptions) {
    const { connection, origin, surroundings } = options;
    this.id = options.id;
    this.name = origin.name;
    this.connection = connection;
    this.#capabilities = new Set(origin.capabilities);
    this.#around = surroundings;
    this.#gone = options.gone;
    this.#inbox = new Inbox(surroundings.limits);
    this.task = surroundings.kernel.createTask(`client ${options.id} (${origin.name})`);
    this.#descriptors = new ClientDescriptors({
      clientTask: this.task,
      compositorTask: surroundings.task,
      kernel: surroundings.kernel,
      limit: surroundings.limits.descriptors,
      realDescriptors: connection.wire === 'wayland',
      undeliverable: reason => this.disconnect(reason),
    });
    this.objects = new ServerObjects({
      send: message => this.#send(message),
      failed: error => this.#failed(error),
      handles: this.#descriptors,
      maxObjects: surroundings.limits.objects,
    });
  }

  /** Starts to handle messages; the display's handlers are set by then. */
  start(): void {
    this.connection.receive({
      messages: (batch, bytes) => this.#arrived(batch, bytes),
      drained: () => this.#drained(),
      closed: reason => this.disconnect(reason),
    });
  }

  may(capability: Capability): boolean {
    return this.#capabilities.has(capability);
  }

  get wire(): Connection['wire'] {
    return this.connection.wire;
  }

  get connected(): boolean {
    return this.#state === 'connected';
  }

  /** For people and traces: `wl_surface@3 of demo`. */
  label(resource: { readonly interface: string; readonly id: number }): string {
    return `${resource.interface}@${resource.id} of ${this.name}`;
  }

  /** Takes a descriptor of the message being handled over; it is one of the compositor's Task. */
  claim(handle: Handle): OwnedDescriptor {
    return this.#descriptors.claim(handle);
  }

  /** Whether a file of the compositor's Task that another client chose can be sent to this one. */
  takesForeign(fd: number): boolean {
    return this.#descriptors.takesForeign(fd);
  }

  /** A new object with an id of the server's, for the new_id of an event. */
  create<N extends InterfaceName>(interfaceName: N, version: number): Resource<N> {
    return this.objects.create(interfaceName, version);
  }

  /** Runs after everything that this turn sends: for `done` of frame callbacks, which follow the releases. */
  afterEvents(run: () => void): void {
    this.#endOfTurn.push(run);
    if (this.#endOfTurn.length === 1) this.#postEndOfTurn();
  }

  /** Called when the client is leaving, before its objects are destroyed. */
  onLeave(callback: () => void): void {
    this.#onLeave.push(callback);
  }

  /** Ends the client without an error of the protocol; `reason` is for people. Its objects go in a later turn. */
  disconnect(reason: string): void {
    if (this.#state !== 'connected') return;
    this.#state = 'leaving';
    this.#around.trace.note('client', `${this.name} leaves: ${reason}`, { client: this.id });
    this.#held?.cancel();
    this.connection.close();
    this.#around.machine.post(`tear-down of ${this.name}`, () => this.#tearDown());
  }

  /** An error of the server's own while it served this client: told to the client, which is disconnected. */
  crashed(what: string, error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#around.trace.note('fault', `${what}: ${text}`, { client: this.id });
    const summary = error instanceof Error ? error.message : String(error);
    this.objects.fail(
      new ProtocolError(
        this.objects.display,
        interfaces.wl_display.enums.error.implementation,
        `internal error of the server in ${what}: ${summary}; this is not the client's fault`,
      ),
    );
    this.disconnect('internal error');
  }

  #postEndOfTurn(): void {
    this.#around.machine.post(`frame callbacks of ${this.name}`, () => this.#runEndOfTurn());
  }

  /** Some in each turn, as requests are handled: a surface may have any number of callbacks. */
  #runEndOfTurn(): void {
    const entries = this.#endOfTurn;
    const turn = this.#turn();
    let ran = 0;
    try {
      while (ran < entries.length && turn()) entries[ran++]!();
    } finally {
      this.#endOfTurn = entries.slice(ran);
      if (this.#endOfTurn.length > 0) this.#postEndOfTurn();
    }
  }

  #arrived(batch: readonly Message[], bytes: number): void {
    if (this.#state !== 'connected') {
      for (const message of batch) dropHandles(this.#descriptors, message.args);
      return;
    }
    this.#inbox.add(batch, bytes);
    if (this.#inbox.full && !this.#paused) {
      this.#paused = true;
      this.connection.pause();
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#held || this.#inbox.length === 0) return;
    this.#scheduled = true;
    this.#around.machine.post(`requests of ${this.name}`, () => {
      this.#scheduled = false;
      this.#handleSome();
    });
  }

  #handleSome(): void {
    const { bytesPerTurn, holdAtBytes } = this.#around.limits;
    const turn = this.#turn();
    for (let bytes = 0; bytes < bytesPerTurn && turn(); ) {
      if (this.#state !== 'connected') return;
      if (this.connection.queuedBytes > holdAtBytes) {
        this.#hold();
        break;
      }
      const waiting = this.#inbox.take();
      if (!waiting) break;
      bytes += waiting.bytes;
      this.#handle(waiting.message);
    }
    if (this.#state !== 'connected') return;
    if (this.#paused && this.#inbox.relaxed) {
      this.#paused = false;
      this.connection.resume();
    }
    this.#schedule();
  }

  /** Says, message by message, whether there is one left for this turn. */
  #turn(): () => boolean {
    const { machine, limits } = this.#around;
    const end = machine.now() + limits.timePerTurn;
    let count = 0;
    return () => count++ < limits.messagesPerTurn && machine.now() < end;
  }

  /** Answers pile up: the rest waits until they are read, and not for ever. */
  #hold(): void {
    const { machine, limits } = this.#around;
    const queued = this.connection.queuedBytes;
    this.#held = machine.at(machine.now() + limits.notReading, `patience with ${this.name}`, () => {
      const left = this.connection.queuedBytes;
      if (left <= limits.holdAtBytes) this.#drained();
      else if (left < queued) this.#hold();
      else this.disconnect(`it does not read: ${queued} bytes wait for it, and none was taken for a while`);
    });
  }

  #drained(): void {
    this.#held?.cancel();
    this.#held = null;
    if (this.#state === 'connected') this.#schedule();
  }

  #handle(message: Message): void {
    try {
      this.objects.dispatch(message);
    } catch (error) {
      const target = this.objects.get(message.object);
      this.crashed(target ? `a request on ${target.interface}@${target.id}` : 'a request', error);
    } finally {
      this.#descriptors.closeUnclaimed();
    }
  }

  #send(message: Message): void {
    if (this.#state !== 'connected') return;
    try {
      this.connection.send(message);
    } catch (error) {
      // Whoever caused the event, often another client, has no part in this.
      if (!(error instanceof WireError || error instanceof HostError)) throw error;
      this.disconnect(`an event cannot be sent: ${error.message}`);
      return;
    }
    const queued = this.connection.queuedBytes;
    if (queued > this.#around.limits.queuedBytes)
      this.disconnect(`it does not read: ${queued} bytes wait for it`);
  }

  #failed(error: ProtocolError): void {
    this.#around.counters.protocolErrors++;
    this.#around.trace.note('client', `${this.name}: ${error.message}`, { client: this.id });
    this.disconnect(`protocol error: ${error.message}`);
  }

  #tearDown(): void {
    this.#endOfTurn = [];
    for (let waiting = this.#inbox.take(); waiting; waiting = this.#inbox.take())
      dropHandles(this.#descriptors, waiting.message.args);
    for (const callback of this.#onLeave.splice(0)) this.#guard('leaving', callback);
    this.#destroyObjects();
  }

  /** Some in each turn, in the order of their creation: a client of many windows must not stop the display. */
  #destroyObjects(): void {
    const turn = this.#turn();
    for (const resource of this.objects.all()) {
      if (resource.destroyed) continue;
      if (!turn()) {
        this.#around.machine.post(`tear-down of ${this.name}`, () => this.#destroyObjects());
        return;
      }
      this.#guard(`the end of ${resource.interface}@${resource.id}`, () => resource.destroy());
    }
    this.#state = 'gone';
    this.objects.disconnect();
    this.task.exit();
    this.#gone(this);
  }

  /** One object that fails to end must not keep the others from ending. */
  #guard(what: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#around.trace.note('fault', `${what}: ${text}`, { client: this.id });
    }
  }
}
