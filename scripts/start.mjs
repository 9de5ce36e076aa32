// `npm start`: makes the clone ready, then hands over to the compiled command line. Without a command it runs the demo.
// package.json says `exec node ...`, so that no shell stands between npm and us: one that sees Ctrl-C would end npm by that
// signal, however well we ended.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

prepare();

const child = spawn(process.execPath, [join(root, 'dist/compositor/main.js'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
// A terminal sends Ctrl-C to the whole group; the child ends everything in order and we only wait for it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
