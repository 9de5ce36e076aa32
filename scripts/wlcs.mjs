// `npm run wlcs`: makes the clone ready, then runs the Wayland Conformance Suite where it is installed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

prepare();
const { status } = spawnSync(
  process.execPath,
  [join(root, 'dist/test/wlcs/main.js'), ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
process.exit(status ?? 1);
