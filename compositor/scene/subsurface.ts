// wl_subsurface: a surface shown as part of another, in step with it or not.
import type { Point } from './region.ts';
import type { Surface } from './surface.ts';
import type { ChildPlacement } from './surface-state.ts';

/** How deep subsurfaces may be nested. */
export const MAX_DEPTH = 128;

/**
 * The role of a child surface. Position and order are pending state of the *parent* and take effect with its commit;
 * destroying the role takes the child away at once.
 */
export class Subsurface {
  readonly surface: Surface;
  readonly parent: Surface;
  #synchronised = true;
  #destroyed = false;

  /** Made by `Surface.addChild`. */
  constructor(surface: Surface, parent: Surface) {
    this.surface = surface;
    this.parent = parent;
    parent.pending.above = [...parent.pending.above, { subsurface: this, x: 0, y: 0 }];
  }

  get destroyed(): boolean {
    return this.#destroyed;
  }

  /** Whether its commits wait for the parent's: by its own mode, or because an ancestor's do. */
  get effectivelySynchronised(): boolean {
    return this.#synchronised || this.parent.effectivelySynchronised;
  }

  setSynchronised(synchronised: boolean): void {
    if (this.#destroyed) return;
    const was = this.effectivelySynchronised;
    this.#synchronised = synchronised;
    if (was && !this.effectivelySynchronised) this.surface.becameDesynchronised();
  }

  setPosition(position: Point): void {
    const move = (placement: ChildPlacement): ChildPlacement =>
      placement.subsurface === this ? { ...placement, ...position } : placement;
    this.parent.pending.below = this.parent.pending.below.map(move);
    this.parent.pending.above = this.parent.pending.above.map(move);
  }

  /** Puts it next to `reference`, which is the parent or another of its children. Returns false for any other surface. */
  place(where: 'above' | 'below', reference: Surface): boolean {
    const { pending } = this.parent;
    const own = [...pending.below, ...pending.above].find(({ subsurface }) => subsurface === this);
    const sibling = [...pending.below, ...pending.above].find(
      ({ subsurface }) => subsurface.surface === reference,
    );
    if (!own || reference === this.surface || (reference !== this.parent && !sibling)) return false;
    const order: (ChildPlacement | 'parent')[] = [...pending.below, 'parent', ...pending.above];
    order.splice(order.indexOf(own), 1);
    const at = order.indexOf(sibling ?? 'parent');
    order.splice(where === 'above' ? at + 1 : at, 0, own);
    const parentAt = order.indexOf('parent');
    const isPlacement = (entry: ChildPlacement | 'parent') => entry !== 'parent';
    pending.below = order.slice(0, parentAt).filter(isPlacement);
    pending.above = order.slice(parentAt + 1).filter(isPlacement);
    return true;
  }

  /** Unmaps the child at once and gives up what it had cached. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    const others = ({ subsurface }: ChildPlacement): boolean => subsurface !== this;
    this.parent.pending.below = this.parent.pending.below.filter(others);
    this.parent.pending.above = this.parent.pending.above.filter(others);
    this.parent.childDestroyed(this);
    this.surface.dropCached();
  }
}
