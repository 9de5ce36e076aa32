// Which text inputs hear of the keyboard's focus: what both versions of the protocol share.
import type { Surface } from '../scene/surface.ts';
import type { Client } from '../server/client.ts';
import type { Context } from './context.ts';
import { PerClient } from './per-client.ts';

/** A text input of some version. */
export interface FocusedTextInput {
  readonly client: Client;
  /** The keyboard came to a surface of the client, or went from the client or to another of its surfaces. */
  focusChanged(surface: Surface | null): void;
}

export class TextInputs {
  readonly #context: Context;
  readonly #inputs = new PerClient<FocusedTextInput>('text inputs');
  /** The client that has the keyboard. */
  #focused: Client | null = null;
  #posted = false;

  constructor(context: Context) {
    this.#context = context;
    context.rooms.seat.keyboard.onFocus(surface => this.#focusChanged(surface));
  }

  /** Tells the input of the focus there is, and of later ones until the result is disposed. */
  add(input: FocusedTextInput): Disposable {
    const added = this.#inputs.add(input.client, input);
    if (input.client === this.#focused) input.focusChanged(this.#focus);
    return added;
  }

  /** The surface that has the keyboard. It may be destroyed, and the keyboard not elsewhere yet: no client hears of that one. */
  get #focus(): Surface | null {
    const { focus } = this.#context.rooms.seat.keyboard;
    return focus?.destroyed ? null : focus;
  }

  /** Programs want to hear of the keyboard first, which comes right after this. */
  #focusChanged(surface: Surface | null): void {
    const before = this.#focused;
    this.#focused = (surface && this.#context.clientOf(surface)) ?? null;
    if (before) for (const input of this.#inputs.of(before)) input.focusChanged(null);
    if (!this.#focused || this.#posted) return;
    this.#posted = true;
    this.#context.rooms.machine.post('focus of text inputs', () => {
      this.#posted = false;
      if (this.#focused) for (const input of this.#inputs.of(this.#focused)) input.focusChanged(this.#focus);
    });
  }
}
