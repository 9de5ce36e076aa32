// Which picture goes with the pointer.
import type { CursorContent } from '../scene/cursor.ts';
import type { Point } from '../scene/region.ts';
import type { Scene } from '../scene/scene.ts';
import type { Surface } from '../scene/surface.ts';
import type { Pointer } from './pointer.ts';

const NO_HOTSPOT: Point = { x: 0, y: 0 };
const DEFAULT: CursorContent = { kind: 'shape', shape: 'default' };

interface Shown {
  readonly content: CursorContent;
  /** As the client set it. */
  readonly hotspot: Point;
  /** `Surface.origin` at that time: what the surface moved since moves the hot spot. */
  readonly origin: Point;
}

/**
 * Sets `Scene.cursor`. A client chooses while it has the pointer; the next client starts with the default shape. Nothing
 * is shown before the first event of the pointer.
 */
export class SeatCursor {
  readonly #scene: Scene;
  readonly #pointer: Pointer;
  readonly #sameClient: (a: Surface, b: Surface) => boolean;
  #shown: Shown | null = { content: DEFAULT, hotspot: NO_HOTSPOT, origin: NO_HOTSPOT };
  #override: CursorContent | null = null;
  #owner: Surface | null = null;

  constructor(scene: Scene, pointer: Pointer, sameClient: (a: Surface, b: Surface) => boolean) {
    this.#scene = scene;
    this.#pointer = pointer;
    this.#sameClient = sameClient;
    pointer.onMove(() => this.update());
    pointer.onFocus(focus => this.#focused(focus?.surface ?? null));
  }

  /** What the client under the pointer wants to see; null hides the cursor. `hotspot` is ignored for shapes. */
  show(content: CursorContent | null, hotspot: Point = NO_HOTSPOT): void {
    const origin = content?.kind === 'surface' ? content.surface.origin : NO_HOTSPOT;
    this.#shown = content && { content, hotspot, origin };
    this.update();
  }

  /** A shape of a grab's own, above what clients want, until null is given. */
  override(content: CursorContent | null): void {
    this.#override = content;
    this.update();
  }

  /** A surface that is shown has moved its origin, or its life has ended. */
  update(): void {
    if (this.#pointer.present) this.#scene.cursor = this.#cursor();
  }

  #cursor() {
    const { position } = this.#pointer;
    if (this.#override) return { position, hotspot: NO_HOTSPOT, content: this.#override };
    if (!this.#shown) return null;
    const { content, hotspot, origin } = this.#shown;
    if (content.kind === 'shape') return { position, hotspot, content };
    if (content.surface.destroyed) return null;
    const now = content.surface.origin;
    return {
      position,
      hotspot: { x: hotspot.x - (now.x - origin.x), y: hotspot.y - (now.y - origin.y) },
      content,
    };
  }

  #focused(surface: Surface | null): void {
    const same = surface !== null && this.#owner !== null && this.#sameClient(surface, this.#owner);
    this.#owner = surface;
    if (!same) this.show(DEFAULT);
  }
}
