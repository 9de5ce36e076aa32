// What a drop does: the source says what it can do, the destination what it would like.
import { MODIFIER } from './modifiers.ts';

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

/**
 * The action both sides agree on: what the person holds a key for if both can do it, else the preferred one if the source
 * can do it, else the first in the order copy, move, ask.
 */
export function negotiate(offered: number, { actions, preferred }: Wanted, held: number): number {
  const common = offered & actions;
  if ((common & held) !== 0) return held;
  if ((common & preferred) !== 0) return preferred;
  return common & -common;
}

/** The action that a held modifier asks for, as in most toolkits: Shift moves, Control copies. */
export function heldAction(modifiers: number): number {
  if ((modifiers & MODIFIER.shift) !== 0) return DragAction.move;
  if ((modifiers & MODIFIER.control) !== 0) return DragAction.copy;
  return DragAction.none;
}
