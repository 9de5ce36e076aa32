// xdg_toplevel: a window.

import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import type { Size } from '../scene/region.ts';
import { NO_SIZE } from '../scene/surface-state.ts';
import { Window, type WindowConfiguration, type WindowStateName } from '../scene/window.ts';
import { demand } from './errors.ts';
import type { XdgSurfaceObject } from './xdg-surface.ts';

const { resize_edge: EDGE, state: STATE, wm_capabilities: CAPABILITY } = interfaces.xdg_toplevel.enums;
const RESIZE_EDGES: readonly number[] = Object.values(EDGE);

/** What a state is called on the wire, and since which version it is known. */
const STATES: Readonly<
  Record<WindowStateName, { readonly since: number; readonly values: readonly number[] }>
> = {
  activated: { since: 1, values: [STATE.activated] },
  maximised: { since: 1, values: [STATE.maximized] },
  fullscreen: { since: 1, values: [STATE.fullscreen] },
  tiled: {
    since: 2,
    values: [STATE.tiled_left, STATE.tiled_right, STATE.tiled_top, STATE.tiled_bottom],
  },
  resizing: { since: 1, values: [STATE.resizing] },
  suspended: { since: 6, values: [STATE.suspended] },
};

/** 32-bit numbers in the host's order, as Wayland's arrays have them. */
const words = (values: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);

export class ToplevelObject {
  readonly window: Window;
  readonly resource: Resource<'xdg_toplevel'>;
  readonly #xdg: XdgSurfaceObject;
  #minimum: Size = NO_SIZE;
  #maximum: Size = NO_SIZE;
  /** Configurations sent so far. */
  #configures = 0;

  constructor(xdg: XdgSurfaceObject, resource: Resource<'xdg_toplevel'>) {
    this.#xdg = xdg;
    this.resource = resource;
    const { surface, context } = xdg.object;
    this.window = new Window(surface, {
      configure: configuration => this.#configure(configuration),
      close: () => this.#close(),
    });
    surface.role = { kind: 'toplevel', window: this.window };
    context.toplevels.set(resource, this);
    context.rooms.scene.addWindow(this.window);
    resource.onDestroy(() => this.#destroyed());
    this.#setHandlers();
  }

  beforeCommit(): void {
    const tooWide = this.#maximum.width > 0 && this.#minimum.width > this.#maximum.width;
    const tooHigh = this.#maximum.height > 0 && this.#minimum.height > this.#maximum.height;
    demand(
      !tooWide && !tooHigh,
      this.resource,
      'invalid_size',
      `the minimum ${sizeText(this.#minimum)} is larger than the maximum ${sizeText(this.#maximum)}`,
    );
  }

  /** The first commit: the client is told what it may do and where it will be. */
  introduce(): void {
    const { events, version } = this.resource;
    if (version >= 5) events.wm_capabilities(words([CAPABILITY.maximize, CAPABILITY.fullscreen]));
    this.#xdg.context.rooms.scene.introduce(this.window);
  }

  unmapped(): void {
    this.#configures = 0;
    this.window.reset();
    this.#xdg.context.rooms.scene.arrange();
  }

  #setHandlers(): void {
    const { window, resource } = this;
    const { context } = this.#xdg;
    const limit = (size: Size, what: string): Size => {
      demand(
        size.width >= 0 && size.height >= 0,
        resource,
        'invalid_size',
        `the ${what} size ${sizeText(size)} is negative; 0 means no limit`,
      );
      return size;
    };
    resource.setHandlers({
      destroy: () => {},
      set_parent: (_, parent) => this.#setParent(parent && context.toplevels.get(parent)),
      set_title: (_, title) => {
        window.title = title;
      },
      set_app_id: (_, appId) => {
        window.appId = appId;
      },
      show_window_menu: () => {},
      move: () => {},
      resize: (_, __, ___, edges) =>
        demand(
          RESIZE_EDGES.includes(edges),
          resource,
          'invalid_resize_edge',
          `${edges} is no edge or corner`,
        ),
      set_max_size: (_, width, height) => {
        this.#maximum = limit({ width, height }, 'maximum');
        this.#xdg.changeState({ maximum: this.#maximum });
      },
      set_min_size: (_, width, height) => {
        this.#minimum = limit({ width, height }, 'minimum');
        this.#xdg.changeState({ minimum: this.#minimum });
      },
      set_maximized: () =>
        this.#wish(() => {
          window.wishes.maximised = true;
        }),
      unset_maximized: () =>
        this.#wish(() => {
          window.wishes.maximised = false;
        }),
      set_fullscreen: (_, output) =>
        this.#wish(() => {
          window.wishes.fullscreen = { output: output && context.outputs.get(output).info.name };
        }),
      unset_fullscreen: () =>
        this.#wish(() => {
          window.wishes.fullscreen = false;
        }),
      // Not among the capabilities announced: there is no way to bring a window back.
      set_minimized: () => {},
    });
  }

  #setParent(parent: ToplevelObject | null): void {
    for (let at: Window | null = parent?.window ?? null; at; at = at.parent)
      demand(
        at !== this.window,
        this.resource,
        'invalid_parent',
        `xdg_toplevel@${parent?.resource.id} is this window or a child of it`,
      );
    this.window.parent = parent?.window ?? null;
  }

  /** A wish is answered with a configuration, even if that changes nothing. Before the first commit it is only noted. */
  #wish(change: () => void): void {
    change();
    if (!this.#xdg.configured) return;
    const before = this.#configures;
    const { scene } = this.#xdg.context.rooms;
    if (this.window.mapped) scene.arrange();
    else scene.introduce(this.window);
    if (this.#configures === before) this.window.repeatConfiguration();
  }

  #configure({ size, bounds, states }: WindowConfiguration): void {
    const { events, version } = this.resource;
    this.#configures++;
    if (version >= 4) events.configure_bounds(bounds.width, bounds.height);
    const known = states.map(state => STATES[state]).filter(({ since }) => since <= version);
    events.configure(size.width, size.height, words(known.flatMap(({ values }) => values)));
    this.#xdg.sendConfigure();
    this.#xdg.wmBase.ping();
  }

  #close(): void {
    this.resource.events.close();
    this.#xdg.wmBase.ping();
  }

  #destroyed(): void {
    const { scene } = this.#xdg.context.rooms;
    for (const other of scene.windows) if (other.parent === this.window) other.parent = this.window.parent;
    this.#xdg.object.surface.role = null;
    scene.removeWindow(this.window);
    this.#xdg.roleDestroyed();
  }
}

const sizeText = (size: Size): string => `${size.width}x${size.height}`;
