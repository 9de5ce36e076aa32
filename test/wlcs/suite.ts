// The suite as a program: whether it can be run here, and what it says of each test.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Stage } from './stage.ts';

export type Verdict = 'passed' | 'failed' | 'skipped';

export interface Outcome {
  /** As the suite has it: `Suite.test` or `Instance/Suite.test/parameter`. */
  readonly name: string;
  readonly verdict: Verdict;
  /** What the suite said meanwhile. */
  readonly words: readonly string[];
}

/** Debian's place for it, which is in no PATH. */
const places = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/libexec', '/usr/lib'];
const header = (name: string): boolean => existsSync(join('/usr/include', name));

export const suitePath = (): string | null =>
  places.map(place => join(place, 'wlcs/wlcs')).find(existsSync) ?? null;

/** Why the suite cannot be run here; null when it can. */
export function hindrance(): string | null {
  if (suitePath() === null || !header('wlcs/display_server.h')) return 'wlcs is not installed';
  if (!header('wayland-client-core.h')) return 'the headers of libwayland are not installed (libwayland-dev)';
  return spawnSync('gcc', ['--version']).status === 0 ? null : 'gcc is not installed';
}

function buildShim(source: string, directory: string): string {
  const shim = join(directory, 'shim.so');
  const flags = ['-std=gnu11', '-O1', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC'];
  const { status, stderr } = spawnSync('gcc', [...flags, '-o', shim, source], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the shim for wlcs could not be built:\n${stderr}`);
  return shim;
}

export interface SuiteOptions {
  /** The shim's source. */
  readonly source: string;
  /** Of GoogleTest: patterns of names, separated by colons; those after a minus are left out. */
  readonly filter: string;
  /** Is told of each test as it ends. */
  readonly told?: (outcome: Outcome) => void;
}

/** Runs the tests that the filter names, each with a compositor of its own in this process. */
export async function runSuite({ source, filter, told }: SuiteOptions): Promise<Outcome[]> {
  const directory = mkdtempSync(join(tmpdir(), 'fencepost-wlcs-'));
  try {
    const shim = buildShim(source, directory);
    const path = join(directory, 'stage');
    const stage = await Stage.open(path);
    try {
      return await run([shim, `--gtest_filter=${filter}`, '--gtest_color=no'], path, directory, told);
    } finally {
      await stage[Symbol.asyncDispose]();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function run(
  args: readonly string[],
  stage: string,
  runtime: string,
  told?: SuiteOptions['told'],
): Promise<Outcome[]> {
  const child = spawn(suitePath()!, args, {
    env: { ...process.env, XDG_RUNTIME_DIR: runtime, FENCEPOST_WLCS_STAGE: stage },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const outcomes: Outcome[] = [];
  let words: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => words.push(...text.trimEnd().split('\n')));
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve(status ?? signal ?? -1));
  });
  let current: string | null = null;
  for await (const line of createInterface({ input: child.stdout })) {
    const said = /^\[([ A-Z]{10})\] (\S+?),?(?: .*)?$/.exec(line);
    const [, sign, name] = said ?? [];
    const verdict = sign && VERDICTS[sign.trim()];
    if (sign?.trim() === 'RUN') {
      current = name!;
      words = [];
    } else if (verdict && name === current) {
      const outcome = { name: current!, verdict, words };
      outcomes.push(outcome);
      told?.(outcome);
      current = null;
    } else if (current !== null) words.push(line);
  }
  const status = await ended;
  if (current !== null) {
    const outcome: Outcome = {
      name: current,
      verdict: 'failed',
      words: [...words, `wlcs ended with ${status}`],
    };
    outcomes.push(outcome);
    told?.(outcome);
  }
  return outcomes;
}

const VERDICTS: Readonly<Record<string, Verdict>> = {
  OK: 'passed',
  FAILED: 'failed',
  SKIP: 'skipped',
  SKIPPED: 'skipped',
};
