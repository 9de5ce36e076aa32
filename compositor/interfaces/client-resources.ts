// Which resources of an interface each client has, for events that go to all of them.
import type { Resource } from '../../protocol/object/resource.ts';
import type { InterfaceName } from '../../protocol/object/types.ts';
import type { Client } from '../server/client.ts';
import { PerClient } from './per-client.ts';

const NONE: ReadonlySet<never> = new Set();

export class ClientResources<N extends InterfaceName> {
  readonly #resources: PerClient<Resource<N>>;

  constructor(interfaceName: N) {
    this.#resources = new PerClient(`objects ${interfaceName}`);
  }

  /** Lists a resource until it is destroyed. Refuses more of one client than are worth the events to each. */
  add(client: Client, resource: Resource<N>): void {
    const listed = this.#resources.add(client, resource);
    resource.onDestroy(() => listed[Symbol.dispose]());
  }

  of(client: Client | undefined): ReadonlySet<Resource<N>> {
    return client ? this.#resources.of(client) : NONE;
  }
}
