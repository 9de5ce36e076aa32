// What package.json promises to those who install the package is there.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly files: readonly string[];
}
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Manifest;

/** What a file of the build is compiled from. */
const sourceOf = (built: string): string =>
  built
    .replace(/^(\.\/)?dist\//, '')
    .replace(/\.d\.ts$/, '.ts')
    .replace(/\.js$/, '.ts');

const promised = Object.entries(manifest.exports).flatMap(([name, target]) =>
  typeof target === 'string' ? [] : Object.entries(target).map(([kind, file]) => ({ name, kind, file })),
);

it.each(promised)('exports $name for $kind', ({ file }) => {
  expect(existsSync(root + sourceOf(file)), sourceOf(file)).toBe(true);
  expect(manifest.files.some(folder => file.startsWith(`./${folder}/`))).toBe(true);
});

it('exports each part with its types', () => {
  const names = ['./client', './protocol', './kernel', './compositor', './testing'];
  for (const name of names)
    expect(promised.filter(one => one.name === name).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['types', 'default']),
    );
});

it('installs the command line as fencepost', () => {
  const { fencepost } = manifest.bin;
  expect(readFileSync(root + sourceOf(fencepost!), 'utf8').startsWith('#!/usr/bin/env node\n')).toBe(true);
});
