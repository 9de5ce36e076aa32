// What the sources of all selection protocols have in common.
import type { Handle } from '../../protocol/object/message.ts';
import type { DataSource } from '../seat/selection.ts';
import type { Caller } from './context.ts';
import { displayRefusal } from './errors.ts';
import { RateLimit } from './rate-limit.ts';

/** In characters. A list of types goes to whoever gets the focus: it must not fill their connections. */
const MAX_TYPE_LENGTH = 1024;
const MAX_TYPES = 512;
const MAX_TYPE_BYTES = 32 << 10;
/** Descriptors that a source is sent in a second: others ask for them, and its table is not without end. */
const MAX_SENDS = 256;
/** A source for which more bytes than these wait does not read, and each `send` that waits with them is an open descriptor. */
const MAX_QUEUED = 8 << 10;

/** The resource of a source, whichever protocol it is of. */
export interface SourceResource {
  readonly interface: string;
  readonly id: number;
  readonly destroyed: boolean;
  readonly events: {
    send(mimeType: string, handle: Handle): void;
    cancelled(): void;
  };
  onDestroy(callback: () => void): void;
}

/** What a source was used for: it is good for one thing. */
export type SourceUse = 'nothing' | 'selection' | 'drag';

/** A source that a client made. */
export class ClientSource implements DataSource {
  readonly resource: SourceResource;
  use: SourceUse = 'nothing';
  readonly #caller: Caller;
  readonly #types = new Set<string>();
  #typeBytes = 0;
  readonly #sends: RateLimit;

  constructor(caller: Caller, resource: SourceResource) {
    this.#caller = caller;
    this.resource = resource;
    this.#sends = new RateLimit(caller.context.rooms.machine, MAX_SENDS);
  }

  get mimeTypes(): readonly string[] {
    return [...this.#types];
  }

  get client(): Caller['client'] {
    return this.#caller.client;
  }

  /** Of the process that offers: for people. */
  get label(): string {
    return this.#caller.client.label(this.resource);
  }

  /** The `offer` request. */
  addType(mimeType: string): void {
    if (this.#types.has(mimeType)) return;
    const { length } = mimeType;
    this.#typeBytes += length;
    if (length > MAX_TYPE_LENGTH || this.#types.size >= MAX_TYPES || this.#typeBytes > MAX_TYPE_BYTES)
      throw displayRefusal(
        'no_memory',
        `${this.resource.interface}@${this.resource.id} offers more than ${MAX_TYPES} types, of ${MAX_TYPE_LENGTH} characters each and ${MAX_TYPE_BYTES} in all; offer fewer`,
      );
    this.#types.add(mimeType);
  }

  has(mimeType: string): boolean {
    return this.#types.has(mimeType);
  }

  /**
   * What it does not offer, what is asked for too often, and a file that can't be sent is answered by nothing: the reader
   * finds the end.
   */
  send(mimeType: string, fd: number): void {
    if (this.resource.destroyed || !this.has(mimeType)) return;
    if (!this.client.takesForeign(fd) || !this.#maySend()) return;
    this.resource.events.send(mimeType, { kind: 'task', fd });
  }

  cancelled(): void {
    this.resource.events.cancelled();
  }

  #maySend(): boolean {
    return this.#caller.client.connection.queuedBytes <= MAX_QUEUED && this.#sends.pass();
  }
}
