// zwlr_foreign_toplevel_manager_v1: the windows of all clients, for task bars.
import type { Resource } from '../../protocol/object/resource.ts';
import type { OutputInfo } from '../scene/outputs.ts';
import type { Window } from '../scene/window.ts';
import type { Client } from '../server/client.ts';
import type { Caller, Context } from './context.ts';
import { ForeignToplevelHandle } from './zwlr-foreign-toplevel-handle.ts';

/** One task bar: its handles of the windows that are mapped. */
class Manager {
  readonly #context: Context;
  readonly #client: Client;
  readonly #resource: Resource<'zwlr_foreign_toplevel_manager_v1'>;
  readonly #handles = new Map<Window, ForeignToplevelHandle>();

  constructor(context: Context, client: Client, resource: Resource<'zwlr_foreign_toplevel_manager_v1'>) {
    this.#context = context;
    this.#client = client;
    this.#resource = resource;
    for (const window of context.rooms.scene.windows) if (window.mapped) this.#introduce(window);
    for (const handle of this.#handles.values()) handle.update();
  }

  mapped(window: Window): void {
    this.#introduce(window).update();
  }

  unmapped(window: Window): void {
    this.#handles.get(window)?.close();
    this.#handles.delete(window);
  }

  update(window: Window): void {
    this.#handles.get(window)?.update();
  }

  /** The task bar has one more object for an output. */
  outputBound(client: Client, resource: Resource<'wl_output'>, output: OutputInfo): void {
    if (client === this.#client)
      for (const handle of this.#handles.values()) handle.outputBound(resource, output.name);
  }

  #introduce(window: Window): ForeignToplevelHandle {
    const resource = this.#client.create('zwlr_foreign_toplevel_handle_v1', this.#resource.version);
    const handle = new ForeignToplevelHandle({
      context: this.#context,
      client: this.#client,
      resource,
      window,
      handleOf: other => this.#handles.get(other)?.resource ?? null,
    });
    this.#handles.set(window, handle);
    resource.onDestroy(() => {
      if (this.#handles.get(window) === handle) this.#handles.delete(window);
    });
    this.#resource.events.toplevel(resource);
    return handle;
  }
}

/** Tells all task bars what happens to windows. */
export class ForeignToplevels {
  readonly #managers = new Set<Manager>();

  constructor({ rooms, presence }: Context) {
    rooms.scene.observe({
      windowMapped: window => this.#tell(manager => manager.mapped(window)),
      windowUnmapped: window => this.#tell(manager => manager.unmapped(window)),
      windowChanged: window => this.#tell(manager => manager.update(window)),
    });
    presence.observe({
      moved: ({ role }) => {
        if (role?.kind === 'toplevel') this.#tell(manager => manager.update(role.window));
      },
      bound: (client, resource, output) =>
        this.#tell(manager => manager.outputBound(client, resource, output)),
    });
  }

  bind({ context, client }: Caller, resource: Resource<'zwlr_foreign_toplevel_manager_v1'>): void {
    const manager = new Manager(context, client, resource);
    this.#managers.add(manager);
    resource.onDestroy(() => this.#managers.delete(manager));
    resource.setHandlers({
      stop: () => {
        resource.events.finished();
        resource.destroy();
      },
    });
  }

  #tell(call: (manager: Manager) => void): void {
    for (const manager of this.#managers) call(manager);
  }
}
