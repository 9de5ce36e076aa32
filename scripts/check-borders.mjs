// Holds the borders between the rooms: which folder may import which, and where promises, timers and randomness
// may not appear. `docs/architecture.md` says why. Prints each crossing as file:line and exits with 1.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** A room (longest matching folder wins) and the folders it may import besides itself; '*' is anything of ours. */
const rooms = [
  ['protocol/uapi', []],
  ['protocol/host', []],
  ['protocol', []],
  ['client-sdk', ['protocol']],
  ['compositor/machine', ['protocol/host']],
  ['compositor/kernel', ['compositor/machine', 'protocol/uapi']],
  ['compositor/scene', ['compositor/machine', 'compositor/observe']],
  ['compositor/seat', ['compositor/scene', 'compositor/machine', 'compositor/observe']],
  ['compositor/observe', ['compositor/machine']],
  [
    'compositor/render',
    [
      'compositor/scene',
      'compositor/machine',
      'compositor/observe',
      'compositor/kernel/task',
      'protocol/uapi',
    ],
  ],
  [
    'compositor/sync',
    [
      'compositor/scene',
      'compositor/machine',
      'compositor/observe',
      'compositor/kernel/task',
      'protocol/uapi',
    ],
  ],
  [
    'compositor/output',
    [
      'compositor/render',
      'compositor/sync',
      'compositor/scene',
      'compositor/machine',
      'compositor/observe',
      'compositor/kernel/task',
      'protocol/uapi',
    ],
  ],
  ['compositor/server', ['compositor/machine', 'compositor/observe', 'compositor/kernel/task', 'protocol']],
  [
    'compositor/interfaces',
    [
      'compositor/server',
      'compositor/output',
      'compositor/seat',
      'compositor/sync',
      'compositor/scene',
      'compositor/machine',
      'compositor/observe',
      'compositor/kernel/task',
      'protocol',
    ],
  ],
  ['compositor/commands', ['*']],
  ['compositor', ['*']],
  ['examples', ['client-sdk', 'protocol']],
  ['viewer/stream', []],
  ['viewer/page', ['viewer/stream']],
  ['viewer/server/testing.ts', ['*']],
  ['viewer/server', ['viewer/stream', 'client-sdk', 'protocol']],
  ['test', ['*']],
  ['bench', ['*']],
  ['scripts', ['*']],
];

/** Folders where order comes from the run queue alone. */
const ordered = [
  'compositor/kernel',
  'compositor/server',
  'compositor/interfaces',
  'compositor/scene',
  'compositor/seat',
  'compositor/sync',
  'compositor/output',
  'compositor/render',
  'compositor/observe',
];
const disordered =
  /\b(async\s+(function|\()|await\s|Math\.random|process\.nextTick|process\.hrtime|new Promise|Promise\.)/;

const roomOf = path =>
  rooms
    .filter(([name]) => path === name || path.startsWith(`${name}/`))
    .sort((a, b) => b[0].length - a[0].length)[0];
const inside = (path, folder) => folder === '*' || path === folder || path.startsWith(`${folder}/`);

/** The file that an import names: written `.ts`, `.js` or without an ending. */
function target(from, specifier) {
  const path = normalize(join(dirname(from), specifier));
  return existsSync(join(root, path)) ? path : path.replace(/\.js$/, '.ts');
}

function crossings(file) {
  const room = roomOf(file);
  const isTest = file.endsWith('.test.ts');
  const found = [];
  readFileSync(join(root, file), 'utf8')
    .split('\n')
    .forEach((line, at) => {
      const code = line.replace(/\/\/.*$/, '');
      const specifier = /(?:from|import\(|import)\s*['"](\.{1,2}\/[^'"]+)['"]/.exec(code)?.[1];
      if (specifier && room && !isTest) {
        const path = target(file, specifier);
        const allowed = [room[0], ...room[1]].some(folder => inside(path, folder));
        if (!allowed) found.push(`${file}:${at + 1} ${room[0]} may not import ${path}`);
      }
      const isComment = /^\s*(\*|\/\*)/.test(line);
      if (!isTest && !isComment && ordered.some(folder => inside(file, folder)) && disordered.test(code))
        found.push(
          `${file}:${at + 1} order comes from the Machine here, not from ${disordered.exec(code)[0].trim()}`,
        );
    });
  return found;
}

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter(file => file && !file.includes('/assembly/') && existsSync(join(root, file)));
const found = files.flatMap(crossings);
for (const line of found) console.error(line);
console.log(`borders: ${files.length} files, ${found.length} crossings`);
process.exit(found.length > 0 ? 1 : 0);
