// What stands behind a protocol object.
import type { Resource } from '../../protocol/object/resource.ts';
import type { InterfaceName } from '../../protocol/object/types.ts';

/** The compositor's object for each resource of an interface, for requests that take such a resource as an argument. */
export class Bindings<N extends InterfaceName, T> {
  readonly #objects = new WeakMap<Resource<N>, T>();

  set(resource: Resource<N>, object: T): void {
    this.#objects.set(resource, object);
  }

  /** Throws for a resource that nothing was bound to: every handler of the interface binds one. */
  get(resource: Resource<N>): T {
    const object = this.#objects.get(resource);
    if (object === undefined) throw new Error(`nothing is bound to ${resource.interface}@${resource.id}`);
    return object;
  }
}
