// Text that does not come from keys: which field of which program takes it.

/** What a field says about itself. Counts are of UTF-8 bytes. */
export interface TextFieldState {
  readonly surroundingText: string;
  readonly cursor: number;
  readonly anchor: number;
  readonly contentHint: number;
  readonly contentPurpose: number;
}

export const NO_TEXT_FIELD_STATE: TextFieldState = {
  surroundingText: '',
  cursor: 0,
  anchor: 0,
  contentHint: 0,
  contentPurpose: 0,
};

/** Text that is being composed, shown in the field and no part of it yet; the cursor is in UTF-8 bytes, -1 hides it. */
export interface Preedit {
  readonly text: string;
  readonly cursorBegin: number;
  readonly cursorEnd: number;
}

/** One change of a field: applied in this order, whichever parts there are. */
export interface TextChange {
  /** UTF-8 bytes around the cursor. */
  readonly delete?: { readonly before: number; readonly after: number };
  readonly commit?: string;
  /** What is composed after the change; left out, nothing is. */
  readonly preedit?: Preedit;
}

/** A field of the focused program that takes text now. */
export interface TextField {
  readonly state: TextFieldState;
  change(change: TextChange): void;
}

/** Longest text in one event, in UTF-8 bytes: it fits into a message of 4096 bytes, and the first version sends a preedit twice. */
const MAX_COMMIT = 3900;
const MAX_PREEDIT = 1900;

/** The input of a seat that knows characters instead of keys: from a person's browser, or from a test. */
export class TextInput {
  #fields: readonly TextField[] = [];
  #listeners: (() => void)[] = [];

  /** The field that takes text: the one that was enabled last. */
  get field(): TextField | null {
    return this.#fields.at(-1) ?? null;
  }

  /** A field takes text until the result is disposed. */
  enable(field: TextField): Disposable {
    this.#fields = [...this.#fields, field];
    this.#changed();
    return {
      [Symbol.dispose]: () => {
        if (!this.#fields.includes(field)) return;
        this.#fields = this.#fields.filter(other => other !== field);
        this.#changed();
      },
    };
  }

  /** Writes text into the field. False when there is none. Long text comes in several events. */
  commit(text: string): boolean {
    const { field } = this;
    if (!field) return false;
    for (const part of parts(text, MAX_COMMIT)) field.change({ commit: part });
    return true;
  }

  /** Shows text that is being composed, '' to end that. False when there is no field. */
  preedit(text: string, cursorBegin = -1, cursorEnd = cursorBegin): boolean {
    const { field } = this;
    if (!field) return false;
    const [first = ''] = parts(text, MAX_PREEDIT);
    field.change(first === '' ? {} : { preedit: { text: first, cursorBegin, cursorEnd } });
    return true;
  }

  /** Deletes UTF-8 bytes before and after the cursor. False when there is no field. */
  deleteSurrounding(before: number, after: number): boolean {
    const { field } = this;
    field?.change({ delete: { before, after } });
    return field !== null;
  }

  /** Hears when a field comes, goes, or says something else about itself. */
  observe(listener: () => void): Disposable {
    this.#listeners = [...this.#listeners, listener];
    return {
      [Symbol.dispose]: () => {
        this.#listeners = this.#listeners.filter(other => other !== listener);
      },
    };
  }

  /** For fields: the state of the current one changed. */
  stateChanged(field: TextField): void {
    if (field === this.field) this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Pieces of at most so many bytes of UTF-8, cut between characters. */
function parts(text: string, most: number): string[] {
  const pieces: string[] = [];
  let piece = '';
  let bytes = 0;
  // Wayland's strings end at a NUL.
  for (const character of text.replaceAll('\0', '')) {
    const size = utf8Length(character);
    if (bytes + size > most) {
      pieces.push(piece);
      piece = '';
      bytes = 0;
    }
    piece += character;
    bytes += size;
  }
  if (piece !== '') pieces.push(piece);
  return pieces;
}

function utf8Length(character: string): number {
  const point = character.codePointAt(0)!;
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
}
