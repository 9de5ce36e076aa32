// `npm test`: lint, types, the borders between the rooms, then every test. Says what it leaves out and why.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

const bin = name => join(root, 'node_modules/.bin', name);

const steps = [
  ['lint', bin('biome'), ['check', '.']],
  ['borders', process.execPath, ['scripts/check-borders.mjs']],
  ['types', bin('tsc'), ['--noEmit']],
  ['tests', bin('vitest'), ['run', ...process.argv.slice(2)]],
];

prepare();
for (const [name, command, args] of steps) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`\n${name} failed`);
    process.exit(status ?? 1);
  }
}

const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(chromium))
  console.log(
    `\nleft out: the tests in a real browser (no ${chromium}; Debian's package chromium, or set CHROMIUM)`,
  );
