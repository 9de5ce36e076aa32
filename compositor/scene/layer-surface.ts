// zwlr_layer_surface_v1 as the scene knows it: panels, wallpapers, launchers.
import type { Rect, Size } from './region.ts';
import type { Surface } from './surface.ts';

/** From the lowest to the highest. */
export const LAYERS = ['background', 'bottom', 'top', 'overlay'] as const;
export type LayerName = (typeof LAYERS)[number];

/** Edges of the output that a layer surface is tied to. */
export interface Anchor {
  readonly top: boolean;
  readonly bottom: boolean;
  readonly left: boolean;
  readonly right: boolean;
}

export interface Margin {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

export type KeyboardInteractivity = 'none' | 'exclusive' | 'on-demand';

/** What a commit of a layer surface says of its place. */
export interface LayerState {
  readonly kind: 'layer';
  readonly layer: LayerName;
  /** 0 is whatever lies between the two edges that it is tied to. */
  readonly size: Size;
  readonly anchor: Anchor;
  /** Pixels of its edge that windows keep free; 0: it makes way for others; -1: it does not care about others. */
  readonly exclusiveZone: number;
  readonly margin: Margin;
  readonly keyboard: KeyboardInteractivity;
}

export const INITIAL_LAYER_STATE: LayerState = {
  kind: 'layer',
  layer: 'background',
  size: { width: 0, height: 0 },
  anchor: { top: false, bottom: false, left: false, right: false },
  exclusiveZone: 0,
  margin: { top: 0, right: 0, bottom: 0, left: 0 },
  keyboard: 'none',
};

/** The client's end of a layer surface. */
export interface LayerClient {
  configure(size: Size): void;
  /** Its output is gone, or there is none: it will not be shown again. */
  closed(): void;
}

export class LayerSurface {
  readonly kind = 'layer';
  readonly surface: Surface;
  readonly client: LayerClient;
  /** Name of its output. */
  readonly output: string;
  /** For people: `panel`, `wallpaper`. */
  readonly namespace: string;
  /** Where it goes, in the global space; null until it was arranged. */
  place: Rect | null = null;
  /** The client has asked for its first configuration. */
  introduced = false;
  #closed = false;
  #told: Size | null = null;

  constructor(options: { surface: Surface; client: LayerClient; output: string; namespace: string }) {
    this.surface = options.surface;
    this.client = options.client;
    this.output = options.output;
    this.namespace = options.namespace;
  }

  get state(): LayerState {
    const { role } = this.surface.state;
    return role.kind === 'layer' ? role : INITIAL_LAYER_STATE;
  }

  get mapped(): boolean {
    return this.surface.state.content !== null;
  }

  /** It will not be shown again, although the client has yet to destroy it. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Takes it away for good and tells the client, once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.place = null;
    this.client.closed();
  }

  /** Sends a size unless the client has been told just that. */
  configure({ width, height }: Size): void {
    if (this.#told?.width === width && this.#told.height === height) return;
    this.#told = { width, height };
    this.client.configure(this.#told);
  }

  /** It was unmapped: its next map starts over. */
  reset(): void {
    this.#told = null;
    this.place = null;
    this.introduced = false;
  }
}
