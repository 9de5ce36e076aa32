// `npm run programs`: makes the clone ready, then runs the Wayland programs that are installed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

prepare();
const { status } = spawnSync(
  process.execPath,
  [join(root, 'dist/test/programs/main.js'), ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
process.exit(status ?? 1);
