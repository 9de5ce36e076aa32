// Each scenario of docs/scenarios.md is staged by a test that is there, and what tests are named after is in the page.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(`${root}docs/scenarios.md`, 'utf8');

interface Row {
  readonly name: string;
  readonly file: string;
  readonly title: string;
}

const rows: Row[] = [...page.matchAll(/^\| `([\w-]+)` \| `([^`]+)` (.+) \|$/gm)].map(
  ([, name, file, title]) => ({
    name: name!,
    file: file!.includes('/') ? file! : `test/scenarios/${file}`,
    title: title!,
  }),
);

it('has a row for each scenario, staged or with a reason', () => {
  const lines = page.split('\n').filter(line => line.startsWith('| `'));
  const reasoned = lines.filter(line => /^\| `[\w-]+` \| — .+ \|$/.test(line));
  expect(rows.length + reasoned.length).toBe(lines.length);
  const names = [...page.matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(rows.length).toBeGreaterThan(50);
});

it.each(rows)('$name is staged', ({ file, title }) => {
  expect(readFileSync(root + file, 'utf8')).toContain(title);
});

it('knows every scenario that a test is named after', () => {
  const folder = `${root}test/scenarios/`;
  const known =
    /\(((?:acquire|release|kms|capture|fd|frame-callback|feedback|idle|runaway|destroy)-[a-z-]+)\)/g;
  for (const file of readdirSync(folder))
    for (const [, name] of readFileSync(folder + file, 'utf8').matchAll(known))
      expect(page, `${name} of ${file}`).toContain(`\`${name}\``);
});
