// Reads from a keymap's text which keys are modifiers. Clients compile it with libxkbcommon; we need no more than this.
import { EVDEV_OFFSET, type KeyModifier } from './keymap.ts';
import { MODIFIER } from './modifiers.ts';

const MASKS: Readonly<Record<string, number>> = {
  shift: MODIFIER.shift,
  lock: MODIFIER.lock,
  control: MODIFIER.control,
  mod1: MODIFIER.mod1,
  mod2: MODIFIER.mod2,
  mod3: MODIFIER.mod3,
  mod4: MODIFIER.mod4,
  mod5: MODIFIER.mod5,
};

/** Symbols of keys that lock what they modify, by the compatibility rules that every keymap of xkeyboard-config has. */
const LOCKING = /^(?:Caps_Lock|Num_Lock|Shift_Lock|ISO_Lock|ISO_Level[35]_Lock)$/;

/** Keys with these act on the modifier that the symbol stands for, although `modifier_map` names one of them alone. */
const LEVEL_SYMBOL = /^ISO_Level[35]_(?:Shift|Lock)$/;

/** `modifier_map Shift { <LFSH>, <RTSH> };` of the text: evdev code to modifier. Text that is no keymap has none. */
export function readModifiers(text: string): ReadonlyMap<number, KeyModifier> {
  const codes = readKeyCodes(text);
  const symbols = readFirstSymbols(text);
  const modifiers = new Map<number, KeyModifier>();
  for (const [, name, members] of text.matchAll(/\bmodifier_map\s+(\w{1,16})\s*\{([^{}]*)\}/g)) {
    const mask = MASKS[name!.toLowerCase()];
    if (mask === undefined) continue;
    for (const [key] of members!.matchAll(/<[^<>\s]{1,16}>/g)) {
      const code = codes.get(key);
      if (code === undefined) continue;
      const before = modifiers.get(code)?.mask ?? 0;
      modifiers.set(code, { mask: before | mask, locks: LOCKING.test(symbols.get(key) ?? '') });
    }
  }
  addLevelKeys(modifiers, codes, symbols);
  return modifiers;
}

/** AltGr of most layouts: it has the symbol of another key, which is the one that is in the `modifier_map`. */
function addLevelKeys(
  modifiers: Map<number, KeyModifier>,
  codes: ReadonlyMap<string, number>,
  symbols: ReadonlyMap<string, string>,
): void {
  const masks = new Map<string, number>();
  const levelKeys = [...symbols].flatMap(([key, symbol]) => {
    const code = codes.get(key);
    return code !== undefined && LEVEL_SYMBOL.test(symbol) ? [{ code, symbol }] : [];
  });
  for (const { code, symbol } of levelKeys) {
    const mask = modifiers.get(code)?.mask;
    if (mask !== undefined) masks.set(symbol, mask);
  }
  for (const { code, symbol } of levelKeys) {
    const mask = masks.get(symbol);
    if (mask !== undefined) modifiers.set(code, { mask, locks: LOCKING.test(symbol) });
  }
}

/** `<LFSH> = 50;` */
function readKeyCodes(text: string): ReadonlyMap<string, number> {
  const codes = new Map<string, number>();
  for (const [, key, code] of text.matchAll(/(<[^<>\s]{1,16}>)\s*=\s*(\d{1,5})\s*;/g))
    codes.set(key!, Number(code) - EVDEV_OFFSET);
  return codes;
}

/** The first symbol of each key: `key <CAPS> { [ Caps_Lock ] };` */
function readFirstSymbols(text: string): ReadonlyMap<string, string> {
  const symbols = new Map<string, string>();
  for (const [, key, body] of text.matchAll(/\bkey\s+(<[^<>\s]{1,16}>)\s*\{([^{}]*)\}/g)) {
    // A list that begins right after `{`, `=` or `,`: not the `[Group1]` of a name.
    const first = /(?:^|[=,])\s*\[\s*(\w{1,64})/.exec(body!);
    if (first) symbols.set(key!, first[1]!);
  }
  return symbols;
}
