// xdg_toplevel as the scene knows it: what the client says of it, and where the layout put it.

import type { Rect, Size } from './region.ts';
import type { Surface } from './surface.ts';

export type WindowStateName = 'activated' | 'maximised' | 'fullscreen' | 'resizing' | 'tiled' | 'suspended';

/** What the compositor wants of a window; the client answers with a commit of its own. */
export interface WindowConfiguration {
  /** Of the window geometry; 0 leaves a dimension to the client. */
  readonly size: Size;
  /** Room there is: clients should not grow beyond it. */
  readonly bounds: Size;
  readonly states: readonly WindowStateName[];
  /** Who draws a border: the client (or nobody), or the compositor. */
  readonly decoration: Decoration;
}

export type Decoration = 'client' | 'server';

/** The client's end of a window. */
export interface WindowClient {
  /** Sends a configure sequence. */
  configure(configuration: WindowConfiguration): void;
  /** Asks the client to close the window. */
  close(): void;
}

/** Which edges of a window a hand drags: -1 is the left or top one, 1 the right or bottom one, 0 neither. */
export interface Edges {
  readonly x: -1 | 0 | 1;
  readonly y: -1 | 0 | 1;
}

/** Edges to drag while the corner of a window stays where it is. */
export const LOWER_RIGHT: Edges = { x: 1, y: 1 };

/** Where on an axis a window lies in its slot when it is smaller or larger than that. */
export type Alignment = 'start' | 'centre' | 'end';

/** Where the layout put a window, in the global space. */
export interface Slot {
  readonly output: string;
  /** A size of 0 is the window's own. */
  readonly rect: Rect;
  readonly mode: 'tiled' | 'floating' | 'maximised' | 'fullscreen';
  readonly align: { readonly x: Alignment; readonly y: Alignment };
  /** What the window is kept inside of, as far as it fits; null: it may lie anywhere. */
  readonly within: Rect | null;
  readonly decoration: Decoration;
}

/** What the client or the user wants, before the layout has its say. */
export interface WindowWishes {
  maximised: boolean;
  /** `output` is a name, null leaves the choice to the compositor; false is not fullscreen. */
  fullscreen: false | { readonly output: string | null };
  /** A place in the global space instead of a tile; a width or height of 0 leaves that to the client. */
  place: Rect | null;
  /** What the client asked for; null: it has no preference. `none`: it never spoke of it, and gets nothing drawn. */
  decoration: Decoration | null | 'none';
}

export class Window {
  readonly kind = 'window';
  readonly surface: Surface;
  readonly client: WindowClient;
  title = '';
  appId = '';
  parent: Window | null = null;
  /** No pong for a ping within its time. */
  unresponsive = false;
  readonly wishes: WindowWishes = { maximised: false, fullscreen: false, place: null, decoration: 'none' };
  slot: Slot | null = null;
  /** Output it was opened on. */
  home: string | null = null;
  /** A hand is at these edges. */
  resizing: Edges | null = null;
  /** The edges that were dragged last: the others stay where they are while the client catches up. */
  dragged = LOWER_RIGHT;
  #configuration: WindowConfiguration | null = null;

  constructor(surface: Surface, client: WindowClient) {
    this.surface = surface;
    this.client = client;
  }

  /** Content is shown: there is a buffer. */
  get mapped(): boolean {
    return this.surface.state.content !== null;
  }

  /** The last configuration that was sent. */
  get configuration(): WindowConfiguration | null {
    return this.#configuration;
  }

  /** The client allows one size alone. */
  get fixed(): boolean {
    const { role } = this.surface.state;
    return role.kind === 'xdg' && isFixed(role);
  }

  /** A size as near to this one as the limits that the client committed allow; 0 is no limit. */
  fit({ width, height }: Size): Size {
    const { role } = this.surface.state;
    if (role.kind !== 'xdg') return { width, height };
    const { minimum, maximum } = role;
    const within = (size: number, low: number, high: number): number =>
      Math.max(low, high > 0 ? Math.min(size, high) : size);
    return {
      width: within(width, minimum.width, maximum.width),
      height: within(height, minimum.height, maximum.height),
    };
  }

  /** Sends a configuration unless the client has been told just that. */
  configure(configuration: WindowConfiguration): void {
    if (this.#configuration && sameConfiguration(this.#configuration, configuration)) return;
    this.#configuration = configuration;
    this.client.configure(configuration);
  }

  /** The same configuration once more: a request that must be answered although it changes nothing. */
  repeatConfiguration(): void {
    if (this.#configuration) this.client.configure(this.#configuration);
  }

  /** The window was unmapped: its next map starts over, with nothing of what the client said of it. */
  reset(): void {
    this.#configuration = null;
    this.slot = null;
    this.resizing = null;
    this.dragged = LOWER_RIGHT;
    this.title = '';
    this.appId = '';
    Object.assign(this.wishes, { maximised: false, fullscreen: false, place: null });
  }
}

/** Both limits leave one size. */
export const isFixed = ({ minimum, maximum }: { readonly minimum: Size; readonly maximum: Size }): boolean =>
  sameSize(minimum, maximum) && minimum.width > 0 && minimum.height > 0;

const sameSize = (a: Size, b: Size): boolean => a.width === b.width && a.height === b.height;

const sameConfiguration = (a: WindowConfiguration, b: WindowConfiguration): boolean =>
  sameSize(a.size, b.size) &&
  sameSize(a.bounds, b.bounds) &&
  a.states.join() === b.states.join() &&
  a.decoration === b.decoration;
