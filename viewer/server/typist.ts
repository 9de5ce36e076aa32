// Text as key events: for phones, whose keyboards have no keys, for what no key of the seat's layout gives, and for tests.
import { type Key, SPARE_CODES, typistKeymap, US_KEYS } from './typist-keymap.ts';

/** A keyboard to type on, as zwp_virtual_keyboard_v1 is one. */
export interface TypistKeyboard {
  /** The text of a keymap, for the keys that follow. */
  keymap(text: string): void;
  /** `code`: KEY_* of linux/input-event-codes.h. */
  key(code: number, pressed: boolean): void;
  /** Bits of the standard modifiers that are held: 1 is Shift. */
  modifiers(depressed: number): void;
}

const SHIFT = 1;

/**
 * Types on a keyboard of its own. Characters of a US keyboard are at their keys; all others are bound to spare keys, of
 * which those that were not used for longest are bound anew. The keymap is sent again only when a binding changes.
 *
 * ```ts
 * const typist = new Typist(virtualKeyboard(client, seat));
 * typist.type('Grüße, 世界\n');
 * ```
 */
export class Typist {
  readonly #keyboard: TypistKeyboard;
  /** The character of each spare key, the one that was not used for longest first. */
  readonly #bound = new Map<string, number>();
  readonly #free = [...SPARE_CODES];
  #ready = false;

  constructor(keyboard: TypistKeyboard) {
    this.#keyboard = keyboard;
  }

  /**
   * Line ends are Return, tabulators Tab, backspaces BackSpace, ESC Escape; other control characters and halves of a
   * surrogate pair have no key and are left out.
   */
  type(text: string): void {
    const characters = [...text.replaceAll(/\r\n?/g, '\n')].filter(isTypable);
    for (let at = 0; at < characters.length; ) {
      const end = this.#bindFrom(characters, at);
      this.#press(characters.slice(at, end));
      at = end;
    }
  }

  /** Binds as many characters as there are spare keys for; returns the place of the first that has to wait for another keymap. */
  #bindFrom(characters: readonly string[], from: number): number {
    const needed = new Set<string>();
    let end = from;
    for (; end < characters.length; end++) {
      const character = characters[end]!;
      if (US_KEYS.has(character) || needed.has(character)) continue;
      if (needed.size === SPARE_CODES.length) break;
      needed.add(character);
    }
    let changed = !this.#ready;
    const missing: string[] = [];
    for (const character of needed) {
      const code = this.#bound.get(character);
      if (code === undefined) missing.push(character);
      else this.#bind(character, code);
    }
    for (const character of missing) {
      this.#bind(character, this.#free.pop() ?? this.#reclaim());
      changed = true;
    }
    if (changed)
      this.#keyboard.keymap(typistKeymap(new Map([...this.#bound].map(([one, code]) => [code, one]))));
    this.#ready = true;
    return end;
  }

  /** The newest: it goes to the end of the map. */
  #bind(character: string, code: number): void {
    this.#bound.delete(character);
    this.#bound.set(character, code);
  }

  #reclaim(): number {
    const [character, code] = this.#bound.entries().next().value!;
    this.#bound.delete(character);
    return code;
  }

  #press(characters: readonly string[]): void {
    let shifted = false;
    const shift = (wanted: boolean): void => {
      if (wanted === shifted) return;
      shifted = wanted;
      this.#keyboard.modifiers(wanted ? SHIFT : 0);
    };
    for (const character of characters) {
      const key = this.#keyOf(character);
      shift(key.shift);
      this.#keyboard.key(key.code, true);
      this.#keyboard.key(key.code, false);
    }
    shift(false);
  }

  #keyOf(character: string): Key {
    return US_KEYS.get(character) ?? { code: this.#bound.get(character)!, shift: false };
  }
}

/** Whether a character (a code point) has a keysym. */
function isTypable(character: string): boolean {
  if (US_KEYS.has(character)) return true;
  const code = character.codePointAt(0)!;
  const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0);
  return !isControl && !(code >= 0xd800 && code < 0xe000);
}
