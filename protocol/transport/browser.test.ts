import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const here = dirname(fileURLToPath(import.meta.url));

/** Every package that a file reaches by static imports which are not of types alone, and the files on the way. */
function reach(file: string, files = new Set<string>(), packages = new Set<string>()) {
  if (files.has(file)) return { files, packages };
  files.add(file);
  const statements = /^(?:import|export) (?!type )[^;]*?from '([^']+)';|^import '([^']+)';/gm;
  for (const [, from, bare] of readFileSync(file, 'utf8').matchAll(statements)) {
    const specifier = (from ?? bare)!;
    if (specifier.startsWith('.')) reach(join(dirname(file), specifier), files, packages);
    else packages.add(specifier);
  }
  return { files, packages };
}

it.each(['websocket-client.ts', 'in-process.ts'])(
  '%s reaches msgpackr at most, and nothing of Node',
  name => {
    const { files, packages } = reach(join(here, name));
    expect([...packages].filter(found => found !== 'msgpackr')).toEqual([]);
    expect([...files].filter(file => file.includes('/host/'))).toEqual([]);
  },
);

it('sees what is reached: the Unix socket needs Node', () => {
  const { files, packages } = reach(join(here, 'unix.ts'));
  expect(packages).toContain('node:net');
  expect([...files].some(file => file.endsWith('/host/libc.ts'))).toBe(true);
});
