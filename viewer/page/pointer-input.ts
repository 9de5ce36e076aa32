// Mouse, pen, wheel and fingers on a screen.
import { BUTTON_CODES } from '../stream/key-codes.ts';
import type { Abilities, OutputMessage } from '../stream/messages.ts';
import type { Unnumbered } from './screen.ts';

export interface PointerListener {
  output(): OutputMessage;
  input(message: Unnumbered): void;
  pressed(): void;
}

/** Bits of PointerEvent.buttons, in the order of MouseEvent.button: left, middle, right, back, forward. */
const BUTTON_BITS = [1, 4, 2, 8, 16];
/** What a step of a wheel scrolls, in logical pixels: as libinput has it. */
const STEP = 15;
/** What legacy wheelDelta has for a step. */
const WHEEL_DELTA = 120;
const LINES_PER_STEP = 3;
const PAGE = 300;
/** Milliseconds without news after which fingers on a touchpad count as lifted. */
const LIFTED = 120;
const MOST_FINGERS = 16;
const MOST_SCROLL = 4096;
const MOST_STEPS = 64;

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

/** `wheelDelta` is not in the standard, and everywhere. */
type LegacyWheel = WheelEvent & { readonly wheelDeltaX?: number; readonly wheelDeltaY?: number };

export class PointerInput implements Disposable {
  readonly #glass: HTMLElement;
  readonly #abilities: Abilities;
  readonly #listener: PointerListener;
  readonly #aborted = new AbortController();
  readonly #fingers = new Map<number, number>();
  #buttons = 0;
  #rest = { x: 0, y: 0 };
  #lifted: ReturnType<typeof setTimeout> | undefined;

  constructor(glass: HTMLElement, abilities: Abilities, listener: PointerListener) {
    this.#glass = glass;
    this.#abilities = abilities;
    this.#listener = listener;
    const { signal } = this.#aborted;
    for (const type of ['pointerdown', 'pointermove', 'pointerup', 'pointercancel'] as const)
      glass.addEventListener(type, event => this.#pointer(event), { signal });
    glass.addEventListener('wheel', event => this.#wheel(event), { signal, passive: false });
    for (const type of ['contextmenu', 'dragstart', 'auxclick'])
      glass.addEventListener(type, event => event.preventDefault(), { signal });
  }

  [Symbol.dispose](): void {
    // Nobody is left to hear of the end of it.
    if (this.#buttons !== 0 || this.#fingers.size > 0) this.#listener.input({ type: 'release' });
    this.#aborted.abort();
    clearTimeout(this.#lifted);
  }

  #pointer(event: PointerEvent): void {
    if (event.pointerType === 'touch' && this.#movesPicture) return;
    event.preventDefault();
    if (event.type === 'pointerdown') {
      this.#glass.setPointerCapture(event.pointerId);
      this.#glass.focus({ preventScroll: true });
      this.#listener.pressed();
    }
    if (event.pointerType === 'touch' && this.#abilities.touch) this.#finger(event);
    else if (this.#abilities.pointer) this.#mouse(event);
  }

  /** The browser scrolls then, as style.css lets it; a finger that was down before is still followed. */
  get #movesPicture(): boolean {
    return this.#fingers.size === 0 && getComputedStyle(this.#glass).touchAction !== 'none';
  }

  #mouse(event: PointerEvent): void {
    if (event.type !== 'pointercancel') this.#listener.input({ type: 'motion', ...this.#place(event) });
    // A second button is no pointerdown of its own, only a change of `buttons`.
    const buttons = event.type === 'pointercancel' ? 0 : event.buttons;
    BUTTON_BITS.forEach((bit, index) => {
      if (((buttons ^ this.#buttons) & bit) === 0) return;
      const pressed = (buttons & bit) !== 0;
      this.#listener.input({ type: 'button', code: BUTTON_CODES[index]!, pressed });
    });
    this.#buttons = buttons;
  }

  #finger(event: PointerEvent): void {
    const { pointerId } = event;
    const phase = { pointerdown: 'down', pointermove: 'motion', pointerup: 'up', pointercancel: 'cancel' }[
      event.type
    ] as 'down' | 'motion' | 'up' | 'cancel';
    if (phase === 'down') this.#fingers.set(pointerId, this.#freeFinger());
    const id = this.#fingers.get(pointerId);
    if (id === undefined || id >= MOST_FINGERS) return;
    if (phase === 'cancel') this.#fingers.clear();
    else if (phase === 'up') this.#fingers.delete(pointerId);
    this.#listener.input({ type: 'touch', phase, id, ...this.#place(event) });
  }

  #freeFinger(): number {
    const taken = new Set(this.#fingers.values());
    let id = 0;
    while (taken.has(id)) id++;
    return id;
  }

  #place({ clientX, clientY }: MouseEvent): { output: number; x: number; y: number } {
    const { id, width, height } = this.#listener.output();
    const box = this.#glass.getBoundingClientRect();
    return {
      output: id,
      x: clamp(((clientX - box.left) / box.width) * width, 0, width),
      y: clamp(((clientY - box.top) / box.height) * height, 0, height),
    };
  }

  #wheel(event: WheelEvent): void {
    if (!this.#abilities.pointer) return;
    event.preventDefault();
    const steps = this.#steps(event);
    if (steps) {
      const [stepsX, stepsY] = steps;
      this.#listener.input({
        type: 'wheel',
        source: 'wheel',
        x: stepsX * STEP,
        y: stepsY * STEP,
        stepsX,
        stepsY,
      });
      return;
    }
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_PAGE ? PAGE : 1;
    this.#scroll(event.deltaX * unit, event.deltaY * unit);
    clearTimeout(this.#lifted);
    this.#lifted = setTimeout(() => this.#scroll(0, 0), LIFTED);
  }

  #scroll(x: number, y: number): void {
    this.#listener.input({
      type: 'wheel',
      source: 'finger',
      x: clamp(x, -MOST_SCROLL, MOST_SCROLL),
      y: clamp(y, -MOST_SCROLL, MOST_SCROLL),
      stepsX: 0,
      stepsY: 0,
    });
  }

  /** Whole steps of a wheel, or null when it is no wheel that steps. */
  #steps(event: LegacyWheel): readonly [x: number, y: number] | null {
    if (event.deltaMode === WheelEvent.DOM_DELTA_LINE)
      return this.#whole(event.deltaX / LINES_PER_STEP, event.deltaY / LINES_PER_STEP);
    const { wheelDeltaX = 0, wheelDeltaY = 0 } = event;
    const stepped = wheelDeltaX % WHEEL_DELTA === 0 && wheelDeltaY % WHEEL_DELTA === 0;
    if (!stepped || (wheelDeltaX === 0 && wheelDeltaY === 0)) return null;
    return this.#whole(-wheelDeltaX / WHEEL_DELTA, -wheelDeltaY / WHEEL_DELTA);
  }

  /** Parts of steps are kept until they are whole ones. */
  #whole(x: number, y: number): readonly [x: number, y: number] {
    const sum = { x: this.#rest.x + x, y: this.#rest.y + y };
    const whole = { x: Math.trunc(sum.x), y: Math.trunc(sum.y) };
    this.#rest = { x: sum.x - whole.x, y: sum.y - whole.y };
    return [clamp(whole.x, -MOST_STEPS, MOST_STEPS), clamp(whole.y, -MOST_STEPS, MOST_STEPS)];
  }
}
