// Which text inputs hear of the keyboard's focus: what both versions of the protocol share.
import type { Surface } from '../scene/surface.ts';
import type { Client } from '../server/client.ts';
import type { Context } from './context.ts';

/** A text input of some version. */
export interface FocusedTextInput {
  readonly client: Client;
  /** The keyboard came to a surface of the client, or went from the client or to another of its surfaces. */
  focusChanged(surface: Surface | null): void;
}

export class TextInputs {
  readonly #context: Context;
  readonly #inputs = new Set<FocusedTextInput>();

  constructor(context: Context) {
    this.#context = context;
    context.rooms.seat.keyboard.onFocus(surface => {
      for (const input of [...this.#inputs]) this.#tell(input, surface);
    });
  }

  /** Tells the input of the focus there is, and of later ones until the result is disposed. */
  add(input: FocusedTextInput): Disposable {
    this.#inputs.add(input);
    this.#tell(input, this.#context.rooms.seat.keyboard.focus);
    return { [Symbol.dispose]: () => void this.#inputs.delete(input) };
  }

  #tell(input: FocusedTextInput, surface: Surface | null): void {
    const own = surface !== null && this.#context.clientOf(surface) === input.client;
    input.focusChanged(own ? surface : null);
  }
}
