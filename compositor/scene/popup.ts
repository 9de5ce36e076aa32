// xdg_popup: a surface above its parent's, at a place computed from a positioner.
import type { Rect } from './region.ts';
import type { Surface } from './surface.ts';

/** How deep popups may be nested: menus of menus. */
export const MAX_POPUP_DEPTH = 64;

export class Popup {
  readonly surface: Surface;
  /** The surface of the window or popup it belongs to. */
  readonly parent: Surface;
  /** Relative to the parent's window geometry. */
  rect: Rect;

  constructor(surface: Surface, parent: Surface, rect: Rect) {
    this.surface = surface;
    this.parent = parent;
    this.rect = rect;
  }

  /** Popups below this one, itself included. */
  get depth(): number {
    let depth = 1;
    for (let role = this.parent.role; role?.kind === 'popup'; role = role.popup.parent.role) depth++;
    return depth;
  }
}
