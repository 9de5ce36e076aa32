// Where things lie on a PC keyboard of the United States: codes of linux/input-event-codes.h.

export const KEY = {
  escape: 1,
  backspace: 14,
  tab: 15,
  enter: 28,
  leftControl: 29,
  leftShift: 42,
  rightShift: 54,
  leftAlt: 56,
  space: 57,
  capsLock: 58,
  f1: 59,
  f4: 62,
  f10: 68,
  numLock: 69,
  home: 102,
  up: 103,
  pageUp: 104,
  left: 105,
  right: 106,
  end: 107,
  down: 108,
  pageDown: 109,
  insert: 110,
  delete: 111,
  leftSuper: 125,
} as const;

export const BUTTON = { left: 0x110, right: 0x111, middle: 0x112 } as const;

export interface Stroke {
  readonly code: number;
  readonly shift: boolean;
}

/** The characters of each row from the code of its first key, without and with Shift. */
const ROWS: readonly (readonly [first: number, plain: string, shifted: string])[] = [
  [2, '1234567890-=', '!@#$%^&*()_+'],
  [16, 'qwertyuiop[]', 'QWERTYUIOP{}'],
  [30, "asdfghjkl;'`", 'ASDFGHJKL:"~'],
  [43, '\\zxcvbnm,./', '|ZXCVBNM<>?'],
  [57, ' ', ''],
  [28, '\n', ''],
  [15, '\t', ''],
];

/** How a character is typed. Throws for one that this keyboard lacks. */
export function strokeOf(character: string): Stroke {
  for (const [first, plain, shifted] of ROWS) {
    if (plain.includes(character)) return { code: first + plain.indexOf(character), shift: false };
    if (shifted.includes(character)) return { code: first + shifted.indexOf(character), shift: true };
  }
  throw new Error(`a US keyboard has no key for ${JSON.stringify(character)}`);
}
