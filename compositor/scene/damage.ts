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
  /** Lowest first. */
  #seen: readonly Seen[] = [];

  /**
   * The damage between the last call and this one. `content` is the buffer damage of the commits applied since, which
   * counts for surfaces that stayed where they were.
   */
  update(stack: readonly SurfacePlacement[], content: ReadonlyMap<Surface, Region>): Region {
    const was = this.#seen;
    const sameOrder =
      was.length === stack.length && stack.every(({ surface }, at) => was[at]!.placement.surface === surface);
    const before = sameOrder ? null : new Map(was.map(seen => [seen.placement.surface, seen]));
    const moved = before ? movedAmong(was, stack, before) : NONE;
    let damage = Region.empty;
    const now = stack.map((placement, at) => {
      const { surface } = placement;
      const earlier = before ? before.get(surface) : was[at];
      const seen = seenAs(placement, earlier);
      const stayed = earlier && !moved.has(surface) && (seen === earlier || sameMapping(earlier, seen));
      if (stayed) damage = damage.union(contentDamage(placement, content.get(surface)));
      else damage = damage.union(seen.extent).union(earlier?.extent ?? Region.empty);
      before?.delete(surface);
      return seen;
    });
    // What is left has gone.
    for (const { extent } of before?.values() ?? []) damage = damage.union(extent);
    this.#seen = now;
    return damage;
  }
}

/** The same value as before for what has not changed at all. */
const seenAs = (placement: SurfacePlacement, earlier: Seen | undefined): Seen =>
  earlier && earlier.placement === placement && earlier.state === placement.surface.state
    ? earlier
    : { placement, extent: Region.of(extentOf(placement)), state: placement.surface.state };

/** Surfaces that were taken out of the order and put in elsewhere; the others follow each other as they did. */
function movedAmong(
  was: readonly Seen[],
  stack: readonly SurfacePlacement[],
  before: ReadonlyMap<Surface, Seen>,
): ReadonlySet<Surface> {
  const still = new Set(stack.map(({ surface }) => surface));
  const order = was.map(({ placement }) => placement.surface).filter(surface => still.has(surface));
  const moved = new Set<Surface>();
  let next = 0;
  for (const { surface } of stack) {
    if (moved.has(surface) || !before.has(surface)) continue;
    for (; next < order.length && order[next] !== surface; next++) moved.add(order[next]!);
    next++;
  }
  return moved;
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
  // A window has no place before it has content; a layer surface is told its own by what it says before.
  if (role.kind === 'toplevel' && !before.content && !state.content) return false;
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
