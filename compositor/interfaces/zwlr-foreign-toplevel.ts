// zwlr_foreign_toplevel_manager_v1: the windows of all clients, for task bars.
import type { Resource } from '../../protocol/object/resource.ts';
import { MILLISECOND, type Nanoseconds } from '../machine/machine.ts';
import type { OutputInfo } from '../scene/outputs.ts';
import type { Window } from '../scene/window.ts';
import type { Client } from '../server/client.ts';
import type { Caller, Context } from './context.ts';
import { ForeignToplevelHandle } from './zwlr-foreign-toplevel-handle.ts';

/**
 * Bytes that may wait to be read by a task bar when it is told of windows: it hears of the rest once it has read. Otherwise
 * a program that changes its title without end would have the task bars of others disconnected.
 */
const MAX_QUEUED = 256 << 10;
const AGAIN: Nanoseconds = 50n * MILLISECOND;

/** One task bar: its handles of the windows that are mapped. */
class Manager implements Disposable {
  readonly #context: Context;
  readonly #client: Client;
  readonly #resource: Resource<'zwlr_foreign_toplevel_manager_v1'>;
  readonly #handles = new Map<Window, ForeignToplevelHandle>();
  /** What the task bar is to be told of, in a turn of its own: once, however often it changes; and whether it is there. */
  readonly #changed = new Map<Window, boolean>();
  #stopped = false;

  constructor(context: Context, client: Client, resource: Resource<'zwlr_foreign_toplevel_manager_v1'>) {
    this.#context = context;
    this.#client = client;
    this.#resource = resource;
    for (const window of context.rooms.scene.windows) if (window.mapped) this.#introduce(window);
    for (const handle of this.#handles.values()) handle.update();
  }

  mapped(window: Window): void {
    this.#tellLater(window, true);
  }

  unmapped(window: Window): void {
    this.#tellLater(window, false);
  }

  update(window: Window): void {
    if (this.#handles.has(window) && !this.#changed.has(window)) this.#tellLater(window, true);
  }

  /** Nothing is told any more. */
  [Symbol.dispose](): void {
    this.#stopped = true;
    this.#changed.clear();
  }

  #tellLater(window: Window, there: boolean): void {
    const first = this.#changed.size === 0;
    this.#changed.set(window, there);
    if (first) this.#context.rooms.machine.post(`windows for ${this.#client.name}`, () => this.#tell());
  }

  #tell(): void {
    if (this.#stopped) return;
    if (this.#client.connection.queuedBytes > MAX_QUEUED) {
      const { machine } = this.#context.rooms;
      machine.at(machine.now() + AGAIN, `windows for ${this.#client.name}`, () => this.#tell());
      return;
    }
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const [window, there] of changed) {
      if (there) (this.#handles.get(window) ?? this.#introduce(window)).update();
      else {
        this.#handles.get(window)?.close();
        this.#handles.delete(window);
      }
    }
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
    resource.onDestroy(() => {
      this.#managers.delete(manager);
      manager[Symbol.dispose]();
    });
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
