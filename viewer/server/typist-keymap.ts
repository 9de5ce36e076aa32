// The keymap of somebody who types text: the keys of a US keyboard where they are, and spare keys for everything else.
import { US_ROWS } from '../stream/us-layout.ts';

/** KEY_* of linux/input-event-codes.h, and the level that a character is on: 1 wants Shift. */
export interface Key {
  readonly code: number;
  readonly shift: boolean;
}

/** Codes of XKB are those of evdev and this. */
const EVDEV_OFFSET = 8;
export const KEY_LEFTSHIFT = 42;

/** Characters that are keys by name. */
const NAMED: ReadonlyMap<string, { readonly code: number; readonly keysym: string }> = new Map([
  ['\b', { code: 14, keysym: 'BackSpace' }],
  ['\t', { code: 15, keysym: 'Tab' }],
  ['\n', { code: 28, keysym: 'Return' }],
  [' ', { code: 57, keysym: 'space' }],
  ['\x1b', { code: 1, keysym: 'Escape' }],
]);

const usKeys = (): Map<string, Key> => {
  const keys = new Map<string, Key>();
  for (const [first, plain, shifted] of US_ROWS)
    for (let at = 0; at < plain.length; at++) {
      keys.set(plain[at]!, { code: first + at, shift: false });
      keys.set(shifted[at]!, { code: first + at, shift: true });
    }
  for (const [character, { code }] of NAMED) keys.set(character, { code, shift: false });
  return keys;
};

/** Where the characters of a US keyboard are. */
export const US_KEYS: ReadonlyMap<string, Key> = usKeys();

/**
 * Keys that a keyboard hardly has and no toolkit gives a meaning of its own by their code alone; below 248, so that X
 * programs get them too.
 */
export const SPARE_CODES: readonly number[] = [
  84,
  ...[195, 196, 197, 198, 199],
  ...[209, 211, 212, 213, 214],
  ...[218, 219, 220, 221, 222],
  ...[236, 237, 238, 239, 240, 241, 242, 243, 244, 245, 246, 247],
];

/** The name of a character's keysym: xkbcommon takes any code point, in at least four digits. */
const keysymOf = (character: string): string =>
  `U${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;

const nameOf = (code: number): string => `<K${code}>`;

/** A keymap in the text form of XKB, without includes, that has `spare` characters on these codes besides a US keyboard's. */
export function typistKeymap(spare: ReadonlyMap<number, string>): string {
  const symbols = new Map<number, string>([[KEY_LEFTSHIFT, 'Shift_L']]);
  for (const { code, keysym } of NAMED.values()) symbols.set(code, keysym);
  for (const [first, plain, shifted] of US_ROWS)
    for (let at = 0; at < plain.length; at++)
      symbols.set(first + at, `${keysymOf(plain[at]!)}, ${keysymOf(shifted[at]!)}`);
  for (const [code, character] of spare) symbols.set(code, keysymOf(character));
  const keys = [...symbols];
  return `xkb_keymap {
xkb_keycodes "typist" {
  minimum = 8;
  maximum = 255;
${keys.map(([code]) => `  ${nameOf(code)} = ${code + EVDEV_OFFSET};`).join('\n')}
};
xkb_types "typist" {
  type "ONE_LEVEL" { modifiers = none; level_name[Level1] = "Any"; };
  type "TWO_LEVEL" {
    modifiers = Shift;
    map[Shift] = Level2;
    level_name[Level1] = "Base";
    level_name[Level2] = "Shift";
  };
};
xkb_compatibility "typist" {
  interpret Any + AnyOf(all) { action = NoAction(); };
};
xkb_symbols "typist" {
${keys.map(([code, levels]) => `  key ${nameOf(code)} { type = "${levels.includes(',') ? 'TWO_LEVEL' : 'ONE_LEVEL'}", [ ${levels} ] };`).join('\n')}
  modifier_map Shift { ${nameOf(KEY_LEFTSHIFT)} };
};
};
`;
}
