// The switches above (on a phone: below) the screens.
import type { ClockMessage } from '../stream/messages.ts';
import { byId, setAttribute } from './dom.ts';

export interface ToolsListener {
  scale(actual: boolean): void;
  /** Whether fingers move what is larger than its room, and touch nothing of it. */
  moves(picture: boolean): void;
  overlays(tint: boolean, flash: boolean): void;
  freeze(frozen: boolean): void;
  step(): void;
  speed(speed: number): void;
  panel(shown: boolean): void;
  keyboard(): void;
}

const button = (name: string): HTMLButtonElement => byId(`tool-${name}`, HTMLButtonElement);
const isPressed = (element: Element): boolean => element.getAttribute('aria-pressed') === 'true';
const press = (element: Element, pressed: boolean): void =>
  setAttribute(element, 'aria-pressed', String(pressed));

export class Tools {
  readonly #listener: ToolsListener;
  readonly #freeze = button('freeze');
  readonly #step = button('step');
  readonly #speed = byId('tool-speed', HTMLLabelElement);
  readonly #panel = button('panel');

  constructor(listener: ToolsListener) {
    this.#listener = listener;
    const [fit, actual, tint, flash] = ['fit', 'actual', 'tint', 'flash'].map(button) as [
      HTMLButtonElement,
      HTMLButtonElement,
      HTMLButtonElement,
      HTMLButtonElement,
    ];
    const move = button('move');
    const moves = (picture: boolean): void => {
      press(move, picture);
      listener.moves(picture);
    };
    const scaled = (whole: boolean) => () => {
      press(fit, !whole);
      press(actual, whole);
      listener.scale(whole);
      if (!whole) moves(false);
    };
    fit.addEventListener('click', scaled(false));
    actual.addEventListener('click', scaled(true));
    move.addEventListener('click', () => moves(!isPressed(move)));
    for (const overlay of [tint, flash])
      overlay.addEventListener('click', () => {
        press(overlay, !isPressed(overlay));
        listener.overlays(isPressed(tint), isPressed(flash));
      });
    this.#freeze.addEventListener('click', () => {
      press(this.#freeze, !isPressed(this.#freeze));
      listener.freeze(isPressed(this.#freeze));
    });
    this.#step.addEventListener('click', () => listener.step());
    const speed = byId('speed', HTMLSelectElement);
    speed.addEventListener('change', () => listener.speed(Number(speed.value)));
    this.#panel.addEventListener('click', () => this.showPanel(!isPressed(this.#panel)));
    button('keys').addEventListener('click', () => listener.keyboard());
  }

  showPanel(shown: boolean): void {
    press(this.#panel, shown);
    this.#listener.panel(shown);
  }

  /** In virtual time, freezing stops the session itself, and there is more to steer. */
  showClock({ kind, frozen, speed }: ClockMessage): void {
    const virtual = kind === 'virtual';
    this.#step.hidden = !virtual;
    this.#speed.hidden = !virtual;
    this.#freeze.title = virtual ? "Stop the session's clock" : 'Keep the picture as it is';
    if (!virtual) return;
    press(this.#freeze, frozen);
    byId('speed', HTMLSelectElement).value = String(speed);
  }
}
