// The virtual devices that the pages share, and what each page holds down on them.
import type { Client, ObjectProxy, Output } from '../../client-sdk/core/index.ts';
import { interfaces } from '../../protocol/interfaces/index.ts';
import { MODIFIER_KEYS } from '../stream/key-codes.ts';
import type { InputMessage } from '../stream/messages.ts';
import { TypingKeyboard } from './typing-keyboard.ts';
import { Typist } from './typist.ts';

const { axis: AXIS, axis_source: SOURCE, button_state: BUTTON } = interfaces.wl_pointer.enums;
const { key_state: KEY } = interfaces.wl_keyboard.enums;
/** Steps of a device pixel in absolute motion. */
const SUBPIXELS = 256;

type Motion = Extract<InputMessage, { type: 'motion' }>;
type Wheel = Extract<InputMessage, { type: 'wheel' }>;
type TouchMessage = Extract<InputMessage, { type: 'touch' }>;

/** Milliseconds of CLOCK_MONOTONIC, as input events have them. */
const now = (): number => Number(process.hrtime.bigint() / 1_000_000n) >>> 0;

/** A place in device pixels, as devices have it: finer than pixels, and its part of the whole, whatever the scale. */
function placeOn({ description: { width, height } }: Output, x: number, y: number) {
  const [across, down] = [width * SUBPIXELS, height * SUBPIXELS];
  return [
    Math.min(Math.round(x * SUBPIXELS), across - 1),
    Math.min(Math.round(y * SUBPIXELS), down - 1),
    across,
    down,
  ] as const;
}

export class InputDevices {
  readonly #client: Client;
  readonly #pointers = new Map<Output, ObjectProxy<'zwlr_virtual_pointer_v1'>>();
  readonly #touches = new Map<Output, ObjectProxy<'fencepost_virtual_touch_v1'>>();
  /** Moved last: buttons and wheels come from there. */
  #pointer: ObjectProxy<'zwlr_virtual_pointer_v1'> | null = null;
  #keyboard: ObjectProxy<'zwp_virtual_keyboard_v1'> | null = null;
  #typing: TypingKeyboard | null = null;
  #typist: Typist | null = null;
  readonly #modifiers = new Set<number>();

  constructor(client: Client) {
    this.#client = client;
    if (this.keyboard) this.#openKeyboard();
  }

  get pointer(): boolean {
    return this.#offers('zwlr_virtual_pointer_manager_v1');
  }

  get keyboard(): boolean {
    return this.#offers('zwp_virtual_keyboard_manager_v1');
  }

  get touch(): boolean {
    return this.#offers('fencepost_virtual_touch_manager_v1');
  }

  move(output: Output, { x, y }: Motion): void {
    if (!this.pointer) return;
    this.#pointer = this.#pointerOn(output);
    this.#pointer.motion_absolute(now(), ...placeOn(output, x, y));
    this.#pointer.frame();
  }

  button(code: number, pressed: boolean): void {
    this.#pointer?.button(now(), code, pressed ? BUTTON.pressed : BUTTON.released);
    this.#pointer?.frame();
  }

  scroll({ source, x, y, stepsX, stepsY }: Wheel): void {
    const pointer = this.#pointer;
    if (!pointer) return;
    const time = now();
    pointer.axis_source(SOURCE[source]);
    const axes = [
      [AXIS.horizontal_scroll, x, stepsX],
      [AXIS.vertical_scroll, y, stepsY],
    ] as const;
    for (const [axis, value, steps] of axes)
      if (steps !== 0) pointer.axis_discrete(time, axis, value, steps);
      else if (value !== 0) pointer.axis(time, axis, value);
      else if (source === 'finger' && x === 0 && y === 0) pointer.axis_stop(time, axis);
    pointer.frame();
  }

  key(code: number, pressed: boolean): void {
    const keyboard = this.#keyboard;
    if (!keyboard) return;
    if (MODIFIER_KEYS.has(code)) {
      if (pressed) this.#modifiers.add(code);
      else this.#modifiers.delete(code);
    }
    this.#behindText(() => keyboard.key(now(), code, pressed ? KEY.pressed : KEY.released));
    this.#tellModifiers(this.#held);
  }

  /** Text that no key of the seat's layout may give. What is held down meanwhile has no part in it. */
  type(text: string): void {
    if (!this.#keyboard) return;
    this.#typing ??= new TypingKeyboard(this.#client, now);
    this.#typist ??= new Typist(this.#typing);
    this.#tellModifiers(0);
    this.#typist.type(text);
    this.#tellModifiers(this.#held);
  }

  finger(output: Output, { phase, id, x, y }: TouchMessage): void {
    if (!this.touch) return;
    const screen = this.#touchOn(output);
    const place = placeOn(output, x, y);
    switch (phase) {
      case 'down':
        screen.down(now(), id, ...place);
        break;
      case 'motion':
        screen.motion(now(), id, ...place);
        break;
      case 'up':
        screen.up(now(), id);
        break;
      case 'cancel':
        screen.cancel();
        break;
    }
    screen.frame();
  }

  /** An output is gone, and with it the devices on it. */
  forget(output: Output): void {
    const pointer = this.#pointers.get(output);
    if (this.#pointer === pointer) this.#pointer = null;
    pointer?.destroy();
    this.#touches.get(output)?.destroy();
    this.#pointers.delete(output);
    this.#touches.delete(output);
  }

  #offers(name: keyof typeof interfaces): boolean {
    return this.#client.offers('wl_seat') > 0 && this.#client.offers(name) > 0;
  }

  get #held(): number {
    let held = 0;
    for (const code of this.#modifiers) held |= MODIFIER_KEYS.get(code)!;
    return held;
  }

  /** Keys of a virtual keyboard don't change the modifiers by themselves; what the seat knows already changes nothing. */
  #tellModifiers(held: number): void {
    this.#behindText(() => this.#keyboard?.modifiers(held, 0, 0, 0));
  }

  /** The typist may be at it still. */
  #behindText(run: () => void): void {
    if (this.#typing) this.#typing.behind(run);
    else run();
  }

  #pointerOn(output: Output): ObjectProxy<'zwlr_virtual_pointer_v1'> {
    const known = this.#pointers.get(output);
    if (known) return known;
    const manager = this.#client.shared('zwlr_virtual_pointer_manager_v1');
    const made = manager.create_virtual_pointer_with_output(this.#client.shared('wl_seat'), output.proxy);
    this.#pointers.set(output, made);
    return made;
  }

  #touchOn(output: Output): ObjectProxy<'fencepost_virtual_touch_v1'> {
    const known = this.#touches.get(output);
    if (known) return known;
    const manager = this.#client.shared('fencepost_virtual_touch_manager_v1');
    const made = manager.create_virtual_touch(this.#client.shared('wl_seat'), output.proxy);
    this.#touches.set(output, made);
    return made;
  }

  /** Places on our keyboard mean what they mean on the seat's: it is given the keymap that the seat has. */
  #openKeyboard(): void {
    const seat = this.#client.shared('wl_seat');
    const listener = seat.get_keyboard().on('keymap', (format, handle, size) => {
      listener[Symbol.dispose]();
      const manager = this.#client.shared('zwp_virtual_keyboard_manager_v1');
      this.#keyboard = manager.create_virtual_keyboard(seat);
      this.#keyboard.keymap(format, handle, size);
      this.#client.closeHandle(handle);
    });
  }
}
