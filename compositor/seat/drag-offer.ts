// What one destination of a drag was offered, and how the two sides come to terms.
import { DragAction, negotiate, type Wanted } from './drag-actions.ts';
import type { DataSource } from './selection.ts';

/** A source that can be dragged. */
export interface DragSource extends DataSource {
  /** Bits of DragAction. */
  readonly actions: number;
  /** The destination would take this type; null: none. */
  target(mimeType: string | null): void;
  /** What a drop would do, or did. */
  action(action: number): void;
  /** The button was let go over a destination that takes the data. */
  dropPerformed(): void;
  /** The destination has all it wants. */
  finished(): void;
}

/** The end of a destination. */
export interface DragReceiver {
  /**
   * Whether it takes part in the choice of an action and says when it has finished. One that does not copies, and has
   * finished when it destroys the offer.
   */
  readonly negotiates: boolean;
  action(action: number): void;
  /** Letting go now may do something else. */
  changed(): void;
}

/**
 * `hovering` while the pointer is over the destination; `left` when it went away; `dropped` until the destination has
 * finished, in which time an `ask` becomes another action; then `finished`.
 */
export type DragOfferState =
  | { readonly kind: 'hovering' }
  | { readonly kind: 'left' }
  | { readonly kind: 'dropped'; readonly asks: boolean }
  | { readonly kind: 'finished' };

const COPY: Wanted = { actions: DragAction.copy, preferred: DragAction.copy };
const NOTHING: Wanted = { actions: DragAction.none, preferred: DragAction.none };

export class DragOffer {
  readonly source: DragSource;
  readonly #receiver: DragReceiver;
  #state: DragOfferState = { kind: 'hovering' };
  #accepted: string | null = null;
  #wanted: Wanted;
  /** What a modifier asks for. */
  #held: number;
  #action: number;

  constructor(source: DragSource, receiver: DragReceiver, held: number) {
    this.source = source;
    this.#receiver = receiver;
    this.#wanted = receiver.negotiates ? NOTHING : COPY;
    this.#held = held;
    this.#action = negotiate(source.actions, this.#wanted, held);
    if (this.#action !== DragAction.none) source.action(this.#action);
  }

  get state(): DragOfferState {
    return this.#state;
  }

  get action(): number {
    return this.#action;
  }

  /** Whether letting go now drops the data here. */
  get droppable(): boolean {
    return this.#state.kind === 'hovering' && this.#accepted !== null && this.#action !== DragAction.none;
  }

  /** wl_data_offer.accept. */
  accept(mimeType: string | null): void {
    if (!this.#current) return;
    this.#accepted = mimeType;
    this.source.target(mimeType);
    this.#receiver.changed();
  }

  /** wl_data_offer.set_actions. After the drop it only answers an `ask`, and the source learns of it at the end. */
  want(wanted: Wanted): void {
    if (!this.#current) return;
    if (this.#state.kind === 'dropped' && !this.#state.asks) return;
    this.#wanted = wanted;
    this.#choose();
  }

  /** A modifier that asks for an action goes down or up. */
  hold(action: number): void {
    if (this.#held === action) return;
    this.#held = action;
    if (this.#state.kind === 'hovering') this.#choose();
  }

  /** wl_data_offer.finish. Returns what is wrong with it now. */
  finish(): string | null {
    const state = this.#state;
    if (state.kind !== 'dropped')
      return `the offer is ${state.kind}, and only what was dropped can be finished`;
    if (this.#accepted === null) return 'no type was accepted last';
    if (this.#action === DragAction.none || this.#action === DragAction.ask)
      return 'there is no action but none or ask; choose one with set_actions first';
    if (state.asks) this.source.action(this.#action);
    this.#end();
    return null;
  }

  /** The pointer went away, or the drag ended without a drop. */
  leave(): void {
    if (this.#state.kind !== 'hovering') return;
    this.#state = { kind: 'left' };
    this.source.target(null);
    this.#setAction(DragAction.none);
  }

  /** The button was let go; `droppable` was true. */
  drop(): void {
    this.#state = { kind: 'dropped', asks: this.#action === DragAction.ask };
    this.source.dropPerformed();
  }

  /** The destination destroyed the offer. */
  destroyed(): void {
    const { kind } = this.#state;
    if (kind === 'hovering') this.leave();
    if (kind !== 'dropped') return;
    if (!this.#receiver.negotiates) {
      this.#end();
      return;
    }
    this.#state = { kind: 'finished' };
    this.source.cancelled();
  }

  get #current(): boolean {
    return this.#state.kind === 'hovering' || this.#state.kind === 'dropped';
  }

  #choose(): void {
    const dropped = this.#state.kind === 'dropped';
    const action = negotiate(this.source.actions, this.#wanted, dropped ? DragAction.none : this.#held);
    if (dropped) {
      this.#action = action;
    } else if (this.#setAction(action)) {
      this.#receiver.action(action);
      this.#receiver.changed();
    }
  }

  #setAction(action: number): boolean {
    if (this.#action === action) return false;
    this.#action = action;
    this.source.action(action);
    return true;
  }

  #end(): void {
    this.#state = { kind: 'finished' };
    this.source.finished();
  }
}
