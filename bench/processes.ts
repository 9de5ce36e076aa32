import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../compositor/main.js', import.meta.url));

/** A program of Node in a process of its own, whose lines are read. */
export class Program implements AsyncDisposable {
  /** CLOCK_MONOTONIC in nanoseconds, which is the same in every process. */
  readonly started = process.hrtime.bigint();
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<number>;

  constructor(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    this.#process = spawn(process.execPath, args, {
      env: { ...process.env, ...environment },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const { stdout } = this.#process;
    if (stdout === null) throw new Error('the output of a child is a pipe');
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
    this.#ended = new Promise((resolve, reject) => {
      this.#process.on('error', reject);
      this.#process.on('exit', (code, signal) => resolve(signal === null ? (code ?? 1) : 1));
    });
  }

  get pid(): number {
    const { pid } = this.#process;
    if (pid === undefined) throw new Error(`${process.execPath} could not be started`);
    return pid;
  }

  /** The next line that it prints. Fails when it ended without one. */
  async line(): Promise<string> {
    const { done, value } = await this.#lines.next();
    if (done)
      throw new Error(`node ${this.#process.spawnargs.slice(1).join(' ')} ended, saying nothing more`);
    return value;
  }

  /** Gives it a line to read. */
  tell(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }

  /** Waits for its end. Fails if it failed. */
  async ended(): Promise<void> {
    const status = await this.#ended;
    if (status !== 0)
      throw new Error(`node ${this.#process.spawnargs.slice(1).join(' ')} ended with ${status}`);
  }

  /** Asks it to end, and waits for that. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGTERM');
    await this.#ended;
  }
}

/** A program of the bench, as the build has left it. */
export const benchProgram = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** `fencepost serve` on a socket, listening. */
export async function serve(socket: string, ...options: string[]): Promise<Program> {
  const server = new Program([program, 'serve', '--no-status', '--socket', socket, ...options]);
  let line = '';
  while (!line.includes(socket)) line = await server.line();
  return server;
}

/** Runs something with a directory of its own, which is gone afterwards. */
export async function withDirectory<T>(run: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'fencepost-bench-'));
  try {
    return await run(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
