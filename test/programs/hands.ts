// Somebody at the seat: what a person does with a mouse and a keyboard. Codes are those of linux/input-event-codes.h.
import type { Compositor } from '../../compositor/compositor.ts';
import type { Point, Rect } from '../../compositor/scene/region.ts';
import { strokeOf } from '../kit/us-keys.ts';

export const BTN_LEFT = 0x110;
export const BTN_RIGHT = 0x111;
export const BTN_MIDDLE = 0x112;

export const KEY = {
  esc: 1,
  backspace: 14,
  tab: 15,
  enter: 28,
  leftCtrl: 29,
  leftShift: 42,
  leftAlt: 56,
  space: 57,
  f4: 62,
  f10: 68,
  f11: 87,
  up: 103,
  left: 105,
  right: 106,
  down: 108,
  leftMeta: 125,
} as const;

/** Between two events of a person in a hurry, in milliseconds: toolkits look at the times. */
const BETWEEN = 8;

export class Hands {
  readonly #compositor: Compositor;

  constructor(compositor: Compositor) {
    this.#compositor = compositor;
  }

  async moveTo(point: Point): Promise<void> {
    const { pointer } = this.#compositor.seat;
    pointer.moveTo(this.#now, point);
    pointer.frame();
    await this.#breathe();
  }

  async button(code: number, state: 'pressed' | 'released'): Promise<void> {
    const { pointer } = this.#compositor.seat;
    pointer.button(this.#now, code, state);
    pointer.frame();
    await this.#breathe();
  }

  async click(point: Point, code = BTN_LEFT): Promise<void> {
    await this.moveTo(point);
    await this.button(code, 'pressed');
    await this.button(code, 'released');
  }

  async drag(from: Point, to: Point, steps = 10): Promise<void> {
    await this.moveTo(from);
    await this.button(BTN_LEFT, 'pressed');
    for (let step = 1; step <= steps; step++)
      await this.moveTo({
        x: from.x + ((to.x - from.x) * step) / steps,
        y: from.y + ((to.y - from.y) * step) / steps,
      });
    await this.button(BTN_LEFT, 'released');
  }

  /** `steps` of a wheel, down when positive. */
  async scroll(steps: number): Promise<void> {
    const { pointer } = this.#compositor.seat;
    for (let done = 0; done < Math.abs(steps); done++) {
      const discrete = Math.sign(steps);
      pointer.axis(this.#now, { axis: 'vertical', value: discrete * 15, discrete, source: 'wheel' });
      pointer.frame();
      await this.#breathe();
    }
  }

  async key(code: number, state: 'pressed' | 'released'): Promise<void> {
    this.#compositor.seat.keyboard.key(this.#now, code, state);
    await this.#breathe();
  }

  /** Presses all, in order, and lets them go in the opposite one. */
  async press(...codes: readonly number[]): Promise<void> {
    for (const code of codes) await this.key(code, 'pressed');
    for (const code of codes.toReversed()) await this.key(code, 'released');
  }

  async type(text: string): Promise<void> {
    for (const character of text) {
      const { code, shift } = strokeOf(character);
      await this.press(...(shift ? [KEY.leftShift, code] : [code]));
    }
  }

  get #now(): bigint {
    return this.#compositor.machine.now();
  }

  #breathe(): Promise<void> {
    return new Promise(resolve => setTimeout(resolve, BETWEEN));
  }
}

export const middleOf = ({ x, y, width, height }: Rect): Point => ({
  x: Math.floor(x + width / 2),
  y: Math.floor(y + height / 2),
});
