// What happens to the events of a pointer while nobody has claimed them.
import type { Nanoseconds } from '../machine/machine.ts';
import type { PointerGrab } from './grabs.ts';
import type { Pointer, PressHandler } from './pointer.ts';
import type { AxisEvent, ButtonState } from './sink.ts';

/**
 * The surface under the pointer gets the events. While a button is down the focus stays where it was when the first one
 * went down (the implicit grab): whoever saw a press sees its release, and nobody sees a release without a press.
 */
export class DefaultPointerGrab implements PointerGrab {
  readonly #pointer: Pointer;
  readonly #pressed: PressHandler;

  constructor(pointer: Pointer, pressed: PressHandler) {
    this.#pointer = pointer;
    this.#pressed = pressed;
  }

  motion(time: Nanoseconds): void {
    // Entering tells the place already.
    if (!this.#refocus()) this.#pointer.sendMotion(time);
  }

  button(time: Nanoseconds, code: number, state: ButtonState): void {
    const pointer = this.#pointer;
    if (state === 'pressed') {
      if (pointer.buttons.size === 1) {
        pointer.setFocus(pointer.hit());
        if (this.#pressed(pointer.hit(), code)) return;
      }
      pointer.sendButton(time, code, state);
      return;
    }
    pointer.sendButton(time, code, state);
    this.#refocus();
  }

  axis(time: Nanoseconds, event: AxisEvent): void {
    this.#pointer.sendAxis(time, event);
  }

  frame(): void {
    this.#pointer.sendFrame();
  }

  restacked(): void {
    this.#refocus();
  }

  #refocus(): boolean {
    return this.#pointer.buttons.size === 0 && this.#pointer.setFocus(this.#pointer.hit());
  }
}
