// Requests of the shell that must follow from something the user did: move, resize, popup grab.

import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import type { Popup } from '../scene/popup.ts';
import type { Edges, Window } from '../scene/window.ts';
import { ACTIONS } from '../seat/serials.ts';
import type { Caller } from './context.ts';
import { demand } from './errors.ts';
import type { ToplevelObject } from './xdg-toplevel.ts';

const ANY_INPUT = [...ACTIONS, 'pointer-enter', 'keyboard-enter'] as const;

const EDGE = interfaces.xdg_toplevel.enums.resize_edge;

/** xdg_toplevel.move: ignored unless a button or finger of that serial is still down on a surface of the client. */
export function moveByHand({ context, client }: Caller, window: Window, serial: number): void {
  if (context.input.given(client, serial, ['button', 'touch'])) context.rooms.seat.move(window, serial);
}

/** xdg_toplevel.resize: the same for edges. */
export function resizeByHand(
  { context, client }: Caller,
  toplevel: ToplevelObject,
  serial: number,
  edge: number,
): void {
  const edges = edgesOf(edge);
  demand(edges, toplevel.resource, 'invalid_resize_edge', `${edge} is no edge or corner`);
  if ((edges.x === 0 && edges.y === 0) || !context.input.given(client, serial, ['button', 'touch'])) return;
  context.rooms.seat.resize(toplevel.window, serial, edges);
}

function edgesOf(edge: number): Edges | null {
  const opposite = (a: number, b: number): boolean => (edge & a) !== 0 && (edge & b) !== 0;
  const known = EDGE.top | EDGE.bottom | EDGE.left | EDGE.right;
  if ((edge & ~known) !== 0 || opposite(EDGE.top, EDGE.bottom) || opposite(EDGE.left, EDGE.right))
    return null;
  return { x: sign(edge, EDGE.left, EDGE.right), y: sign(edge, EDGE.top, EDGE.bottom) };
}

const sign = (edge: number, negative: number, positive: number): -1 | 0 | 1 =>
  edge & negative ? -1 : edge & positive ? 1 : 0;

export interface PopupGrabRequest {
  readonly popup: Popup;
  readonly resource: Resource<'xdg_popup'>;
  readonly wmBase: Resource<'xdg_wm_base'>;
  readonly serial: number;
}

/**
 * xdg_popup.grab. A popup of a popup needs one below it that has grabbed, and that is the topmost to have done so. One that
 * asks without input of its client's, or with one from before somebody turned to another client, is taken away at once:
 * it would take the keyboard from what is typed into. (mutter and Weston want the newest press; toolkits are not always that exact.)
 */
export function grabPopup({ context, client }: Caller, request: PopupGrabRequest): void {
  const { popup, resource, wmBase, serial } = request;
  const { seat, scene } = context.rooms;
  const { popups } = seat.popups;
  demand(
    popup.surface.state.content === null && !popups.includes(popup),
    resource,
    'invalid_grab',
    'a grab must be asked for once, before the popup is mapped',
  );
  const parent = popup.parent?.role;
  if (parent?.kind === 'popup' && !parent.popup.dismissed) {
    const parentHasGrab = popups.includes(parent.popup);
    demand(
      parentHasGrab,
      resource,
      'invalid_grab',
      'the parent popup has no grab; a popup above one that did not grab must not grab either',
    );
    demand(
      popups.at(-1) === parent.popup,
      wmBase,
      'not_the_topmost_popup',
      'another popup has grabbed above the parent; destroy it first',
    );
  }
  // Menus open from menus by hovering: the client has what it needs the seat for already.
  const kinds = parent?.kind === 'popup' ? ANY_INPUT : ACTIONS;
  const given = context.input.given(client, serial, kinds);
  const fromInput = given !== null && !context.input.overtaken(client, given);
  const parentGone = parent?.kind === 'popup' && parent.popup.dismissed;
  if (fromInput && !parentGone) seat.popups.add(popup);
  else {
    popup.dismiss();
    scene.update();
  }
}
