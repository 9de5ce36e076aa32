// Builds `dist`: the pixel kernels (WebAssembly) first, then all TypeScript. What is up to date is left alone.
// WebAssembly does not depend on the rest, so type errors elsewhere don't keep it from being built; they make the exit status 1.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const state = join(dist, '.build');
const engine = join(root, 'compositor/kernel/engine');

mkdirSync(state, { recursive: true });
takeTurns();

/** Digests of what each step was last built from: step name to hexadecimal SHA-256. */
const stampsFile = join(state, 'stamps.json');
const stamps = readJson(stampsFile) ?? {};

/** Waits for another build of this clone to end: two would write the same files. */
function takeTurns() {
  const lock = join(state, 'lock');
  for (let told = false; ; ) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      process.on('exit', () => rmSync(lock, { force: true }));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = Number(readText(lock));
    if (isLeftBehind(lock, holder)) rmSync(lock, { force: true });
    else if (!told) {
      console.log(`build: waiting for the build of process ${holder}`);
      told = true;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
}

/** A build takes seconds; a lock of minutes ago whose number is alive is another program's number by now. */
function isLeftBehind(lock, holder) {
  const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  return (holder > 0 && !isAlive(holder)) || Date.now() - made > 180_000;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function readJson(file) {
  try {
    return JSON.parse(readText(file));
  } catch {
    return undefined;
  }
}

function filesUnder(folder, wanted) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && wanted(entry.name))
    .map(entry => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function digest(files, ...rest) {
  const hash = createHash('sha256').update(JSON.stringify(rest));
  for (const file of files) hash.update(`\0${relative(root, file)}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

function version(name) {
  return readJson(join(root, 'node_modules', name, 'package.json'))?.version ?? 'none';
}

/** Runs a step unless its inputs are those of the last good run and `output` is still there. */
function step(name, inputs, output, run) {
  if (stamps[name] === inputs && existsSync(output)) return true;
  const start = process.hrtime.bigint();
  const good = run();
  const seconds = (Number(process.hrtime.bigint() - start) / 1e9).toFixed(1);
  console.log(`build: ${name} ${good ? 'done' : 'has errors'} (${seconds} s)`);
  if (good) stamps[name] = inputs;
  else delete stamps[name];
  writeFileSync(stampsFile, JSON.stringify(stamps));
  return good;
}

function tool(script, args) {
  const path = join(root, 'node_modules', script);
  if (!existsSync(path)) {
    console.error(`build: ${script} is missing; run 'npm install' first`);
    return false;
  }
  return spawnSync(process.execPath, [path, ...args], { cwd: root, stdio: 'inherit' }).status === 0;
}

/** No data segment, no allocator: the module shares physical memory, of any size up to 4 GiB, with everything else. */
const kernelFlags = [
  ...['-O3', '--converge', '--noAssert', '--runtime', 'stub', '--use', 'abort=', '--enable', 'simd,threads'],
  ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
];

function buildKernels() {
  const sources = [
    ...filesUnder(join(engine, 'assembly'), name => name.endsWith('.ts')),
    join(engine, 'layout.ts'),
  ];
  const output = join(dist, 'compositor/kernel/engine/pixels.wasm');
  return step('pixel kernels', digest(sources, kernelFlags, version('assemblyscript')), output, () => {
    mkdirSync(dirname(output), { recursive: true });
    const fresh = `${output}.${process.pid}`;
    const entry = relative(root, join(engine, 'assembly/pixels.ts'));
    if (!tool('assemblyscript/bin/asc.js', [entry, '-o', relative(root, fresh), ...kernelFlags]))
      return false;
    renameSync(fresh, output);
    return true;
  });
}

/** The project's own settings less the tests, with the compiler's notes kept beside our own. */
function writeConfig(include) {
  const config = join(state, 'tsconfig.json');
  const up = '../..';
  const text = JSON.stringify({
    extends: `${up}/tsconfig.json`,
    compilerOptions: {
      rootDir: up,
      outDir: '..',
      typeRoots: [`${up}/node_modules/@types`],
      incremental: true,
      tsBuildInfoFile: './tsbuildinfo',
    },
    include: include.map(folder => `${up}/${folder}`),
    exclude: [`${up}/**/assembly/**`, `${up}/**/*.test.ts`, `${up}/dist`, `${up}/node_modules`],
  });
  writeFileSync(config, text);
  return config;
}

/** Takes out of `dist` what an earlier build made of a source that is gone since. */
function sweep(include) {
  for (const folder of include) {
    for (const file of filesUnder(join(dist, folder), name => /\.(js|js\.map|d\.ts)$/.test(name))) {
      const source = relative(dist, file).replace(/\.(js|js\.map|d\.ts)$/, '.ts');
      if (!existsSync(join(root, source))) rmSync(file);
    }
  }
}

function buildTypeScript() {
  const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  const isSource = name => name.endsWith('.ts') && !name.endsWith('.test.ts');
  const sources = include.flatMap(folder => filesUnder(join(root, folder), isSource));
  const main = join(dist, 'compositor/main.js');
  const inputs = digest([...sources, join(root, 'tsconfig.json')], version('typescript'));
  const worker = join(dist, 'compositor/kernel/engine/worker.js');
  const output = existsSync(join(root, 'compositor/main.ts')) ? main : worker;
  return step('TypeScript', inputs, output, () => {
    sweep(include);
    // Outputs that were deleted by hand would not come back as long as the compiler remembers having written them.
    if (!existsSync(output)) rmSync(join(state, 'tsbuildinfo'), { force: true });
    const good = tool('typescript/bin/tsc', ['--project', relative(root, writeConfig(include))]);
    if (existsSync(main)) chmodSync(main, 0o755);
    return good;
  });
}

/** The viewer's page: what the compiler does not bring to its modules. */
function buildPage() {
  const page = join(root, 'viewer/page');
  const files = filesUnder(page, name => /\.(html|css|svg)$/.test(name));
  const output = join(dist, 'viewer/page');
  return step('viewer page', digest(files), join(output, 'index.html'), () => {
    mkdirSync(output, { recursive: true });
    for (const file of files) copyFileSync(file, join(output, relative(page, file)));
    return true;
  });
}

const kernelsBuilt = buildKernels();
const typeScriptBuilt = buildTypeScript();
buildPage();
if (!typeScriptBuilt) console.error('build: the JavaScript was written in spite of the errors above');
process.exit(kernelsBuilt && typeScriptBuilt ? 0 : 1);
