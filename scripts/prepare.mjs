// Makes the clone ready to run: the right Node, the dependencies, the build. Does nothing when nothing is missing, so
// that every command can begin with it.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const wanted = [20, 19];

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > wanted[0] || (major === wanted[0] && minor >= wanted[1])) return;
  console.error(`fencepost needs Node ${wanted.join('.')} or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

const changed = path => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** npm writes node_modules/.package-lock.json last, so it is older than the lock file whenever something is missing. */
const installed = () =>
  changed(join(root, 'node_modules/.package-lock.json')) >= changed(join(root, 'package-lock.json'));

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error) console.error(`${command} could not be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

export function prepare() {
  checkNode();
  if (!installed()) {
    console.log('installing the dependencies (once; about ten seconds on a fast line)');
    run('npm', ['ci', '--no-audit', '--no-fund']);
  }
  run(process.execPath, [join(root, 'scripts/build.mjs')]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) prepare();
