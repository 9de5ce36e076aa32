// xdg_popup: a surface above its parent's, at a place computed from a positioner.
import type { Rect } from './region.ts';
import type { Surface } from './surface.ts';

/** How deep popups may be nested: menus of menus. */
export const MAX_POPUP_DEPTH = 64;

/** The client's end of a popup. */
export interface PopupClient {
  /** The user or the compositor wants it away: the client destroys it then. */
  done(): void;
  /** The parent, or the room that it has, is another: for popups that follow. */
  moved?(): void;
}

export class Popup {
  readonly surface: Surface;
  readonly client: PopupClient;
  /** The surface of the window, layer surface or popup it belongs to; null until it is known, or once that is gone. */
  parent: Surface | null;
  /** Relative to the parent's window geometry. */
  rect: Rect;
  #dismissed = false;

  constructor(surface: Surface, parent: Surface | null, rect: Rect, client: PopupClient) {
    this.surface = surface;
    this.parent = parent;
    this.rect = rect;
    this.client = client;
  }

  /** It has been taken away and is not shown any more, although the client has yet to destroy it. */
  get dismissed(): boolean {
    return this.#dismissed;
  }

  /** Takes it away and tells the client, once. The scene has to be updated after it. */
  dismiss(): void {
    if (this.#dismissed) return;
    this.#dismissed = true;
    this.client.done();
  }

  /** Popups below this one, itself included. */
  get depth(): number {
    let depth = 1;
    for (let role = this.parent?.role; role?.kind === 'popup'; role = role.popup.parent?.role) depth++;
    return depth;
  }
}

/** Takes the popups of a surface away that is shown no more, and those of these, the highest first. */
export function dismissPopups(popups: readonly Popup[], parent: Surface): void {
  // Of popups beside each other, the newer is the higher.
  for (const popup of popups.toReversed()) {
    if (popup.parent !== parent || popup.dismissed) continue;
    dismissPopups(popups, popup.surface);
    popup.dismiss();
  }
}
