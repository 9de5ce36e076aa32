import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Keymap } from './keymap.ts';
import { MODIFIER, ModifierMachine } from './modifiers.ts';
import { usKeymap } from './us-keymap.ts';

const hasXkbcli = spawnSync('xkbcli', ['--version']).status === 0;

/** xkbcli maps what it reads, so it has to be a file. */
function compile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'keymap-'));
  const file = join(folder, 'keymap.xkb');
  writeFileSync(file, text);
  const input = openSync(file, 'r');
  try {
    // Its exit status is 1 also when all is well (in libxkbcommon 1.5): what it prints tells.
    return spawnSync('xkbcli', ['compile-keymap', '--from-xkb'], {
      encoding: 'utf8',
      stdio: [input, 'pipe', 'inherit'],
    }).stdout;
  } finally {
    closeSync(input);
    rmSync(folder, { recursive: true });
  }
}

const KEY = {
  leftControl: 29,
  leftShift: 42,
  leftAlt: 56,
  rightShift: 54,
  caps: 58,
  num: 69,
  super: 125,
  a: 30,
};

// These ask libxkbcommon itself, through its tool; `npm test` says when that was left out.
it.skipIf(!hasXkbcli)('compiles with libxkbcommon, which finds the same modifiers as we do', () => {
  const { text } = usKeymap();
  const compiled = compile(text);
  expect(compiled).toContain('key <AC01>');
  const theirs = new Keymap(compiled);
  for (let code = 0; code < 256; code++)
    expect([code, theirs.modifierOf(code)]).toEqual([code, usKeymap().modifierOf(code)]);
});

it.skipIf(!hasXkbcli)('knows the modifiers of layouts that others compiled', () => {
  const german = execFileSync('xkbcli', ['compile-keymap', '--layout', 'de'], { encoding: 'utf8' });
  const keymap = new Keymap(german);
  expect(keymap.modifierOf(100)).toEqual({ mask: MODIFIER.mod5, locks: false });
  expect(keymap.modifierOf(KEY.caps)).toEqual({ mask: MODIFIER.lock, locks: true });
  expect(keymap.modifierOf(KEY.num)).toEqual({ mask: MODIFIER.mod2, locks: true });
  expect(keymap.modifierOf(KEY.a)).toBeUndefined();
});

it('has no modifiers in what is no keymap', () => {
  for (const text of [
    '',
    'xkb_keymap {',
    'modifier_map Shift { <A>, <B>',
    'modifier_map Nothing { <LFSH> };',
  ])
    expect(new Keymap(text).modifierOf(KEY.leftShift)).toBeUndefined();
});

it('reads a hostile text in time that grows with its length', () => {
  const text = `${'key <A> { [ '.repeat(20_000)}${'modifier_map Shift { <A>, '.repeat(20_000)}`;
  expect(new Keymap(text).modifierOf(1)).toBeUndefined();
});

it('holds modifiers while their keys are down, and locks and unlocks', () => {
  const keymap = usKeymap();
  const machine = new ModifierMachine();
  const pressed = new Set<number>();
  const down = (code: number): void => {
    pressed.add(code);
    machine.down(keymap, code);
  };
  const up = (code: number): void => {
    pressed.delete(code);
    machine.up(keymap, code, pressed);
  };
  down(KEY.leftShift);
  down(KEY.rightShift);
  up(KEY.leftShift);
  expect(machine.state.depressed).toBe(MODIFIER.shift);
  up(KEY.rightShift);
  expect(machine.state.depressed).toBe(0);
  down(KEY.caps);
  expect(machine.state).toMatchObject({ depressed: MODIFIER.lock, locked: MODIFIER.lock });
  up(KEY.caps);
  expect(machine.state).toMatchObject({ depressed: 0, locked: MODIFIER.lock });
  down(KEY.caps);
  expect(machine.state.locked).toBe(MODIFIER.lock);
  up(KEY.caps);
  expect(machine.state).toMatchObject({ depressed: 0, locked: 0 });
});
