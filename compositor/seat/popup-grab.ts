// xdg_popup.grab: menus that go away when something else is clicked.
import type { Nanoseconds } from '../machine/machine.ts';
import type { Popup } from '../scene/popup.ts';
import type { Scene } from '../scene/scene.ts';
import type { Surface } from '../scene/surface.ts';
import type { PointerGrab } from './grabs.ts';
import type { Pointer } from './pointer.ts';
import type { AxisEvent, ButtonState } from './sink.ts';

export interface PopupGrabOptions {
  readonly scene: Scene;
  readonly pointer: Pointer;
  readonly sameClient: (a: Surface, b: Surface) => boolean;
  /** Other popups have the keyboard now. */
  readonly changed: () => void;
}

/**
 * The popups that have grabbed the seat, each above the one before it, all of one client. While there are any, surfaces of
 * that client alone get the pointer, in the same way as always, and a press anywhere else takes all of them away.
 */
export class PopupGrab implements PointerGrab {
  readonly passive = true;
  readonly #options: PopupGrabOptions;
  #popups: readonly Popup[] = [];
  /** A press since the grab began went to a surface, which keeps the pointer until the last button is up. */
  #held = false;

  constructor(options: PopupGrabOptions) {
    this.#options = options;
  }

  /** Popups with a grab, the topmost last. */
  get popups(): readonly Popup[] {
    return this.#popups;
  }

  /** A popup takes the grab, above those of its client; those of another client go. */
  add(popup: Popup): void {
    const below = this.#popups.at(-1);
    if (below && !this.#options.sameClient(below.surface, popup.surface)) this.dismiss();
    const first = this.#popups.length === 0;
    this.#popups = [...this.#popups, popup];
    if (first) {
      this.#held = false;
      this.#options.pointer.startGrab(this);
    }
    this.#refocus();
    this.#options.pointer.sendFrame();
    this.#options.changed();
  }

  /** A popup is destroyed or has lost its content: its grab is over, and that of any that were above it. */
  remove(popup: Popup): void {
    const at = this.#popups.indexOf(popup);
    if (at < 0) return;
    const above = this.#popups.slice(at + 1);
    this.#popups = this.#popups.slice(0, at);
    dismissFromTop(above);
    this.#settle();
  }

  /** Takes all of them away. */
  dismiss(): void {
    const popups = this.#popups;
    if (popups.length === 0) return;
    this.#popups = [];
    dismissFromTop(popups);
    this.#options.scene.update();
    this.#settle();
  }

  motion(time: Nanoseconds): void {
    if (!this.#refocus()) this.#options.pointer.sendMotion(time);
  }

  button(time: Nanoseconds, code: number, state: ButtonState): void {
    const { pointer } = this.#options;
    if (state === 'pressed') this.#pressed(time, code);
    else {
      pointer.sendButton(time, code, state);
      if (pointer.buttons.size === 0) this.#held = false;
      this.#refocus();
    }
  }

  axis(time: Nanoseconds, event: AxisEvent): void {
    this.#options.pointer.sendAxis(time, event);
  }

  frame(): void {
    this.#options.pointer.sendFrame();
  }

  /** Popups that the scene took away have no grab any more. */
  restacked(): void {
    // A drag that began in a popup took the release.
    if (this.#options.pointer.buttons.size === 0) this.#held = false;
    const gone = this.#popups.find(popup => popup.dismissed || popup.surface.destroyed);
    if (gone) this.remove(gone);
    else this.#refocus();
  }

  #pressed(time: Nanoseconds, code: number): void {
    const { pointer } = this.#options;
    this.#refocus();
    if (!pointer.focus) {
      // The press is used up by this: what lies there gets the pointer once the button is up.
      this.dismiss();
      return;
    }
    this.#held = true;
    pointer.sendButton(time, code, 'pressed');
  }

  /** The pointer goes to surfaces of the client alone. */
  #refocus(): boolean {
    const { pointer, sameClient } = this.#options;
    const top = this.#popups.at(-1);
    if (this.#held || !top) return false;
    const hit = pointer.hit();
    return pointer.setFocus(hit && sameClient(hit.surface, top.surface) ? hit : null);
  }

  #settle(): void {
    if (this.#popups.length === 0) this.#options.pointer.endGrab(this);
    else this.#refocus();
    this.#options.changed();
  }
}

function dismissFromTop(popups: readonly Popup[]): void {
  for (const popup of popups.toReversed()) popup.dismiss();
}
