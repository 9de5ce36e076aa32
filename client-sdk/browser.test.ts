import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const entry = join(dirname(fileURLToPath(import.meta.url)), 'browser.ts');
/** Packages that a page can import. */
const ALLOWED = ['msgpackr'];

/** Everything that a module imports at run time, with type-only imports left out. */
function importsOf(path: string): string[] {
  const source = readFileSync(path, 'utf8');
  const statements = source.matchAll(
    /^\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s*)?['"]([^'"]+)['"]/gm,
  );
  return [...statements].filter(([, type]) => type === undefined).map(([, , specifier]) => specifier!);
}

function reach(path: string, seen = new Map<string, string[]>()): Map<string, string[]> {
  if (seen.has(path)) return seen;
  const specifiers = importsOf(path);
  seen.set(path, specifiers);
  for (const specifier of specifiers)
    if (specifier.startsWith('.')) reach(join(dirname(path), specifier), seen);
  return seen;
}

describe('the entry for browsers', () => {
  const modules = reach(entry);

  it('reaches the whole SDK', () => {
    expect([...modules.keys()].some(path => path.endsWith('core/window.ts'))).toBe(true);
    expect([...modules.keys()].some(path => path.endsWith('wire/msgpack.ts'))).toBe(true);
  });

  it('reaches no module of Node and no package that a page cannot import', () => {
    const foreign = [...modules.values()].flat().filter(specifier => !specifier.startsWith('.'));
    expect(new Set(foreign)).toEqual(new Set(ALLOWED));
    expect(foreign.filter(name => name.startsWith('node:') || builtinModules.includes(name))).toEqual([]);
  });

  it('reaches no adapter of Node and none of its globals', () => {
    for (const path of modules.keys()) {
      expect(path).not.toContain('client-sdk/node/');
      expect(readFileSync(path, 'utf8').replace(/\/\/.*|\/\*[\s\S]*?\*\//g, '')).not.toMatch(
        /\b(process|Buffer|require|setImmediate)\b\s*[.(]/,
      );
    }
  });
});
