// zwlr_foreign_toplevel_handle_v1: one window, as a task bar sees it.
import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import type { Window } from '../scene/window.ts';
import type { Client } from '../server/client.ts';
import type { Context } from './context.ts';
import { demand } from './errors.ts';
import { words } from './words.ts';

const { state: STATE } = interfaces.zwlr_foreign_toplevel_handle_v1.enums;
const NOWHERE: ReadonlySet<string> = new Set();

type HandleResource = Resource<'zwlr_foreign_toplevel_handle_v1'>;

/** What was told last. */
interface Told {
  title: string | null;
  appId: string | null;
  /** Bits by the numbers of the states. */
  states: number;
  outputs: ReadonlySet<string>;
  parent: HandleResource | null;
}

export class ForeignToplevelHandle {
  readonly resource: HandleResource;
  readonly #context: Context;
  readonly #client: Client;
  readonly #window: Window;
  readonly #handleOf: (window: Window) => HandleResource | null;
  readonly #told: Told = { title: null, appId: null, states: -1, outputs: NOWHERE, parent: null };
  #closed = false;

  constructor(options: {
    readonly context: Context;
    readonly client: Client;
    readonly resource: HandleResource;
    readonly window: Window;
    /** The same task bar's handle of another window. */
    readonly handleOf: (window: Window) => HandleResource | null;
  }) {
    this.resource = options.resource;
    this.#context = options.context;
    this.#client = options.client;
    this.#window = options.window;
    this.#handleOf = options.handleOf;
    this.#setHandlers();
  }

  /** Sends what has changed, if anything has. */
  update(): void {
    const introduced = this.#told.title !== null;
    // One that is about to be closed has no place any more.
    if (this.#closed || (introduced && !this.#window.slot)) return;
    const changes = [this.#tellTexts(), this.#tellStates(), this.#tellOutputs(), this.#tellParent()];
    if (changes.some(changed => changed)) this.resource.events.done();
  }

  /** The client has an object for an output that it had none for when it was told that the window is there. */
  outputBound(resource: Resource<'wl_output'>, name: string): void {
    if (this.#closed || !this.#told.outputs.has(name)) return;
    this.resource.events.output_enter(resource);
    this.resource.events.done();
  }

  /** The window is gone; the object stays until the client destroys it. */
  close(): void {
    this.#closed = true;
    this.resource.events.closed();
  }

  #tellTexts(): boolean {
    const { title, appId } = this.#window;
    const told = this.#told;
    if (title === told.title && appId === told.appId) return false;
    if (title !== told.title) this.resource.events.title(title);
    if (appId !== told.appId) this.resource.events.app_id(appId);
    told.title = title;
    told.appId = appId;
    return true;
  }

  #tellStates(): boolean {
    const states = this.#states();
    const bits = states.reduce((sum, state) => sum | (1 << state), 0);
    if (bits === this.#told.states) return false;
    this.#told.states = bits;
    this.resource.events.state(words(states));
    return true;
  }

  #states(): number[] {
    const mode = this.#window.slot?.mode;
    const states: number[] = [];
    if (mode === 'maximised') states.push(STATE.maximized);
    if (this.#context.rooms.scene.activated === this.#window) states.push(STATE.activated);
    if (mode === 'fullscreen' && this.resource.version >= 2) states.push(STATE.fullscreen);
    return states;
  }

  #tellOutputs(): boolean {
    const { presence } = this.#context;
    const before = this.#told.outputs;
    const now = presence.of(this.#window.surface);
    if (now === before) return false;
    this.#told.outputs = now;
    for (const name of now)
      if (!before.has(name))
        for (const output of presence.resourcesOf(this.#client, { name }))
          this.resource.events.output_enter(output);
    for (const name of before)
      if (!now.has(name))
        for (const output of presence.resourcesOf(this.#client, { name }))
          this.resource.events.output_leave(output);
    return true;
  }

  #tellParent(): boolean {
    if (this.resource.version < 3) return false;
    const parent = this.#window.parent && this.#handleOf(this.#window.parent);
    if (parent === this.#told.parent) return false;
    this.#told.parent = parent;
    this.resource.events.parent(parent);
    return true;
  }

  #setHandlers(): void {
    const { scene, seat } = this.#context.rooms;
    const window = this.#window;
    /** Requests for a window that is gone mean nothing. */
    const ask = (act: () => void): void => {
      if (!this.#closed) act();
    };
    this.resource.setHandlers({
      set_maximized: () => ask(() => scene.setMaximised(window, true)),
      unset_maximized: () => ask(() => scene.setMaximised(window, false)),
      // Windows are never minimised here, as xdg_toplevel.wm_capabilities says.
      set_minimized: () => {},
      unset_minimized: () => {},
      activate: () => ask(() => seat.activate(window)),
      close: () => ask(() => window.client.close()),
      set_rectangle: (_, __, x, y, width, height) =>
        demand(
          width >= 0 && height >= 0,
          this.resource,
          'invalid_rectangle',
          `the rectangle ${width}x${height} at ${x},${y} is negative`,
        ),
      destroy: () => {},
      set_fullscreen: (_, output) => {
        const name = output && this.#context.outputs.get(output).info.name;
        ask(() => scene.setFullscreen(window, { output: name }));
      },
      unset_fullscreen: () => ask(() => scene.setFullscreen(window, false)),
    });
  }
}
