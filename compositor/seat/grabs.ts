// Who gets the events of a device. Always the last grab that was started and not ended.
import type { Nanoseconds } from '../machine/machine.ts';
import type { Point } from '../scene/region.ts';
import type { AxisEvent, ButtonState, KeyState } from './sink.ts';

/** The evdev code of Escape, which ends what a hand does as if it had not begun. */
export const KEY_ESC = 1;

/** The pointer's position, buttons and focus are up to date when a grab is called; who has the focus is its own matter. */
export interface PointerGrab {
  /** It only changes who has the focus: other grabs may start above it. */
  readonly passive?: boolean;
  /** The pointer is elsewhere now. */
  motion(time: Nanoseconds): void;
  button(time: Nanoseconds, code: number, state: ButtonState): void;
  axis(time: Nanoseconds, event: AxisEvent): void;
  frame(): void;
  /** No event came, but what lies under the pointer may be something else now. */
  restacked(): void;
}

export interface KeyboardGrab {
  /** Pressed keys and modifiers are up to date. Returns whether the key is used up; others go on to the focus. */
  key(time: Nanoseconds, code: number, state: KeyState): boolean;
}

export interface TouchGrab {
  down(time: Nanoseconds, id: number, position: Point): void;
  motion(time: Nanoseconds, id: number, position: Point): void;
  up(time: Nanoseconds, id: number): void;
  frame(): void;
  /** No event came, but what lies under the fingers may be something else now. */
  restacked(): void;
  /** The grab is over without its having asked for it: it was taken off already. */
  cancelled(): void;
}

/** The grabs of a device from the first to the last. */
export class Grabs<G> {
  #list: readonly G[] = [];

  /** The one that gets the events; null when there is none. */
  get current(): G | null {
    return this.#list.at(-1) ?? null;
  }

  start(grab: G): void {
    this.#list = [...this.#list.filter(other => other !== grab), grab];
  }

  /** Returns whether it was there. */
  end(grab: G): boolean {
    const before = this.#list.length;
    this.#list = this.#list.filter(other => other !== grab);
    return this.#list.length < before;
  }

  /** Takes all of them off and returns them, the first one first. */
  clear(): readonly G[] {
    const list = this.#list;
    this.#list = [];
    return list;
  }
}
