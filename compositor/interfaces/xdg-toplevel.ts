// xdg_toplevel: a window.

import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import type { Size } from '../scene/region.ts';
import { NO_SIZE } from '../scene/surface-state.ts';
import { Window, type WindowConfiguration, type WindowStateName } from '../scene/window.ts';
import { demand } from './errors.ts';
import { moveByHand, resizeByHand } from './seat-requests.ts';
import { words } from './words.ts';
import type { XdgSurfaceObject } from './xdg-surface.ts';

const { state: STATE, wm_capabilities: CAPABILITY } = interfaces.xdg_toplevel.enums;
const { mode: DECORATION } = interfaces.zxdg_toplevel_decoration_v1.enums;

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

/**
 * Configures that wait to be acknowledged before the client is sent only the newest: what other programs do may change
 * the place of its window more often than it can follow.
 */
const MOST_UNACKNOWLEDGED = 64;

export class ToplevelObject {
  readonly window: Window;
  readonly resource: Resource<'xdg_toplevel'>;
  /** Its zxdg_toplevel_decoration_v1. */
  decoration: Resource<'zxdg_toplevel_decoration_v1'> | null = null;
  readonly #xdg: XdgSurfaceObject;
  #minimum: Size = NO_SIZE;
  #maximum: Size = NO_SIZE;
  /** Configurations sent so far. */
  #configures = 0;
  /** The newest configuration that waits for the client to acknowledge earlier ones. */
  #held: WindowConfiguration | null = null;

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

  /** A buffer is attached or committed. */
  get hasBuffer(): boolean {
    const { attachment, surface } = this.#xdg.object;
    return !!attachment || surface.committedSize !== null;
  }

  /** As the client knows it: content was committed, although it may have to wait. */
  get isMapped(): boolean {
    return this.#xdg.object.surface.committedSize !== null;
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
    // Of a window that starts over, the scene may think that it knows.
    this.answer(() => this.#xdg.context.rooms.scene.introduce(this.window));
  }

  unmapped(): void {
    this.#configures = 0;
    this.#held = null;
    this.#minimum = NO_SIZE;
    this.#maximum = NO_SIZE;
    this.#xdg.changeState({ minimum: NO_SIZE, maximum: NO_SIZE });
    this.#xdg.context.rooms.scene.resetWindow(this.window);
  }

  #setHandlers(): void {
    const { window, resource } = this;
    const { context, client } = this.#xdg.object;
    const caller = { context, client };
    const { scene } = context.rooms;
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
      destroy: () => this.#checkDecoration(),
      set_parent: (_, parent) => this.#setParent(parent && context.toplevels.get(parent)),
      set_title: (_, title) => {
        window.title = title;
        scene.windowChanged(window);
      },
      set_app_id: (_, appId) => {
        window.appId = appId;
        scene.windowChanged(window);
      },
      move: (_, __, serial) => moveByHand(caller, window, serial),
      resize: (_, __, serial, edges) => resizeByHand(caller, this, serial, edges),
      set_max_size: (_, width, height) => {
        this.#maximum = limit({ width, height }, 'maximum');
        this.#xdg.changeState({ maximum: this.#maximum });
      },
      set_min_size: (_, width, height) => {
        this.#minimum = limit({ width, height }, 'minimum');
        this.#xdg.changeState({ minimum: this.#minimum });
      },
      set_maximized: () => this.answer(() => scene.setMaximised(window, true)),
      unset_maximized: () => this.answer(() => scene.setMaximised(window, false)),
      set_fullscreen: (_, output) => {
        const name = output && context.outputs.get(output).info.name;
        this.answer(() => scene.setFullscreen(window, { output: name }));
      },
      unset_fullscreen: () => this.answer(() => scene.setFullscreen(window, false)),
      // Not among the capabilities announced: there is no menu, and no way to bring a window back.
      show_window_menu: () => {},
      set_minimized: () => {},
    });
  }

  #checkDecoration(): void {
    const { decoration } = this;
    if (decoration)
      demand(
        false,
        decoration,
        'orphaned',
        `xdg_toplevel@${this.resource.id} is destroyed before its decoration; destroy that first`,
      );
  }

  /** A parent that is not mapped is none. */
  #setParent(parent: ToplevelObject | null): void {
    for (let at: Window | null = parent?.window ?? null; at; at = at.parent)
      demand(
        at !== this.window,
        this.resource,
        'invalid_parent',
        `xdg_toplevel@${parent?.resource.id} is this window or a child of it`,
      );
    const above = parent?.isMapped ? parent.window : null;
    if (this.window.parent !== above) this.#xdg.context.rooms.scene.setParent(this.window, above);
  }

  /** A wish is answered with a configuration, even if that changes nothing. Before the first commit it is only noted. */
  answer(change: () => void): void {
    const before = this.#configures;
    change();
    if (this.#xdg.configured && this.#configures === before) this.window.repeatConfiguration();
  }

  /** The client has caught up: it is told how things are now. */
  acknowledged(): void {
    const held = this.#held;
    this.#held = null;
    if (held) this.#configure(held);
  }

  #configure(configuration: WindowConfiguration): void {
    if (this.#xdg.unacknowledged >= MOST_UNACKNOWLEDGED) {
      this.#held = configuration;
      return;
    }
    const { size, bounds, states, decoration } = configuration;
    const { events, version } = this.resource;
    this.#configures++;
    if (version >= 4) events.configure_bounds(bounds.width, bounds.height);
    this.decoration?.events.configure(
      decoration === 'server' ? DECORATION.server_side : DECORATION.client_side,
    );
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
    this.#xdg.object.surface.role = null;
    scene.removeWindow(this.window);
    this.#xdg.roleDestroyed();
  }
}

const sizeText = (size: Size): string => `${size.width}x${size.height}`;
