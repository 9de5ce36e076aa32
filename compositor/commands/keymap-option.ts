import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';

/** A whole keymap has some 60 KB. */
const LARGEST = 1 << 20;

/** The text of a keymap file. Throws commander's InvalidArgumentError for what clients could not compile. */
export function readKeymap(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
  if (text.length > LARGEST || !/^\s*xkb_keymap\b/.test(text) || /\binclude\s*"/.test(text))
    throw new InvalidArgumentError(
      `${path} is no whole keymap; make one with 'xkbcli compile-keymap --layout de > ${path}'`,
    );
  return text;
}
