// What has to be drawn anew after a change, in the global space.
import { type Rect, Region, rectsEqual } from './region.ts';
import { extentOf, type SurfacePlacement, sameFrame } from './stack.ts';
import type { Surface } from './surface.ts';
import { bufferToSurface } from './surface-geometry.ts';
import type { SurfaceState } from './surface-state.ts';
import { isFixed } from './window.ts';

const NONE: ReadonlySet<Surface> = new Set();

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
      if (before?.placement === placement && before.state === surface.state && !restacked.has(surface)) {
        seen.set(surface, before);
        damage = damage.union(contentDamage(placement, content.get(surface)));
        continue;
      }
      const now: Seen = { placement, extent: Region.of(extentOf(placement)), state: surface.state };
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
  #restacked(order: readonly Surface[]): ReadonlySet<Surface> {
    const was = this.#order;
    if (order.length === was.length && order.every((surface, at) => was[at] === surface)) return NONE;
    const common = order.filter(surface => this.#seen.has(surface));
    const still = new Set(common);
    const before = was.filter(surface => still.has(surface));
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

/** Whether a commit can give windows or layer surfaces other places: it mapped or unmapped one, or changed its rules. */
export function changesLayout(surface: Surface, before: SurfaceState): boolean {
  const { role, state } = surface;
  if (role?.kind !== 'toplevel' && role?.kind !== 'layer') return false;
  if ((before.content === null) !== (state.content === null)) return true;
  return before.role.kind === 'xdg' && state.role.kind === 'xdg'
    ? isFixed(before.role) !== isFixed(state.role)
    : before.role !== state.role;
}

const geometryOf = ({ role }: SurfaceState): Rect | null => (role.kind === 'xdg' ? role.geometry : null);

/** Whether the same pixels of the buffer come to lie at the same place. */
const sameMapping = (before: Seen, now: Seen): boolean =>
  rectsEqual(before.placement, now.placement) &&
  sameFrame(before.placement.frame, now.placement.frame) &&
  sameBufferMapping(before.state, now.state);

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
