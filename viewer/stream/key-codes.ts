// From KeyboardEvent.code (https://www.w3.org/TR/uievents-code/) to KEY_* of linux/input-event-codes.h: both name places on a
// keyboard, whatever is printed on them.

const row = (first: number, ...codes: readonly string[]): [string, number][] =>
  codes.map((code, index) => [code, first + index]);

const letters = (text: string): string[] => [...text].map(letter => `Key${letter}`);

export const KEY_CODES: ReadonlyMap<string, number> = new Map<string, number>([
  ['Escape', 1],
  ...row(2, ...[...'1234567890'].map(digit => `Digit${digit}`), 'Minus', 'Equal', 'Backspace', 'Tab'),
  ...row(16, ...letters('QWERTYUIOP'), 'BracketLeft', 'BracketRight', 'Enter', 'ControlLeft'),
  ...row(30, ...letters('ASDFGHJKL'), 'Semicolon', 'Quote', 'Backquote', 'ShiftLeft', 'Backslash'),
  ...row(44, ...letters('ZXCVBNM'), 'Comma', 'Period', 'Slash', 'ShiftRight', 'NumpadMultiply'),
  ...row(56, 'AltLeft', 'Space', 'CapsLock', ...[...'123456789'].map(digit => `F${digit}`), 'F10'),
  ...row(69, 'NumLock', 'ScrollLock', 'Numpad7', 'Numpad8', 'Numpad9', 'NumpadSubtract'),
  ...row(75, 'Numpad4', 'Numpad5', 'Numpad6', 'NumpadAdd', 'Numpad1', 'Numpad2', 'Numpad3', 'Numpad0'),
  ['NumpadDecimal', 83],
  ['Lang5', 85],
  ...row(86, 'IntlBackslash', 'F11', 'F12', 'IntlRo', 'Lang3', 'Lang4', 'Convert', 'KanaMode', 'NonConvert'),
  ...row(96, 'NumpadEnter', 'ControlRight', 'NumpadDivide', 'PrintScreen', 'AltRight'),
  ...row(102, 'Home', 'ArrowUp', 'PageUp', 'ArrowLeft', 'ArrowRight', 'End', 'ArrowDown', 'PageDown'),
  ...row(110, 'Insert', 'Delete'),
  ...row(113, 'AudioVolumeMute', 'AudioVolumeDown', 'AudioVolumeUp', 'Power', 'NumpadEqual'),
  ['Pause', 119],
  ['NumpadComma', 121],
  ...row(122, 'Lang1', 'Lang2', 'IntlYen', 'MetaLeft', 'MetaRight', 'ContextMenu'),
  ...row(183, ...Array.from({ length: 12 }, (_, index) => `F${13 + index}`)),
]);

const known = new Set(KEY_CODES.values());

/** Whether a keyboard here has this key. */
export const isKeyCode = (code: number): boolean => known.has(code);

/** From MouseEvent.button to BTN_*: left, middle, right, side (back), extra (forward). */
export const BUTTON_CODES: readonly number[] = [0x110, 0x112, 0x111, 0x113, 0x114];

/** Modifiers of the standard keymap (Shift, Control, Mod1, Mod4, Mod5) by the keys that are them while held. */
export const MODIFIER_KEYS: ReadonlyMap<number, number> = new Map([
  [42, 1],
  [54, 1],
  [29, 4],
  [97, 4],
  [56, 8],
  [125, 64],
  [126, 64],
  [100, 128],
]);
