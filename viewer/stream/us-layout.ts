// What the keys of a US keyboard give: the layout that keys are known by on both sides.

/** Rows of keys: the KEY_* of the first, and what they give without and with Shift. */
export const US_ROWS: readonly (readonly [first: number, plain: string, shifted: string])[] = [
  [2, '1234567890-=', '!@#$%^&*()_+'],
  [16, 'qwertyuiop[]', 'QWERTYUIOP{}'],
  [30, "asdfghjkl;'`", 'ASDFGHJKL:"~'],
  [43, '\\zxcvbnm,./', '|ZXCVBNM<>?'],
];

const SPACE = 57;

const characters = new Map<number, string>([[SPACE, '  ']]);
for (const [first, plain, shifted] of US_ROWS)
  for (let at = 0; at < plain.length; at++) characters.set(first + at, plain[at]! + shifted[at]!);

/** The character of a key; null for keys that give none. */
export const usCharacter = (code: number, shift: boolean): string | null =>
  characters.get(code)?.[shift ? 1 : 0] ?? null;
