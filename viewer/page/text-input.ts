// The keyboard of a phone: it has no keys, it makes text.
import { KEY_CODES } from '../stream/key-codes.ts';
import type { Unnumbered } from './screen.ts';

/** Something to delete, or a phone's keyboard would not tell of Backspace. */
const FILLING = '\u200b';

const PIECES = /.{1,1000}/gsu;

export class TextInput {
  readonly #field: HTMLTextAreaElement;
  readonly #input: (message: Unnumbered) => void;

  constructor(field: HTMLTextAreaElement, input: (message: Unnumbered) => void) {
    this.#field = field;
    this.#input = input;
    field.addEventListener('beforeinput', event => this.#before(event));
    field.addEventListener('compositionend', event => this.#say(event.data));
    field.addEventListener('input', event => {
      if (!(event as InputEvent).isComposing) this.#empty();
    });
  }

  /** Brings the device's keyboard up: to be called while a tap is handled. */
  open(): void {
    this.#empty();
    this.#field.focus({ preventScroll: true });
  }

  #before(event: InputEvent): void {
    switch (event.inputType) {
      case 'insertText':
        if (!event.isComposing) this.#say(event.data ?? '');
        return;
      case 'insertLineBreak':
      case 'insertParagraph':
        this.#key('Enter');
        return;
      case 'deleteContentBackward':
        this.#key('Backspace');
        return;
      case 'deleteContentForward':
        this.#key('Delete');
        return;
      case 'insertFromPaste':
        this.#say(event.data ?? event.dataTransfer?.getData('text/plain') ?? '');
    }
  }

  #say(text: string): void {
    // Long ones in pieces; a character is never in two of them.
    for (const [piece] of text.matchAll(PIECES)) this.#input({ type: 'text', text: piece });
  }

  #key(name: string): void {
    const code = KEY_CODES.get(name)!;
    this.#input({ type: 'key', code, pressed: true });
    this.#input({ type: 'key', code, pressed: false });
  }

  #empty(): void {
    this.#field.value = FILLING;
    this.#field.setSelectionRange(FILLING.length, FILLING.length);
  }
}
