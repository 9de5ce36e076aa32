// xdg_toplevel as the scene knows it: what the client says of it, and where the layout put it.

import type { Rect, Size } from './region.ts';
import type { Surface } from './surface.ts';

export type WindowStateName = 'activated' | 'maximised' | 'fullscreen' | 'tiled' | 'suspended';

/** What the compositor wants of a window; the client answers with a commit of its own. */
export interface WindowConfiguration {
  /** Of the window geometry; 0 leaves a dimension to the client. */
  readonly size: Size;
  /** Room there is: clients should not grow beyond it. */
  readonly bounds: Size;
  readonly states: readonly WindowStateName[];
}

/** The client's end of a window. */
export interface WindowClient {
  /** Sends a configure sequence. */
  configure(configuration: WindowConfiguration): void;
  /** Asks the client to close the window. */
  close(): void;
}

/** Where the layout put a window, in the global space. */
export interface Slot {
  readonly output: string;
  readonly rect: Rect;
  readonly mode: 'tiled' | 'floating' | 'maximised' | 'fullscreen';
}

/** What the client wants, before the layout has its say. */
export interface WindowWishes {
  maximised: boolean;
  /** `output` is a name, null leaves the choice to the compositor; false is not fullscreen. */
  fullscreen: false | { readonly output: string | null };
  /** A fixed place in the global space instead of a tile. */
  place: Rect | null;
}

export class Window {
  readonly surface: Surface;
  readonly client: WindowClient;
  title = '';
  appId = '';
  parent: Window | null = null;
  /** No pong for a ping within its time. */
  unresponsive = false;
  readonly wishes: WindowWishes = { maximised: false, fullscreen: false, place: null };
  slot: Slot | null = null;
  /** Output it was opened on. */
  home: string | null = null;
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

  /** The window was unmapped: its next map starts over. */
  reset(): void {
    this.#configuration = null;
    this.slot = null;
    Object.assign(this.wishes, { maximised: false, fullscreen: false });
  }
}

const sameSize = (a: Size, b: Size): boolean => a.width === b.width && a.height === b.height;

const sameConfiguration = (a: WindowConfiguration, b: WindowConfiguration): boolean =>
  sameSize(a.size, b.size) && sameSize(a.bounds, b.bounds) && a.states.join() === b.states.join();
