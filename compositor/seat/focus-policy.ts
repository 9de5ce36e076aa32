// Who has the keyboard.
import type { LayerSurface } from '../scene/layer-surface.ts';
import type { Popup } from '../scene/popup.ts';
import type { Scene } from '../scene/scene.ts';
import type { Surface } from '../scene/surface.ts';

/**
 * The first that there is of these: the topmost popup that grabbed it, a layer surface that takes it on demand and was
 * clicked or has just come above the windows, the activated window. A layer surface that claims the keyboard for itself comes before all that is not its own.
 */
export class FocusPolicy {
  readonly #scene: Scene;
  readonly #grabbing: () => readonly Popup[];
  #clicked: LayerSurface | null = null;
  /** Layer surfaces that are shown. */
  readonly #met = new WeakSet<LayerSurface>();

  /** `grabbing`: popups that grabbed the seat, the topmost last. */
  constructor(scene: Scene, grabbing: () => readonly Popup[]) {
    this.#scene = scene;
    this.#grabbing = grabbing;
  }

  /** Who ought to have the keyboard. */
  get surface(): Surface | null {
    const { keyboardClaim, activated } = this.#scene;
    const popup = this.#popup;
    if (keyboardClaim && (!popup || this.#scene.rootOf(popup) !== keyboardClaim))
      return keyboardClaim.surface;
    return popup ?? this.#onDemand?.surface ?? activated?.surface ?? null;
  }

  /** A layer surface was clicked; null: something else was. */
  set clicked(layer: LayerSurface | null) {
    this.#clicked = layer;
  }

  /** One that comes above the windows and takes the keyboard on demand gets it at first, as a window would. */
  meetLayers(): void {
    for (const layer of this.#scene.layers) {
      if (!layer.mapped || !layer.place) this.#met.delete(layer);
      else if (!this.#met.has(layer)) this.#meet(layer);
    }
  }

  #meet(shown: LayerSurface): void {
    this.#met.add(shown);
    const { keyboard, layer } = shown.state;
    if (keyboard === 'on-demand' && (layer === 'top' || layer === 'overlay')) this.#clicked = shown;
  }

  /** One that has grabbed and is not shown yet has to wait. */
  get #popup(): Surface | null {
    return this.#grabbing().findLast(({ surface }) => this.#scene.placementOf(surface))?.surface ?? null;
  }

  /** One that lost its wish or its content gives the keyboard back. */
  get #onDemand(): LayerSurface | null {
    const layer = this.#clicked;
    return layer?.mapped && layer.place && layer.state.keyboard !== 'none' ? layer : null;
  }
}
