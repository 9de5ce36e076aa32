// wl_display and wl_registry: where every client starts.

import { interfaces } from '../../protocol/interfaces/index.ts';
import { ProtocolError } from '../../protocol/object/error.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import type { Client } from './client.ts';
import type { Globals, OfferedGlobal } from './globals.ts';

const errors = interfaces.wl_display.enums.error;

/**
 * Answers the requests of a client's display and of its registries. `settle` is called before a sync is answered: events
 * that follow from earlier requests come before it, also where they are made in a turn of their own. Qt takes a program that
 * has no window with the keyboard by then for one that was left, and closes its menus.
 */
export function serveDisplay(client: Client, globals: Globals, settle: () => void): void {
  let serial = 0;
  client.objects.display.setHandlers({
    sync: (_, callback) => {
      settle();
      callback.events.done(++serial);
    },
    get_registry: (_, registry) => serveRegistry(client, registry, globals),
  });
}

function serveRegistry(client: Client, registry: Resource<'wl_registry'>, globals: Globals): void {
  const announce = (global: OfferedGlobal): void =>
    registry.events.global(global.name, global.interface, global.versionFor(client));
  const listening = globals.listen({
    added: global => {
      if (global.offeredTo(client)) announce(global);
    },
    removed: global => {
      if (global.offeredTo(client)) registry.events.global_remove(global.name);
    },
  });
  registry.onDestroy(() => listening[Symbol.dispose]());
  registry.setHandlers({
    bind: (_, name, resource) => {
      const global = globals.find(client, name);
      const problem = bindProblem(client, global, name, resource);
      if (!global || problem) throw new ProtocolError(registry, errors.invalid_object, problem ?? '');
      global.bind(client, resource);
    },
  });
  for (const global of globals.offeredTo(client)) announce(global);
}

/** As libwayland's registry_bind checks: the name, its interface, its version. */
function bindProblem(
  client: Client,
  global: OfferedGlobal | undefined,
  name: number,
  resource: { readonly interface: string; readonly version: number },
): string | null {
  if (!global) return `there is no global ${name}; bind one of those that were announced`;
  if (global.interface !== resource.interface)
    return `global ${name} is ${global.interface}, not ${resource.interface}`;
  const newest = global.versionFor(client);
  if (resource.version > newest)
    return `${global.interface} is offered up to version ${newest}, not ${resource.version}`;
  return null;
}
