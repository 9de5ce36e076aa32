// The built program in processes of its own. Nothing here waits by the clock: only for lines, exits and the end of a test.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const main = join(root, 'dist/compositor/main.js');
const cleanups: (() => unknown)[] = [];

afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export const example = (name: string): string => join(root, `dist/examples/${name}.js`);

/** Milliseconds that a first build may take. */
export const BUILD_TIMEOUT = 180_000;

/** Builds what is not up to date. */
export function build(): void {
  const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], {
    encoding: 'utf8',
  });
  if (!existsSync(main)) throw new Error(`there is no build: ${stdout}${stderr}`);
}

/** A directory for sockets, gone after the tests of the file. */
export function privateDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'fencepost-test-'));
  cleanups.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

type Environment = Readonly<Record<string, string | undefined>>;

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** A process whose output is kept. */
export class Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  output = '';
  #waiting = new Set<() => void>();

  constructor(command: string, args: readonly string[], environment: Environment = {}) {
    this.process = spawn(command, args, {
      env: { ...process.env, FENCEPOST_DISPLAY: undefined, ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    for (const stream of [this.process.stdout!, this.process.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.#look();
      });
    this.ended = new Promise((resolve, reject) => {
      this.process.on('error', reject);
      this.process.on('close', (status, signal) => {
        resolve({ status, signal, output: this.output });
        this.#look();
      });
    });
    cleanups.push(() => {
      this.process.kill('SIGKILL');
      return this.ended.catch(() => {});
    });
  }

  /** Resolves when the output so far matches; rejects when it never will. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match) return match;
      if (this.process.exitCode !== null || this.process.signalCode !== null)
        throw new Error(`it ended without saying ${pattern}:\n${this.output}`);
      await new Promise<void>(resolve => this.#waiting.add(resolve));
    }
  }

  /** Real descriptors of the process. */
  get descriptors(): number {
    return readdirSync(`/proc/${this.process.pid}/fd`).length;
  }

  end(signal: NodeJS.Signals): Promise<Ended> {
    this.process.kill(signal);
    return this.ended;
  }

  #look(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const look of waiting) look();
  }
}

/** Runs the program. */
export const fencepost = (args: readonly string[], environment?: Environment): Running =>
  new Running(process.execPath, [main, ...args], environment);

export interface Served {
  readonly process: Running;
  /** The Unix socket, for FENCEPOST_DISPLAY. */
  readonly display: string;
  /** The ws:// address; empty without one. */
  readonly websocket: string;
}

/** A compositor that listens. */
export async function serve(args: readonly string[] = [], environment: Environment = {}): Promise<Served> {
  const socket = join(privateDirectory(), 'display');
  const words = ['serve', '--no-status', '--socket', socket, '--output', '320x240', ...args];
  const server = fencepost(words, environment);
  const [, display] = await server.says(/^socket +(\S+)/m);
  const address = args.includes('--websocket') ? (await server.says(/^websocket +(\S+)/m))[1]! : '';
  return { process: server, display: display!, websocket: address };
}

/** Resolves when a condition holds that other processes bring about; looks again as often as the event loop turns. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  const impatient = AbortSignal.timeout(20_000);
  while (!condition()) {
    if (impatient.aborted) throw new Error(`it never came true that ${what}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}
