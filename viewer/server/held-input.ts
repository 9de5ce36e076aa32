// One page's input: what it holds down is let go when it leaves.
import type { Output } from '../../client-sdk/core/index.ts';
import type { InputMessage } from '../stream/messages.ts';
import type { InputDevices } from './input-devices.ts';

export class HeldInput implements Disposable {
  readonly #devices: InputDevices;
  readonly #outputOf: (id: number) => Output | undefined;
  readonly #buttons = new Set<number>();
  readonly #keys = new Set<number>();
  readonly #fingers = new Map<number, Output>();

  constructor(devices: InputDevices, outputOf: (id: number) => Output | undefined) {
    this.#devices = devices;
    this.#outputOf = outputOf;
  }

  /** Passes a message on. An output that is gone meanwhile is no error: the page has yet to hear of it. */
  pass(message: InputMessage): void {
    switch (message.type) {
      case 'motion': {
        const output = this.#outputOf(message.output);
        if (output) this.#devices.move(output, message);
        return;
      }
      case 'button':
        if (changed(this.#buttons, message)) this.#devices.button(message.code, message.pressed);
        return;
      case 'wheel':
        this.#devices.scroll(message);
        return;
      case 'key':
        if (changed(this.#keys, message)) this.#devices.key(message.code, message.pressed);
        return;
      case 'text':
        this.#devices.type(message.text);
        return;
      case 'touch': {
        const output = this.#outputOf(message.output);
        if (output) this.#finger(output, message);
        return;
      }
      case 'release':
        this[Symbol.dispose]();
    }
  }

  [Symbol.dispose](): void {
    for (const code of this.#buttons) this.#devices.button(code, false);
    for (const code of this.#keys) this.#devices.key(code, false);
    for (const output of new Set(this.#fingers.values()))
      this.#devices.finger(output, { ...NO_FINGER, phase: 'cancel' });
    this.#buttons.clear();
    this.#keys.clear();
    this.#fingers.clear();
  }

  #finger(output: Output, message: Extract<InputMessage, { type: 'touch' }>): void {
    if (message.phase === 'down') this.#fingers.set(message.id, output);
    else if (message.phase === 'cancel') this.#fingers.clear();
    else if (message.phase === 'up') this.#fingers.delete(message.id);
    this.#devices.finger(output, message);
  }
}

const NO_FINGER = { type: 'touch', n: 1, id: 0, output: 0, x: 0, y: 0 } as const;

/** Notes a key or button; false when it was up or down already. */
function changed(held: Set<number>, { code, pressed }: { code: number; pressed: boolean }): boolean {
  if (!pressed) return held.delete(code);
  if (held.has(code)) return false;
  held.add(code);
  return true;
}
