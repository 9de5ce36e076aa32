// What the commits of a transaction change beyond their own surfaces.
import { changesLayout, changesStack } from './damage.ts';
import type { DragIcon } from './drag-icon.ts';
import { rootOf } from './hit-test.ts';
import type { Region } from './region.ts';
import type { Root } from './stack.ts';
import type { Surface } from './surface.ts';
import type { SurfaceState } from './surface-state.ts';
import type { TransactionEntry } from './transaction.ts';

export class TransactionEffect {
  readonly #dragIcon: DragIcon | null;
  /** What was damaged, in buffer pixels. */
  readonly content = new Map<Surface, Region>();
  /** Surfaces whose metadata is other than before. */
  readonly retold = new Set<Surface>();
  /** Whose surfaces moved, came, went or have another size. */
  readonly roots = new Set<Root>();
  /** Windows or layer surfaces may get other places. */
  layout = false;
  /** A layer surface has other rules than before. */
  layers = false;

  constructor(dragIcon: DragIcon | null) {
    this.#dragIcon = dragIcon;
  }

  /** A commit was applied to a surface that was in the state `before`. */
  note({ surface, commit }: TransactionEntry, before: SurfaceState): void {
    const { state, role } = surface;
    if (before.hdrMetadata !== commit.hdrMetadata) this.retold.add(surface);
    this.content.set(surface, commit.bufferDamage);
    const moved = commit.offset.x !== 0 || commit.offset.y !== 0;
    if (moved || changesStack(before, state)) this.#addRoot(surface);
    if (changesLayout(surface, before)) this.layout = true;
    if (role?.kind === 'layer' && before.role !== state.role) this.layers = true;
  }

  #addRoot(surface: Surface): void {
    const root = rootOf(surface);
    if (root) this.roots.add(root);
    else if (this.#dragIcon && surface.isWithin(this.#dragIcon.surface)) this.roots.add(this.#dragIcon);
  }
}
