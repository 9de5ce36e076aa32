// `npm test`: lint, types, the borders between the rooms, then every test. Says what it leaves out and why.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
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

/** What some tests run or build with, and the Debian packages that have it. */
const wanted = {
  chromium: process.env.CHROMIUM ?? '/usr/bin/chromium',
  weston: 'weston',
  sway: 'sway',
  foot: '/usr/bin/foot',
  'gtk-3-examples': 'gtk3-widget-factory',
  grim: 'grim',
  slurp: 'slurp',
  swaybg: 'swaybg',
  'wl-clipboard': 'wl-copy',
  wtype: 'wtype',
  'libxkbcommon-tools': 'xkbcli',
  xwayland: 'Xwayland',
  'x11-apps': 'xeyes',
  'mesa-utils': 'es2gears_wayland',
  wlcs: '/usr/include/wlcs/display_server.h',
  gcc: 'gcc',
  'libwayland-dev': '/usr/include/wayland-client-core.h',
};
const path = (process.env.PATH ?? '').split(':').filter(Boolean);
const missing = Object.entries(wanted)
  .filter(([, file]) => !path.some(folder => existsSync(resolve(folder, file))))
  .map(([name]) => name);
if (missing.length > 0)
  console.log(
    `\nleft out: the tests that want what is not installed here (Debian: ${missing.join(', ')}); .ci/run installs it`,
  );
