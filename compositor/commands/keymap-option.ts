import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';

/** A whole keymap has some 60 KB. */
const LARGEST = 1 << 20;

/** A keymap's sections; libxkbcommon compiles none that lacks one. */
const SECTIONS = ['xkb_keycodes', 'xkb_types', 'xkb_compat', 'xkb_symbols'];

/** Whether it is a keymap with everything in it. Programs compile it, and some end when they can't. */
const isWhole = (text: string): boolean =>
  text.length <= LARGEST &&
  /^\s*xkb_keymap\b/.test(text) &&
  !/\binclude\s*"/.test(text) &&
  SECTIONS.every(section => text.includes(section)) &&
  text.split('{').length === text.split('}').length;

/** The text of a keymap file. Throws commander's InvalidArgumentError for what clients could not compile. */
export function readKeymap(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
  if (!isWhole(text))
    throw new InvalidArgumentError(
      `${path} is no whole keymap; make one with 'xkbcli compile-keymap --layout de > ${path}'`,
    );
  return text;
}
