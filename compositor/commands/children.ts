import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';

/** How long a child may take to end after it was asked to, in milliseconds. */
const PATIENCE = 3000;

interface Child {
  readonly name: string;
  readonly process: ChildProcess;
  readonly ended: Promise<number>;
}

/** Processes that live no longer than their starter: a demo session's clients, a command that runs under us. */
export class Children {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #report: (line: string) => void;
  readonly #running = new Set<Child>();

  constructor(environment: NodeJS.ProcessEnv, report: (line: string) => void) {
    this.#environment = environment;
    this.#report = report;
  }

  /**
   * Starts a process; the promise is its exit status (128 and the signal's number if one killed it). One that could not be
   * started is reported, and counts as shells have it: 127, or 126 if it is there and is no program.
   */
  start(
    name: string,
    command: string,
    args: readonly string[],
    output: 'inherit' | 'ignore',
  ): Promise<number> {
    const process = spawn(command, args, {
      env: { ...globalThis.process.env, ...this.#environment },
      stdio: ['inherit', output, 'inherit'],
    });
    const ended = exitStatus(process, error =>
      this.#report(`${name} could not be started: ${error.message}`),
    );
    const child: Child = { name, process, ended };
    this.#running.add(child);
    void ended.then(() => this.#running.delete(child));
    return ended;
  }

  /** Asks all to end, then makes them. */
  async stop(): Promise<void> {
    const running = [...this.#running];
    for (const child of running) child.process.kill('SIGTERM');
    const impatience = setTimeout(() => {
      for (const child of this.#running) child.process.kill('SIGKILL');
    }, PATIENCE);
    await Promise.all(running.map(child => child.ended));
    clearTimeout(impatience);
  }
}

function exitStatus(process: ChildProcess, failed: (error: Error) => void): Promise<number> {
  return new Promise(resolve => {
    process.on('error', (error: NodeJS.ErrnoException) => {
      failed(error);
      resolve(error.code === 'EACCES' ? 126 : 127);
    });
    process.on('exit', (code, signal) => resolve(code ?? 128 + signalNumber(signal)));
  });
}

const signalNumber = (signal: NodeJS.Signals | null): number => (signal ? constants.signals[signal] : 0);
