import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { Typist } from './typist.ts';
import { SPARE_CODES, typistKeymap } from './typist-keymap.ts';

/** A keyboard that reads along: it turns key events back into text by the keymap it was given. */
class Reader {
  readonly events: string[] = [];
  readonly keymaps: string[] = [];
  text = '';
  #symbols = new Map<number, string[]>();
  #shift = false;

  keymap(text: string): void {
    this.keymaps.push(text);
    this.events.push('keymap');
    this.#symbols = new Map(
      [...text.matchAll(/key <K(\d+)> \{ type = "\w+", \[ (.*) \] \}/g)].map(([, code, names]) => [
        Number(code),
        names!.split(', '),
      ]),
    );
  }

  key(code: number, pressed: boolean): void {
    this.events.push(`${pressed ? '+' : '-'}${code}`);
    if (!pressed) return;
    const levels = this.#symbols.get(code)!;
    this.text += characterOf(levels[this.#shift ? 1 : 0] ?? levels[0]!);
  }

  modifiers(depressed: number): void {
    this.events.push(`modifiers ${depressed}`);
    this.#shift = depressed === 1;
  }
}

const NAMES: Readonly<Record<string, string>> = {
  Return: '\n',
  Tab: '\t',
  BackSpace: '\b',
  space: ' ',
  Escape: '\x1b',
};
const characterOf = (keysym: string): string =>
  NAMES[keysym] ?? String.fromCodePoint(Number.parseInt(keysym.slice(1), 16));

function typed(text: string): Reader {
  const reader = new Reader();
  new Typist(reader).type(text);
  return reader;
}

describe('a typist', () => {
  it('presses the keys of a US keyboard, with Shift where they need it', () => {
    expect(typed('aB\n').events).toEqual([
      'keymap',
      '+30',
      '-30',
      'modifiers 1',
      '+48',
      '-48',
      'modifiers 0',
      '+28',
      '-28',
    ]);
  });

  it.each([
    [
      'every printable character of ASCII',
      String.fromCharCode(...Array.from({ length: 95 }, (_, at) => 32 + at)),
    ],
    ['characters of other scripts, and beyond 16 bits', 'Grüße, Привет, 世界 🙂 €'],
    [
      'more characters than there are spare keys',
      String.fromCodePoint(...Array.from({ length: 100 }, (_, at) => 0x4e00 + at)),
    ],
  ])('types %s', (_, text) => {
    expect(typed(text).text).toBe(text);
  });

  it('makes Return of each kind of line end, once', () => {
    expect(typed('a\r\nb\rc\nd').text).toBe('a\nb\nc\nd');
  });

  it('leaves out what has no key', () => {
    expect(typed('a\0\x07\x7f\ud800b').text).toBe('ab');
  });

  it('sends its keymap again only when it has to bind a key', () => {
    const reader = new Reader();
    const typist = new Typist(reader);
    for (const text of ['abc', 'äöü', 'üöä', 'x']) typist.type(text);
    expect(reader.keymaps.length).toBe(2);
    typist.type('ß');
    expect([reader.text, reader.keymaps.length]).toEqual(['abcäöüüöäxß', 3]);
  });

  it('binds those keys anew that were not used for longest', () => {
    const reader = new Reader();
    const typist = new Typist(reader);
    const many = SPARE_CODES.map((_, at) => String.fromCodePoint(0x400 + at));
    typist.type(many.join(''));
    typist.type(many[0]!);
    typist.type('世');
    typist.type(many[0]!);
    expect(reader.keymaps.length).toBe(2);
    typist.type(many[1]!);
    expect(reader.keymaps.length).toBe(3);
  });

  it('binds keys that nothing else is on', () => {
    const codes = [
      ...typistKeymap(new Map(SPARE_CODES.map(code => [code, '世']))).matchAll(/<K(\d+)> = (\d+);/g),
    ];
    expect(new Set(codes.map(([, code]) => code)).size).toBe(codes.length);
    expect(
      codes.every(([, code, number]) => Number(code) + 8 === Number(number) && Number(number) <= 255),
    ).toBe(true);
  });
});

const xkbcli = spawnSync('xkbcli', ['--version']).error === undefined;

// Without xkbcli (package libxkbcommon-tools) nothing here can compile a keymap.
describe.runIf(xkbcli)('the keymaps of a typist, compiled by libxkbcommon', () => {
  it.each(['plain', 'Grüße, Привет, 世界 🙂'])('hold for %s', text => {
    for (const keymap of typed(text).keymaps) {
      // Its exit status says nothing: versions differ in what they mean by it.
      const { stdout, stderr } = spawnSync('xkbcli', ['compile-keymap', '--from-xkb'], {
        input: keymap,
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      expect(stdout).toContain('key <K30>');
    }
  });
});
