// Which windows have an output to themselves, and what that hides.
import { contentDamage } from './damage.ts';
import type { OutputInfo } from './outputs.ts';
import { Region } from './region.ts';
import { isOver } from './shown-stack.ts';
import type { Root, SurfacePlacement } from './stack.ts';
import type { Surface } from './surface.ts';
import type { Window } from './window.ts';

/** The fullscreen windows at the last look, with the outputs that they fill. */
export class FullscreenCover {
  #covered: readonly { readonly output: OutputInfo; readonly window: Window }[] = [];

  /** Looks again. Returns the outputs that a window took or left: what it hides or uncovers may not have changed itself. */
  update(outputs: readonly OutputInfo[], fullscreenOn: (output: OutputInfo) => Window | null): Region {
    const before = this.#covered;
    if (before.length === 0 && outputs.every(output => fullscreenOn(output) === null)) return Region.empty;
    const covered: { output: OutputInfo; window: Window }[] = [];
    let damage = Region.empty;
    for (const output of outputs) {
      const window = fullscreenOn(output);
      if (window) covered.push({ output, window });
      const was = before.find(other => other.output.name === output.name)?.window ?? null;
      if (was !== window) damage = damage.union(Region.of(output.geometry));
    }
    this.#covered = covered;
    return damage;
  }

  /** The common case: new pixels where the old ones were. What a fullscreen window hides is no damage. */
  contentDamage(
    content: ReadonlyMap<Surface, Region>,
    placementOf: (surface: Surface) => SurfacePlacement | null,
  ): Region {
    let damage = Region.empty;
    for (const [surface, buffer] of content) {
      const placement = placementOf(surface);
      if (placement) damage = damage.union(this.#seen(placement.root, contentDamage(placement, buffer)));
    }
    return damage;
  }

  /** The part of some damage of `root` that lies where no fullscreen window hides it. */
  #seen(root: Root, damage: Region): Region {
    let seen = damage;
    for (const { output, window } of this.#covered)
      if (!isOver(root, window)) seen = seen.subtract(Region.of(output.geometry));
    return seen;
  }
}
