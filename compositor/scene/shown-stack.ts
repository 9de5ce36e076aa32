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
    const shown = this.#placements.filter(placement => isShown(placement, output, fullscreen));
    this.#onOutput.set(output.name, shown);
    return shown;
  }

  /**
   * Builds the parts of `dirty` anew, all with null, and of roots that were not there. Returns the surfaces that came,
   * went or lie elsewhere, none where their order alone is another; null: all is as it was.
   */
  build(options: {
    readonly roots: readonly Root[];
    readonly popups: readonly Popup[];
    readonly activated: Window | null;
    readonly dirty: ReadonlySet<Root> | null;
  }): ReadonlySet<Surface> | null {
    const { roots, dirty, activated } = options;
    const popupsOf = popupsByParent(options.popups);
    const parts = new Map<Root, readonly SurfacePlacement[]>();
    for (const root of roots) {
      const known = dirty === null || dirty.has(root) ? undefined : this.#parts.get(root);
      parts.set(root, known ?? buildPart(root, popupsOf, activated));
    }
    const changed = this.#index(this.#parts, parts);
    this.#parts = parts;
    const before = this.#placements;
    this.#placements = [...parts.values()].flat();
    this.#onOutput.clear();
    const reordered = this.#placements.some(({ surface }, at) => surface !== before[at]?.surface);
    return changed.size > 0 || reordered ? changed : null;
  }

  /** Surfaces of parts that went or were built anew, then those that came. Returns those that lie elsewhere now. */
  #index(before: Parts, now: Parts): ReadonlySet<Surface> {
    const gone = new Map<Surface, SurfacePlacement>();
    const changed = new Set<Surface>();
    for (const [root, part] of before)
      if (now.get(root) !== part) for (const placement of part) gone.set(placement.surface, placement);
    for (const surface of gone.keys()) this.#bySurface.delete(surface);
    for (const [root, part] of now) {
      if (before.get(root) === part) continue;
      for (const placement of part) {
        const earlier = gone.get(placement.surface);
        if (!earlier || !samePlacement(earlier, placement)) changed.add(placement.surface);
        gone.delete(placement.surface);
        this.#bySurface.set(placement.surface, placement);
      }
    }
    for (const surface of gone.keys()) changed.add(surface);
    return changed;
  }
}

/** Whether an output shows any of a surface, under the window that is fullscreen there. */
export function isShown(placement: SurfacePlacement, output: OutputInfo, fullscreen: Window | null): boolean {
  if (fullscreen !== null && !isOver(placement.root, fullscreen)) return false;
  return intersectRects(extentOf(placement), output.geometry) !== null;
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
