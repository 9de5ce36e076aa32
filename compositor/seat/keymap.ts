// What the keys of a keyboard mean: a keymap in the text form of XKB, version 1.
import { readModifiers } from './keymap-modifiers.ts';

/** What a key does to the modifiers while it is down. */
export interface KeyModifier {
  /** Bits of `MODIFIER`. */
  readonly mask: number;
  /** It locks and unlocks, as Caps Lock does. */
  readonly locks: boolean;
}

/** Numbers of keys in a keymap are those of evdev and this. */
export const EVDEV_OFFSET = 8;

/** A keymap that clients can compile with libxkbcommon. A value: whoever types with another sets another. */
export class Keymap {
  readonly text: string;
  #modifiers: ReadonlyMap<number, KeyModifier> | null = null;

  /** `text`: a whole `xkb_keymap { ... };` without includes. */
  constructor(text: string) {
    this.text = text;
  }

  /** What the key with this evdev code does to the modifiers; undefined for most keys. */
  modifierOf(code: number): KeyModifier | undefined {
    this.#modifiers ??= readModifiers(this.text);
    return this.#modifiers.get(code);
  }
}
