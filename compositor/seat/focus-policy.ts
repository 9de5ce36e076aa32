// Who has the keyboard.
import type { LayerSurface } from '../scene/layer-surface.ts';
import type { Scene } from '../scene/scene.ts';
import type { Surface } from '../scene/surface.ts';

/**
 * The first that there is of these: a layer surface that claims the keyboard for itself, the topmost popup that grabbed it,
 * a layer surface that was clicked and takes it on demand, the activated window.
 */
export class FocusPolicy {
  readonly #scene: Scene;
  #clicked: LayerSurface | null = null;
  /** Surfaces of popups that grabbed the keyboard, the topmost last. */
  grabbing: readonly Surface[] = [];

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** Who ought to have the keyboard. */
  get surface(): Surface | null {
    const { keyboardClaim, activated } = this.#scene;
    const layer = keyboardClaim ?? (this.grabbing.length === 0 ? this.#onDemand : null);
    return layer?.surface ?? this.grabbing.at(-1) ?? activated?.surface ?? null;
  }

  /** A layer surface was clicked; null: something else was. */
  set clicked(layer: LayerSurface | null) {
    this.#clicked = layer;
  }

  /** One that lost its wish or its content gives the keyboard back. */
  get #onDemand(): LayerSurface | null {
    const layer = this.#clicked;
    return layer?.mapped && layer.place && layer.state.keyboard !== 'none' ? layer : null;
  }
}
