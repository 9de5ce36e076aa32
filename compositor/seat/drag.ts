// A drag on its way: what lies under it, and its end.
import type { Nanoseconds } from '../machine/machine.ts';
import type { Point } from '../scene/region.ts';
import type { Surface } from '../scene/surface.ts';
import type { DragOffer, DragSource } from './drag-offer.ts';

/** The client of the surface under a drag, while it is that. */
export interface DragDestination {
  /** What it was offered; null for a drag within one client that has no source. */
  readonly offer: DragOffer | null;
  motion(time: Nanoseconds, local: Point): void;
  leave(): void;
  drop(): void;
}

export interface DragSurroundings {
  readonly source: DragSource | null;
  /** The surface under a place of the global space. */
  at(position: Point): { readonly surface: Surface; readonly local: Point } | null;
  /** The drag comes to a surface; null if its client takes no part in this drag. */
  enter(surface: Surface, local: Point): DragDestination | null;
  /** The drag is over, and everybody has been told. Called once. */
  ended(): void;
}

interface Under {
  readonly surface: Surface;
  readonly local: Point;
  readonly destination: DragDestination | null;
}

export class Drag {
  readonly #around: DragSurroundings;
  #under: Under | null = null;
  #over = false;

  constructor(surroundings: DragSurroundings) {
    this.#around = surroundings;
  }

  get source(): DragSource | null {
    return this.#around.source;
  }

  /** What the client under the drag was offered. */
  get offer(): DragOffer | null {
    return this.#under?.destination?.offer ?? null;
  }

  /** The pointer or finger is there, or what lies there is something else now. */
  move(time: Nanoseconds, position: Point): void {
    const found = this.#around.at(position);
    const before = this.#under;
    if (!found) {
      this.#leave();
    } else if (before?.surface !== found.surface) {
      this.#leave();
      this.#under = { ...found, destination: this.#around.enter(found.surface, found.local) };
    } else if (before.local.x !== found.local.x || before.local.y !== found.local.y) {
      this.#under = { ...before, local: found.local };
      before.destination?.motion(time, found.local);
    }
  }

  /** It was let go. Without a source every destination takes it; with one, the destination must have said so. */
  drop(): void {
    if (this.#over) return;
    const destination = this.#under?.destination;
    const offer = destination?.offer ?? null;
    if (!destination || (offer && !offer.droppable)) {
      this.cancel();
      return;
    }
    // In the order of other compositors, which programs count on.
    destination.drop();
    offer?.drop();
    this.#leave();
    this.#end();
  }

  /** It ends without a drop; the source is told unless it is gone. */
  cancel(): void {
    if (this.#over) return;
    this.#leave();
    this.#around.source?.cancelled();
    this.#end();
  }

  #leave(): void {
    const before = this.#under;
    this.#under = null;
    before?.destination?.offer?.leave();
    before?.destination?.leave();
  }

  #end(): void {
    this.#over = true;
    this.#around.ended();
  }
}
