// Which windows have an output to themselves, and what that hides.
import type { OutputInfo } from './outputs.ts';
import { Region } from './region.ts';
import { isOver } from './shown-stack.ts';
import type { Root } from './stack.ts';
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

  /** The part of some damage of `root` that lies where no fullscreen window hides it. */
  seen(root: Root, damage: Region): Region {
    let seen = damage;
    for (const { output, window } of this.#covered)
      if (!isOver(root, window)) seen = seen.subtract(Region.of(output.geometry));
    return seen;
  }
}
