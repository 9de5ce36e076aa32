// Which constraint holds the pointer: one that its client asked for, while the pointer and the keyboard are there.
import { type Point, Region } from '../scene/region.ts';
import type { Surface } from '../scene/surface.ts';
import { confine, contains, nearestInside } from '../seat/pointer-constraint.ts';
import type { Context } from './context.ts';

export interface ConstraintRequest {
  readonly kind: 'lock' | 'confine';
  readonly surface: Surface;
  /** As of the request; later ones come with commits of the surface. Null: the whole surface. */
  readonly region: Region | null;
  /** It comes back after it was lost. */
  readonly persistent: boolean;
  activated(): void;
  deactivated(): void;
}

export class PointerConstraints {
  readonly #context: Context;
  readonly #constraints = new Map<Surface, Constraint>();
  #active: Constraint | null = null;
  #posted = false;

  constructor(context: Context) {
    const { seat } = context.rooms;
    this.#context = context;
    seat.pointer.onMove(() => this.#update());
    seat.pointer.onFocus(() => this.#focusChanged());
    seat.keyboard.onFocus(() => this.#focusChanged());
  }

  /** A surface has at most one at a time. */
  has(surface: Surface): boolean {
    return this.#constraints.has(surface);
  }

  add(request: ConstraintRequest): Constraint {
    const constraint = new Constraint(this.#context, request);
    this.#constraints.set(request.surface, constraint);
    this.#update();
    return constraint;
  }

  remove(constraint: Constraint): void {
    const { surface } = constraint.request;
    if (this.#constraints.get(surface) === constraint) this.#constraints.delete(surface);
    if (surface.pending.pointerConstraint?.owner === constraint) surface.pending.pointerConstraint = null;
    if (this.#active !== constraint) return;
    const hint = constraint.hintPosition;
    this.#release(constraint);
    if (hint) this.#context.rooms.seat.pointer.warp(hint);
  }

  /** The client hears of it after it has heard where the pointer and the keyboard are. */
  #focusChanged(): void {
    if (this.#constraints.size === 0 || this.#posted) return;
    this.#posted = true;
    this.#context.rooms.machine.post('pointer constraint', () => {
      this.#posted = false;
      this.#update();
    });
  }

  #update(): void {
    if (this.#constraints.size === 0) return;
    const focus = this.#focus();
    if (this.#active && this.#active.request.surface !== focus) this.#lose(this.#active);
    const constraint = focus && this.#constraints.get(focus);
    if (this.#active || !constraint?.holdsPointer) return;
    this.#active = constraint;
    this.#context.rooms.seat.pointer.constraint = constraint;
    constraint.request.activated();
  }

  /** The surface that has the pointer, if the keyboard is in the same window. */
  #focus(): Surface | null {
    const { scene, seat } = this.#context.rooms;
    const surface = seat.pointer.focus?.surface;
    const { focus } = seat.keyboard;
    return surface && focus && scene.rootOf(surface) === scene.rootOf(focus) ? surface : null;
  }

  #lose(constraint: Constraint): void {
    if (!constraint.request.persistent) this.#constraints.delete(constraint.request.surface);
    this.#release(constraint);
    constraint.request.deactivated();
  }

  #release(constraint: Constraint): void {
    const { pointer } = this.#context.rooms.seat;
    this.#active = null;
    if (pointer.constraint === constraint) pointer.constraint = null;
  }
}

/** One constraint, in force or not. */
export class Constraint {
  readonly request: ConstraintRequest;
  readonly #context: Context;

  constructor(context: Context, request: ConstraintRequest) {
    this.#context = context;
    this.request = request;
  }

  get surface(): Surface {
    return this.request.surface;
  }

  get locks(): boolean {
    return this.request.kind === 'lock';
  }

  /** The pointer is where it may be held. */
  get holdsPointer(): boolean {
    const origin = this.#origin();
    if (!origin) return false;
    const { x, y } = this.#context.rooms.seat.pointer.position;
    return contains(this.#region(), { x: x - origin.x, y: y - origin.y });
  }

  /** Where the client would like to find the pointer when it is let go, in the global space. */
  get hintPosition(): Point | null {
    const origin = this.#origin();
    const hint = this.#committed?.hint;
    return origin && hint ? { x: origin.x + hint.x, y: origin.y + hint.y } : null;
  }

  /** Stashes what the surface's next commit brings. */
  stash(change: { readonly region?: Region | null; readonly hint?: Point }): void {
    const { pending } = this.surface;
    const before = pending.pointerConstraint?.owner === this ? pending.pointerConstraint : null;
    pending.pointerConstraint = {
      owner: this,
      region: change.region === undefined ? (before?.region ?? this.request.region) : change.region,
      hint: change.hint ?? before?.hint ?? null,
    };
  }

  /** Called by the pointer. */
  constrain(from: Point, to: Point): Point {
    const origin = this.#origin();
    if (!origin || this.request.kind === 'lock') return from;
    const region = this.#region();
    const local = (point: Point): Point => ({ x: point.x - origin.x, y: point.y - origin.y });
    const start = local(from);
    // The region may have become another since the last motion.
    const place = contains(region, start)
      ? confine(region, start, local(to))
      : nearestInside(region, local(to));
    return place ? { x: place.x + origin.x, y: place.y + origin.y } : from;
  }

  get #committed() {
    const { pointerConstraint } = this.surface.state;
    return pointerConstraint?.owner === this ? pointerConstraint : null;
  }

  #origin(): Point | null {
    return this.#context.rooms.scene.placementOf(this.surface);
  }

  /** In surface coordinates: never more than the part of the surface that takes input. */
  #region(): Region {
    const { size, input } = this.surface.state;
    const committed = this.#committed;
    const asked = committed ? committed.region : this.request.region;
    let region = Region.of({ x: 0, y: 0, ...size });
    if (input) region = region.intersect(input);
    return asked ? region.intersect(asked) : region;
  }
}
