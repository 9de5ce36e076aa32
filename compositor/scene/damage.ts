// What has to be drawn anew after a change, in the global space.
import { type Rect, Region, rectsEqual } from './region.ts';
import type { SurfacePlacement } from './stack.ts';
import type { Surface } from './surface.ts';
import { bufferToSurface } from './surface-geometry.ts';
import type { SurfaceState } from './surface-state.ts';

/** A surface as the last look at the stack found it. */
interface Seen {
  readonly placement: SurfacePlacement;
  readonly extent: Region;
  readonly state: SurfaceState;
}

/** Compares the stack with how it was, so that moves, restacking and size changes damage what they uncover. */
export class DamageTracker {
  #seen = new Map<Surface, Seen>();
  #order: Surface[] = [];

  /**
   * The damage between the last call and this one. `content` is the buffer damage of the commits applied since, which
   * counts for surfaces that stayed where they were.
   */
  update(stack: readonly SurfacePlacement[], content: ReadonlyMap<Surface, Region>): Region {
    let damage = Region.empty;
    const seen = new Map<Surface, Seen>();
    const order = stack.map(placement => placement.surface);
    const restacked = this.#restacked(order);
    for (const placement of stack) {
      const { surface } = placement;
      const before = this.#seen.get(surface);
      const now: Seen = { placement, extent: Region.of(placement), state: surface.state };
      seen.set(surface, now);
      if (before && !restacked.has(surface) && sameMapping(before, now))
        damage = damage.union(contentDamage(placement, content.get(surface)));
      else damage = damage.union(now.extent).union(before?.extent ?? Region.empty);
    }
    for (const [surface, before] of this.#seen) if (!seen.has(surface)) damage = damage.union(before.extent);
    this.#seen = seen;
    this.#order = order;
    return damage;
  }

  /** Surfaces whose order against others changed. */
  #restacked(order: readonly Surface[]): Set<Surface> {
    const common = order.filter(surface => this.#seen.has(surface));
    const still = new Set(common);
    const before = this.#order.filter(surface => still.has(surface));
    return new Set(common.filter((surface, at) => before[at] !== surface));
  }
}

/** Whether a change of state can move, uncover or resize anything; if not, only the content's damage counts. */
export function changesStack(before: SurfaceState, now: SurfaceState): boolean {
  return (
    !sameBufferMapping(before, now) ||
    (before.content === null) !== (now.content === null) ||
    before.size.width !== now.size.width ||
    before.size.height !== now.size.height ||
    before.below !== now.below ||
    before.above !== now.above ||
    geometryOf(before) !== geometryOf(now)
  );
}

const geometryOf = ({ role }: SurfaceState): Rect | null => (role.kind === 'xdg' ? role.geometry : null);

/** Whether the same pixels of the buffer come to lie at the same place. */
const sameMapping = (before: Seen, now: Seen): boolean =>
  rectsEqual(before.placement, now.placement) && sameBufferMapping(before.state, now.state);

function sameBufferMapping(a: SurfaceState, b: SurfaceState): boolean {
  return (
    a.bufferSize?.width === b.bufferSize?.width &&
    a.bufferSize?.height === b.bufferSize?.height &&
    a.transform === b.transform &&
    a.scale === b.scale &&
    a.viewport === b.viewport
  );
}

/** What a commit's buffer damage is on the screen, for a surface that stayed where it was. */
export function contentDamage(placement: SurfacePlacement, damage: Region | undefined): Region {
  const { state } = placement.surface;
  const size = state.bufferSize;
  if (!damage || !size) return Region.empty;
  const rects = damage.rects.map(rect => bufferToSurface(state, size, rect)).filter(rect => rect !== null);
  return Region.ofAll(rects).translate(placement.x, placement.y);
}
