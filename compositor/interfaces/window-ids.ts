// Numbers by which tools speak of windows, from one extension to another.
import type { Scene } from '../scene/scene.ts';
import type { Window } from '../scene/window.ts';

/** Ids from 1 on, given when they are first asked for and never again. */
export class WindowIds {
  readonly #scene: Scene;
  readonly #ids = new WeakMap<Window, number>();
  #last = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  of(window: Window): number {
    const known = this.#ids.get(window);
    if (known !== undefined) return known;
    this.#ids.set(window, ++this.#last);
    return this.#last;
  }

  /** Null when it is gone. */
  find(id: number): Window | null {
    return this.#scene.windows.find(window => this.#ids.get(window) === id) ?? null;
  }

  /** Whether there has ever been a window of this id. */
  known(id: number): boolean {
    return id > 0 && id <= this.#last;
  }
}
