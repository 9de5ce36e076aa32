// `npm run conformance`: makes the clone ready, then asks the model what real kernels were asked. What the build says
// goes to standard error, so that `--json` leaves nothing but JSON on standard output.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './prepare.mjs';

function run(file, args, stdout) {
  const { status } = spawnSync(process.execPath, [join(root, file), ...args], {
    cwd: root,
    stdio: ['inherit', stdout, 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
}

run('scripts/prepare.mjs', [], process.stderr);
run('dist/test/conformance/main.js', process.argv.slice(2), 'inherit');
