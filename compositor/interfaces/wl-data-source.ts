// wl_data_source: data that a client offers, to be pasted or to be dragged.
import type { Resource } from '../../protocol/object/resource.ts';
import { DragAction, isActionMask } from '../seat/drag-actions.ts';
import type { DragSource } from '../seat/drag-offer.ts';
import type { Caller } from './context.ts';
import { ClientSource } from './data-source.ts';
import { demand } from './errors.ts';

export class DataSourceObject extends ClientSource implements DragSource {
  declare readonly resource: Resource<'wl_data_source'>;
  /** What it may be dragged for; null: it did not say. */
  #actions: number | null = null;

  constructor(caller: Caller, resource: Resource<'wl_data_source'>) {
    super(caller, resource);
    resource.setHandlers({
      offer: (_, mimeType) => this.addType(mimeType),
      destroy: () => {},
      set_actions: (_, actions) => this.#setActions(actions),
    });
  }

  /** A source of before there were actions is copied. */
  get actions(): number {
    return this.resource.version < 3 ? DragAction.copy : (this.#actions ?? DragAction.none);
  }

  target(mimeType: string | null): void {
    this.resource.events.target(mimeType);
  }

  action(action: number): void {
    if (this.resource.version >= 3) this.resource.events.action(action);
  }

  dropPerformed(): void {
    if (this.resource.version >= 3) this.resource.events.dnd_drop_performed();
  }

  finished(): void {
    if (this.resource.version >= 3) this.resource.events.dnd_finished();
  }

  /** It is to be pasted from now on. */
  useForSelection(): void {
    demand(
      this.use !== 'drag' && this.#actions === null,
      this.resource,
      'invalid_source',
      'the source was dragged, or has actions for being dragged; use another one for the selection',
    );
    this.use = 'selection';
  }

  /** It is to be dragged from now on. */
  useForDrag(): void {
    demand(
      this.use === 'nothing',
      this.resource,
      'invalid_source',
      `the source was used for a ${this.use} already; each drag needs a source of its own`,
    );
    this.use = 'drag';
  }

  #setActions(actions: number): void {
    demand(
      isActionMask(actions),
      this.resource,
      'invalid_action_mask',
      `0x${actions.toString(16)} has bits that are no action; copy, move and ask are 1, 2 and 4`,
    );
    demand(
      this.#actions === null && this.use === 'nothing',
      this.resource,
      'invalid_source',
      'actions are set once, and before the source is used',
    );
    this.#actions = actions;
  }
}
