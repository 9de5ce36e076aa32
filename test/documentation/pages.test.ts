// Every program in README.md and docs/ is compiled and run as it stands, so that the pages stay true. Those of kernel.md are
// looked after beside the kernel (kernel-page.test.ts).
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Compositor } from '../../compositor/compositor.ts';
import { createDevices } from '../../compositor/devices.ts';
import { openHostFiles } from '../../compositor/machine/host-files.ts';
import { RealMachine } from '../../compositor/machine/real-machine.ts';
import { DEFAULT_CAPABILITIES } from '../../compositor/server/index.ts';
import { listenUnix } from '../../protocol/transport/unix.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'test/output/documentation');
const PAGES = ['README', 'docs/protocol', 'docs/sdk', 'docs/input', 'docs/debugging', 'docs/shared-metadata'];

/** What the package exports, as source. */
const SOURCES = {
  'fencepost/client': 'client-sdk/index.ts',
  'fencepost/compositor': 'compositor/index.ts',
  'fencepost/kernel': 'compositor/kernel/index.ts',
  'fencepost/protocol': 'protocol/index.ts',
  'fencepost/testing': 'test/kit/index.ts',
};

interface Program {
  readonly name: string;
  readonly code: string;
  /** What the page says that it prints. */
  readonly output: string | null;
}

function programsOf(page: string): Program[] {
  const text = readFileSync(join(root, `${page}.md`), 'utf8');
  return [...text.matchAll(/```ts\n([\s\S]*?)```(?:\n\nprints\n\n```text\n([\s\S]*?)```)?/g)].map(
    ([, code, output], index) => ({
      name: `${page.replace('/', '-')}-${index + 1}`,
      code: code!,
      output: output ?? null,
    }),
  );
}

const programs = PAGES.flatMap(programsOf);

/** Writes a program where vitest and the compiler find it, with the package's sources in place of its names. */
function write({ name, code }: Program): string {
  const file = join(folder, `${name}.ts`);
  const local = Object.entries(SOURCES).reduce(
    (text, [exported, source]) => text.replaceAll(`'${exported}'`, `'../../../${source}'`),
    code,
  );
  writeFileSync(file, local);
  return file;
}

const directory = mkdtempSync(join(tmpdir(), 'fencepost-pages-'));
const machine = new RealMachine();
const { kernel } = createDevices({
  machine,
  outputs: [{ width: 320, height: 240 }],
  engines: 'virtual',
  memoryBytes: 128 << 20,
  host: openHostFiles(),
});
const compositor = new Compositor({ kernel });
let listener: Disposable;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  const display = join(directory, 'display');
  listener = await listenUnix(display, {
    onConnection: connection =>
      void compositor.server.accept(connection, { name: 'page', capabilities: DEFAULT_CAPABILITIES }),
  });
  vi.stubEnv('FENCEPOST_DISPLAY', display);
});
afterEach(() => void vi.restoreAllMocks());
afterAll(() => {
  vi.unstubAllEnvs();
  listener[Symbol.dispose]();
  compositor[Symbol.dispose]();
  kernel[Symbol.dispose]();
  machine[Symbol.dispose]();
  rmSync(directory, { recursive: true });
  rmSync(folder, { recursive: true });
});

/** Who is asking differs from run to run: `client 5 (page)`. */
function withoutClients(text: string): string {
  return text.replace(/client \d+ \([^)]*\)/g, 'client').trim();
}

/** Asks windows to close once they have shown some frames, for programs that would go on for ever. */
function closeAfterSomeFrames(): Disposable {
  const { counters, scene } = compositor;
  const start = counters.commits;
  const timer = setInterval(() => {
    if (counters.commits - start > 20) for (const { client } of scene.windows) client.close();
  }, 20);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

describe('the programs of the pages', () => {
  it('are there', () => {
    for (const page of PAGES) expect(programsOf(page).length, page).toBeGreaterThan(0);
  });

  it('are correct TypeScript', () => {
    const files = programs.map(write);
    const config = join(folder, 'tsconfig.json');
    writeFileSync(
      config,
      JSON.stringify({
        extends: join(root, 'tsconfig.json'),
        compilerOptions: { noEmit: true, rootDir: root, typeRoots: [join(root, 'node_modules/@types')] },
        include: [],
        exclude: [],
        files,
      }),
    );
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const told = spawnSync(process.execPath, [compiler, '--project', config], { encoding: 'utf8' });
    expect(told.stdout).toBe('');
    expect(told.status).toBe(0);
  });

  it.each(programs)('$name runs, and prints what the page says', async program => {
    const printed: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((...words) => void printed.push(format(...words)));
    const closing = closeAfterSomeFrames();
    try {
      await import(write(program));
    } finally {
      closing[Symbol.dispose]();
    }
    if (program.output !== null)
      expect(withoutClients(printed.join('\n'))).toBe(withoutClients(program.output));
  });

  it('show a client of at most twenty lines, the one of the examples', () => {
    const [client] = programsOf('README');
    expect(client!.code.trimEnd().split('\n').length).toBeLessThanOrEqual(20);
    const lines = (text: string) => text.split('\n').map(line => line.trim());
    const example = lines(readFileSync(join(root, 'examples/hello.ts'), 'utf8'));
    for (const line of lines(client!.code)) {
      if (line.includes('connect') || line === 'await client.close();') continue;
      expect(example).toContain(line);
    }
  });
});
