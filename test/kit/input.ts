// A person at the seat of a session, in virtual time.
import type { Machine } from '../../compositor/machine/machine.ts';
import type { Seat } from '../../compositor/seat/seat.ts';
import type { AxisEvent } from '../../compositor/seat/sink.ts';
import { BUTTON, KEY, strokeOf } from './us-keys.ts';

export type ButtonName = keyof typeof BUTTON;
export type KeyName = keyof typeof KEY;

export interface InputOptions {
  readonly seat: Seat;
  readonly machine: Machine;
  /** Lets the events arrive: everything happens that can without time passing. */
  readonly settle: () => Promise<void>;
}

/** Pixels that one click of a wheel stands for, as libinput has it. */
const WHEEL_CLICK = 15;

class InputDevice {
  protected readonly options: InputOptions;

  constructor(options: InputOptions) {
    this.options = options;
  }

  protected get now(): bigint {
    return this.options.machine.now();
  }
}

/** A pointer; each call is a frame of its own, and has reached the clients when its promise settles. */
export class PointerInput extends InputDevice {
  async moveTo(x: number, y: number): Promise<void> {
    this.#pointer.moveTo(this.now, { x, y });
    await this.#frame();
  }

  async moveBy(x: number, y: number): Promise<void> {
    this.#pointer.motion(this.now, { x, y });
    await this.#frame();
  }

  async press(button: ButtonName = 'left'): Promise<void> {
    this.#pointer.button(this.now, BUTTON[button], 'pressed');
    await this.#frame();
  }

  async release(button: ButtonName = 'left'): Promise<void> {
    this.#pointer.button(this.now, BUTTON[button], 'released');
    await this.#frame();
  }

  async click(x: number, y: number, button: ButtonName = 'left'): Promise<void> {
    await this.moveTo(x, y);
    await this.press(button);
    await this.release(button);
  }

  /** Presses at one place and lets go at another. */
  async drag(
    from: readonly [x: number, y: number],
    to: readonly [x: number, y: number],
    button: ButtonName = 'left',
  ): Promise<void> {
    await this.moveTo(...from);
    await this.press(button);
    await this.moveTo(...to);
    await this.release(button);
  }

  /** Clicks of a wheel; positive is down or to the right. */
  async scroll(clicks: number, axis: AxisEvent['axis'] = 'vertical'): Promise<void> {
    this.#pointer.axis(this.now, { axis, value: clicks * WHEEL_CLICK, discrete: clicks, source: 'wheel' });
    await this.#frame();
  }

  get #pointer() {
    return this.options.seat.pointer;
  }

  #frame(): Promise<void> {
    this.#pointer.frame();
    return this.options.settle();
  }
}

/** A keyboard with the keys of `usKeymap`. */
export class KeyboardInput extends InputDevice {
  async down(key: KeyName | number): Promise<void> {
    await this.#key(codeOf(key), 'pressed');
  }

  async up(key: KeyName | number): Promise<void> {
    await this.#key(codeOf(key), 'released');
  }

  /** Presses keys one after the other and lets them go in the opposite order: `press('leftControl', 46)` is Ctrl+C. */
  async press(...keys: readonly (KeyName | number)[]): Promise<void> {
    for (const key of keys) await this.down(key);
    for (const key of [...keys].reverse()) await this.up(key);
  }

  /** Types ASCII text. */
  async type(text: string): Promise<void> {
    for (const character of text) {
      const { code, shift } = strokeOf(character);
      if (shift) await this.press('leftShift', code);
      else await this.press(code);
    }
  }

  async #key(code: number, state: 'pressed' | 'released'): Promise<void> {
    this.options.seat.keyboard.key(this.now, code, state);
    await this.options.settle();
  }
}

const codeOf = (key: KeyName | number): number => (typeof key === 'number' ? key : KEY[key]);

/** Fingers, by numbers of the caller's choice; each call is a frame of its own. */
export class TouchInput extends InputDevice {
  async down(id: number, x: number, y: number): Promise<void> {
    this.#touch.down(this.now, id, { x, y });
    await this.#frame();
  }

  async motion(id: number, x: number, y: number): Promise<void> {
    this.#touch.motion(this.now, id, { x, y });
    await this.#frame();
  }

  async up(id: number): Promise<void> {
    this.#touch.up(this.now, id);
    await this.#frame();
  }

  async cancel(): Promise<void> {
    this.#touch.cancel();
    await this.options.settle();
  }

  get #touch() {
    return this.options.seat.touch;
  }

  #frame(): Promise<void> {
    this.#touch.frame();
    return this.options.settle();
  }
}

/** `await session.input.pointer.click(10, 20)` */
export class SessionInput {
  readonly pointer: PointerInput;
  readonly keyboard: KeyboardInput;
  readonly touch: TouchInput;

  constructor(options: InputOptions) {
    this.pointer = new PointerInput(options);
    this.keyboard = new KeyboardInput(options);
    this.touch = new TouchInput(options);
  }
}
