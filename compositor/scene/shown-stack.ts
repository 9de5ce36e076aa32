// The stack as it was built last, by parts: what has not changed is not built again.
import type { OutputInfo } from './outputs.ts';
import type { Popup } from './popup.ts';
import { intersectRects, type Rect } from './region.ts';
import {
  buildPart,
  extentOf,
  popupsByParent,
  type Root,
  type SurfacePlacement,
  samePlacement,
} from './stack.ts';
import type { Surface } from './surface.ts';
import type { Window } from './window.ts';
import { descends } from './windows.ts';

type Parts = ReadonlyMap<Root, readonly SurfacePlacement[]>;

export class ShownStack {
  #parts: Parts = new Map();
  #placements: readonly SurfacePlacement[] = [];
  readonly #bySurface = new Map<Surface, SurfacePlacement>();
  /** What each output shows, until the stack changes. */
  readonly #onOutput = new Map<string, readonly SurfacePlacement[]>();

  get placements(): readonly SurfacePlacement[] {
    return this.#placements;
  }

  of(surface: Surface): SurfacePlacement | null {
    return this.#bySurface.get(surface) ?? null;
  }

  /** What one output shows: under a window that is fullscreen there nothing else. */
  on(output: OutputInfo, fullscreen: Window | null): readonly SurfacePlacement[] {
    const known = this.#onOutput.get(output.name);
    if (known) return known;
    const shown = this.#placements.filter(
      placement =>
        (fullscreen === null || isOver(placement.root, fullscreen)) &&
        intersectRects(extentOf(placement), output.geometry) !== null,
    );
    this.#onOutput.set(output.name, shown);
    return shown;
  }

  /**
   * Builds the parts of `dirty` anew, all with null, and of roots that were not there. Returns whether anything lies
   * elsewhere than before.
   */
  build(options: {
    readonly roots: readonly Root[];
    readonly popups: readonly Popup[];
    readonly activated: Window | null;
    readonly dirty: ReadonlySet<Root> | null;
  }): boolean {
    const { roots, dirty, activated } = options;
    const popupsOf = popupsByParent(options.popups);
    const parts = new Map<Root, readonly SurfacePlacement[]>();
    for (const root of roots) {
      const known = dirty === null || dirty.has(root) ? undefined : this.#parts.get(root);
      parts.set(root, known ?? buildPart(root, popupsOf, activated));
    }
    this.#index(this.#parts, parts);
    this.#parts = parts;
    const before = this.#placements;
    this.#placements = [...parts.values()].flat();
    this.#onOutput.clear();
    return (
      before.length !== this.#placements.length ||
      this.#placements.some((placement, at) => !samePlacement(placement, before[at]!))
    );
  }

  /** Surfaces of parts that went or were built anew, then those that came. */
  #index(before: Parts, now: Parts): void {
    for (const [root, part] of before)
      if (now.get(root) !== part) for (const { surface } of part) this.#bySurface.delete(surface);
    for (const [root, part] of now)
      if (before.get(root) !== part)
        for (const placement of part) this.#bySurface.set(placement.surface, placement);
  }
}

/** Whether a fullscreen window leaves something to be seen: itself, what belongs to it, the overlay, and what is dragged. */
export function isOver(root: Root, fullscreen: Window): boolean {
  if (root.kind === 'window') return descends(root, fullscreen);
  return root.kind === 'drag-icon' || root.state.layer === 'overlay';
}

/** The output that shows most of a place, the first one if none does; null without outputs. */
export function mostShownOn(place: Rect | null, outputs: readonly OutputInfo[]): OutputInfo | null {
  const shown = (output: OutputInfo): number => {
    const part = place ? intersectRects(place, output.geometry) : null;
    return part ? part.width * part.height : 0;
  };
  return outputs.reduce<OutputInfo | null>(
    (best, output) => (best === null || shown(output) > shown(best) ? output : best),
    null,
  );
}
