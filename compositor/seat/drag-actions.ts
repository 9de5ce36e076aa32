// What a drop does: the source says what it can do, the destination what it would like.

/** Bits of `wl_data_device_manager.dnd_action`. */
export const DragAction = { none: 0, copy: 1, move: 2, ask: 4 } as const;
const ALL = DragAction.copy | DragAction.move | DragAction.ask;

/** Whether no unknown bit is set. */
export const isActionMask = (actions: number): boolean => (actions & ~ALL) === 0;

/** Whether it is one action, or none. */
export const isAction = (action: number): boolean =>
  action === DragAction.none ||
  action === DragAction.copy ||
  action === DragAction.move ||
  action === DragAction.ask;

export interface Wanted {
  readonly actions: number;
  readonly preferred: number;
}

/** The action both sides agree on: the preferred one if the source can do it, else the first in the order copy, move, ask. */
export function negotiate(offered: number, { actions, preferred }: Wanted): number {
  const common = offered & actions;
  if ((common & preferred) !== 0) return preferred;
  return common & -common;
}
