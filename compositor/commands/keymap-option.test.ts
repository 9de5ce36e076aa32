import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { usKeymap } from '../seat/us-keymap.ts';
import { readKeymap } from './keymap-option.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keymap-option-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, 'keymap.xkb');
  writeFileSync(path, text);
  return path;
}

it('reads a whole keymap', () => {
  const { text } = usKeymap();
  expect(readKeymap(file(text))).toBe(text);
});

it.each([
  ['', 'is no whole keymap'],
  ['xkb_symbols { };', 'is no whole keymap'],
  ['xkb_keymap { nonsense', 'is no whole keymap'],
  [usKeymap().text.slice(0, -100), 'is no whole keymap'],
  ['xkb_keymap { xkb_keycodes { include "evdev+aliases(qwerty)" }; };', 'xkbcli compile-keymap'],
])('says what is wrong with %.60j', (text, words) => {
  expect(() => readKeymap(file(text))).toThrow(words);
});

it('says that a file is not there', () => {
  expect(() => readKeymap(join(folder, 'none'))).toThrow('ENOENT');
});
