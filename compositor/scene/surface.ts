// wl_surface as the scene knows it: pending, cached, queued and current state.
import type { Nanoseconds } from '../machine/machine.ts';
import type { BufferUse } from './buffer-use.ts';
import { abandonEntry, mergeEntries } from './commit-entry.ts';
import type { LayerSurface } from './layer-surface.ts';
import { PendingState } from './pending-state.ts';
import type { Popup } from './popup.ts';
import type { Point, Size } from './region.ts';
import { MAX_DEPTH, Subsurface } from './subsurface.ts';
import { surfaceSize } from './surface-geometry.ts';
import {
  type FrameCallback,
  INITIAL_STATE,
  type PresentationFeedback,
  type SurfaceState,
} from './surface-state.ts';
import type { Constraint } from './synchronisation.ts';
import { Transaction, type TransactionEntry } from './transaction.ts';
import type { Window } from './window.ts';

/** The object that gives a surface its place. A surface has one kind of role in its life. */
export type Role =
  | { readonly kind: 'subsurface'; readonly subsurface: Subsurface }
  | { readonly kind: 'toplevel'; readonly window: Window }
  | { readonly kind: 'popup'; readonly popup: Popup }
  | { readonly kind: 'layer'; readonly layer: LayerSurface }
  /** Of a `wl_pointer`, and shown while a cursor names it. */
  | { readonly kind: 'cursor' }
  /** Follows the pointer while something is dragged. */
  | { readonly kind: 'drag-icon' };

/** What a surface asks of the scene it is in. */
export interface SurfaceOwner {
  submit(transaction: Transaction): void;
  /** A surface went away outside of a commit. */
  unmapped(surface: Surface): void;
  /** The surface is going. Returns the commits that were still queued. */
  surfaceDestroyed(surface: Surface): TransactionEntry[];
  now(): Nanoseconds;
}

export class Surface {
  /** For people: `wl_surface@3 of demo`. */
  readonly label: string;
  readonly pending = new PendingState();
  readonly #owner: SurfaceOwner;
  readonly #children = new Set<Subsurface>();
  #role: Role | null = null;
  #state: SurfaceState = INITIAL_STATE;
  #origin: Point = { x: 0, y: 0 };
  #hold: Disposable | null = null;
  #cached: TransactionEntry | null = null;
  /** Size of the newest content committed, applied or not: what the next commit is validated against. */
  #committedSize: Size | null = null;
  #sequence = 0;
  #callbacks: FrameCallback[] = [];
  #feedback: readonly PresentationFeedback[] = [];
  #destroyed = false;

  /** Made by `Scene.createSurface`. */
  constructor(owner: SurfaceOwner, label: string) {
    this.#owner = owner;
    this.label = label;
  }

  /** The current state: what is shown. */
  get state(): SurfaceState {
    return this.#state;
  }

  get destroyed(): boolean {
    return this.#destroyed;
  }

  get role(): Role | null {
    return this.#role;
  }

  set role(role: Role | null) {
    this.#role = role;
  }

  /** Buffer size that a commit without a new attach keeps. */
  get committedSize(): Size | null {
    return this.#committedSize;
  }

  /** The sum of the offsets of all commits applied: how far the origin has moved against its place. */
  get origin(): Point {
    return this.#origin;
  }

  get subsurface(): Subsurface | null {
    return this.#role?.kind === 'subsurface' && !this.#role.subsurface.destroyed
      ? this.#role.subsurface
      : null;
  }

  get effectivelySynchronised(): boolean {
    return this.subsurface?.effectivelySynchronised ?? false;
  }

  /** Levels of subsurfaces above this one. */
  get depth(): number {
    let depth = 0;
    for (let at = this.subsurface; at; at = at.parent.subsurface) depth++;
    return depth;
  }

  /** Whether `other` is this surface or one it is a subsurface of, directly or not. */
  isWithin(other: Surface): boolean {
    if (this === other) return true;
    return this.subsurface?.parent.isWithin(other) ?? false;
  }

  /** Gives `child` the role of a subsurface. Null when they would nest deeper than MAX_DEPTH. */
  addChild(child: Surface): Subsurface | null {
    if (this.depth + 1 + child.#height() > MAX_DEPTH) return null;
    const subsurface = new Subsurface(child, this);
    this.#children.add(subsurface);
    child.role = { kind: 'subsurface', subsurface };
    return subsurface;
  }

  /**
   * wl_surface.commit: `attached` as in SurfaceCommit, `constraint` what its content waits for. The pending state
   * becomes a value, which is cached or goes to the queues.
   */
  commit(attached: BufferUse | null | undefined, constraint: Constraint | null): void {
    if (attached !== undefined) this.#committedSize = attached && sizeOf(attached);
    const commit = this.pending.take({
      sequence: ++this.#sequence,
      time: this.#owner.now(),
      attached,
      bufferSize: this.#committedSize,
    });
    const hold = attached?.hold(this.label) ?? null;
    const entry: TransactionEntry = { surface: this, commit, constraint, hold };
    this.#cached = this.#cached ? mergeEntries(this.#cached, entry) : entry;
    if (!this.effectivelySynchronised) this.flushCached();
  }

  /** Submits the cached state, with that of the synchronised descendants. */
  flushCached(): void {
    const entries: TransactionEntry[] = [];
    this.#collect(entries);
    if (entries.length > 0) this.#owner.submit(new Transaction(entries));
  }

  /** Its cached state takes effect, and that of the descendants that only waited because this one did. */
  becameDesynchronised(): void {
    this.flushCached();
    for (const child of this.#children)
      if (!child.effectivelySynchronised) child.surface.becameDesynchronised();
  }

  dropCached(): void {
    if (this.#cached) abandonEntry(this.#cached);
    this.#cached = null;
  }

  /** Makes a commit the current state; called by the scene alone. */
  apply(entry: TransactionEntry): void {
    const { commit } = entry;
    const content = commit.attached === undefined ? this.#state.content : commit.attached;
    const replaced = commit.attached === undefined ? null : this.#hold;
    if (commit.attached !== undefined) this.#hold = entry.hold;
    for (const feedback of this.#feedback) feedback.discarded();
    this.#feedback = commit.feedback;
    this.#callbacks.push(...commit.frameCallbacks);
    this.#origin = { x: this.#origin.x + commit.offset.x, y: this.#origin.y + commit.offset.y };
    this.#state = Object.freeze({
      sequence: commit.sequence,
      time: commit.time,
      content,
      bufferSize: commit.bufferSize,
      size: surfaceSize(commit, commit.bufferSize),
      transform: commit.transform,
      scale: commit.scale,
      viewport: commit.viewport,
      opaque: commit.opaque,
      input: commit.input,
      below: commit.below,
      above: commit.above,
      hdrMetadata: commit.hdrMetadata,
      pointerConstraint: commit.pointerConstraint,
      role: commit.role,
    });
    replaced?.[Symbol.dispose]();
  }

  get hasFrameCallbacks(): boolean {
    return this.#callbacks.length > 0;
  }

  /** Somebody wants to know when the current state is shown. */
  get hasFeedback(): boolean {
    return this.#feedback.length > 0;
  }

  /** The callbacks of all commits applied so far, for the output that shows them: it calls `done` at the latch. */
  takeFrameCallbacks(): FrameCallback[] {
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    return callbacks;
  }

  /**
   * The feedback of the current state, for the output whose frame shows it: who takes it answers it. What nobody took
   * is discarded by the next commit.
   */
  takeFeedback(): readonly PresentationFeedback[] {
    const feedback = this.#feedback;
    this.#feedback = [];
    return feedback;
  }

  childDestroyed(child: Subsurface): void {
    this.#children.delete(child);
    this.#owner.unmapped(child.surface);
  }

  /** wl_surface.destroy, or the client is gone: gives back everything it had. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.subsurface?.destroy();
    const queued = this.#owner.surfaceDestroyed(this);
    this.dropCached();
    for (const entry of queued) abandonEntry(entry);
    for (const feedback of this.takeFeedback()) feedback.discarded();
    for (const feedback of this.pending.feedback.splice(0)) feedback.discarded();
    for (const callback of this.takeFrameCallbacks()) callback.cancel?.();
    for (const callback of this.pending.frameCallbacks.splice(0)) callback.cancel?.();
    this.#state = INITIAL_STATE;
    this.#owner.unmapped(this);
    this.#hold?.[Symbol.dispose]();
    this.#hold = null;
  }

  #collect(entries: TransactionEntry[]): void {
    if (this.#cached) entries.push(this.#cached);
    this.#cached = null;
    for (const child of this.#children) if (child.effectivelySynchronised) child.surface.#collect(entries);
  }

  /** Levels of subsurfaces below this one. */
  #height(): number {
    return Math.max(0, ...[...this.#children].map(child => 1 + child.surface.#height()));
  }
}

const sizeOf = (use: BufferUse): Size => ({ width: use.buffer.width, height: use.buffer.height });
