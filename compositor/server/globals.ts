// What the registry offers, and to whom.
import type { Resource } from '../../protocol/object/resource.ts';
import type { InterfaceName } from '../../protocol/object/types.ts';
import type { Client } from './client.ts';

/** The newest version that is offered on each wire; 0 where it is not offered at all. */
export interface WireVersions {
  readonly native: number;
  /** What unmodified programs were measured to want: a newer one changes what they do, and not for the better. */
  readonly wayland: number;
}

export interface GlobalDefinition<N extends InterfaceName> {
  readonly interface: N;
  /** The newest version offered, on every wire or on each; a client binds it or an older one. */
  readonly version: number | WireVersions;
  /** Whether this client may see and bind it; everybody if left out. */
  readonly offeredTo?: (client: Client) => boolean;
  bind(client: Client, resource: Resource<N>): void;
}

/** A definition whose interface does not matter to the registry. */
export interface OfferedGlobal {
  readonly name: number;
  readonly interface: InterfaceName;
  /** The newest version that this client may bind. */
  versionFor(client: Client): number;
  offeredTo(client: Client): boolean;
  bind(client: Client, resource: Resource<InterfaceName>): void;
}

export interface GlobalsListener {
  added(global: OfferedGlobal): void;
  removed(global: OfferedGlobal): void;
}

/** The globals of a server. Names are never used twice. */
export class Globals {
  readonly #offered = new Map<number, OfferedGlobal>();
  /** Removed ones, which a client that has not heard of it may still bind. */
  readonly #withdrawn = new Map<number, OfferedGlobal>();
  readonly #listeners = new Set<GlobalsListener>();
  #nextName = 1;

  /** Offers a global until the result is disposed. */
  add<N extends InterfaceName>(definition: GlobalDefinition<N>): Disposable {
    const versionFor = (client: Client): number => versionOn(client, definition.version);
    const global: OfferedGlobal = {
      name: this.#nextName++,
      interface: definition.interface,
      versionFor,
      offeredTo: client => versionFor(client) > 0 && (definition.offeredTo?.(client) ?? true),
      bind: (client, resource) => definition.bind(client, resource as unknown as Resource<N>),
    };
    this.#offered.set(global.name, global);
    for (const listener of this.#listeners) listener.added(global);
    return { [Symbol.dispose]: () => this.#remove(global) };
  }

  offeredTo(client: Client): OfferedGlobal[] {
    return [...this.#offered.values()].filter(global => global.offeredTo(client));
  }

  /** The global a client names in a bind: one that it may see, or that went away without its knowing. */
  find(client: Client, name: number): OfferedGlobal | undefined {
    const global = this.#offered.get(name) ?? this.#withdrawn.get(name);
    return global?.offeredTo(client) ? global : undefined;
  }

  listen(listener: GlobalsListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #remove(global: OfferedGlobal): void {
    if (!this.#offered.delete(global.name)) return;
    this.#withdrawn.set(global.name, global);
    for (const listener of this.#listeners) listener.removed(global);
  }
}

function versionOn({ wire }: Client, version: number | WireVersions): number {
  if (typeof version === 'number') return version;
  return wire === 'wayland' ? version.wayland : version.native;
}
