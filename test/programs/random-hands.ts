// Somebody who does anything at all with a mouse and a keyboard; the same seed, the same things.
import type { Point, Size } from '../../compositor/scene/region.ts';
import { BTN_LEFT, BTN_MIDDLE, BTN_RIGHT, type Hands, KEY } from './hands.ts';

/** Nothing here that ends or pauses a program by a key of its own. */
const LETTERS = 'abcdeghijklmnortuvwxyz 0123456789';
const KEYS = [KEY.tab, KEY.enter, KEY.backspace, KEY.up, KEY.down, KEY.left, KEY.right] as const;
const BUTTONS = [BTN_LEFT, BTN_LEFT, BTN_LEFT, BTN_RIGHT, BTN_MIDDLE] as const;

export class RandomHands {
  readonly #hands: Hands;
  readonly #random: () => number;
  readonly #size: Size;

  constructor(hands: Hands, size: Size, random: () => number) {
    this.#hands = hands;
    this.#size = size;
    this.#random = random;
  }

  /** A whole number from 0 up to, and without, `end`. */
  below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** One thing that a person does, from a glance to a drag; everything is let go after it. */
  async act(): Promise<void> {
    const hands = this.#hands;
    switch (this.below(8)) {
      case 0:
      case 1:
        return this.#wander();
      case 2:
      case 3:
        return hands.click(this.#anywhere(), this.pick(BUTTONS));
      case 4:
        await hands.moveTo(this.#anywhere());
        return hands.scroll(this.below(9) - 4);
      case 5:
        return hands.drag(this.#anywhere(), this.#anywhere(), 5 + this.below(20));
      case 6:
        return hands.press(this.pick(KEYS));
      default:
        return hands.type(Array.from({ length: 1 + this.below(12) }, () => this.pick([...LETTERS])).join(''));
    }
  }

  async #wander(): Promise<void> {
    const from = this.#anywhere();
    const to = this.#anywhere();
    const steps = 3 + this.below(20);
    for (let step = 0; step <= steps; step++)
      await this.#hands.moveTo({
        x: from.x + ((to.x - from.x) * step) / steps,
        y: from.y + ((to.y - from.y) * step) / steps,
      });
  }

  #anywhere(): Point {
    return { x: this.#random() * this.#size.width, y: this.#random() * this.#size.height };
  }
}
