// Which resources of an interface each client has, for events that go to all of them.
import type { Resource } from '../../protocol/object/resource.ts';
import type { InterfaceName } from '../../protocol/object/types.ts';
import type { Client } from '../server/client.ts';
import { displayRefusal } from './errors.ts';

/** Each event is sent once per resource, so a client that makes many would cost the others. */
const MOST_RESOURCES = 256;

export class ClientResources<N extends InterfaceName> {
  readonly #byClient = new Map<Client, Set<Resource<N>>>();
  readonly #none: ReadonlySet<Resource<N>> = new Set();

  /** Lists a resource until it is destroyed. Refuses more than 256 of a client. */
  add(client: Client, resource: Resource<N>): void {
    const resources = this.#byClient.get(client) ?? new Set<Resource<N>>();
    if (resources.size >= MOST_RESOURCES)
      throw displayRefusal(
        'no_memory',
        `the client has ${resources.size} objects ${resource.interface}, which is all it may; one is enough`,
      );
    this.#byClient.set(client, resources.add(resource));
    resource.onDestroy(() => {
      resources.delete(resource);
      if (resources.size === 0 && this.#byClient.get(client) === resources) this.#byClient.delete(client);
    });
  }

  of(client: Client | undefined): ReadonlySet<Resource<N>> {
    return (client && this.#byClient.get(client)) ?? this.#none;
  }
}
