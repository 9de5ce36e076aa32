// One program from its start to its end, and what there is to say about it.
import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SECOND } from '../../compositor/machine/machine.ts';
import { toPng } from './picture.ts';
import type { Outcome, Program } from './program.ts';
import { killGroup, type Run, Stage } from './stage.ts';

export interface RunOptions {
  /** How long its frames are counted, in seconds. */
  readonly seconds: number;
  /** Where screenshots go; none are kept without it. */
  readonly directory?: string;
}

/** Where a command is; null when it is not installed. */
export function pathOf(command: string): string | null {
  const candidates = command.includes('/')
    ? [command]
    : (process.env['PATH'] ?? '').split(delimiter).map(folder => join(folder, command));
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Seconds that a program may take besides those that its frames are counted. */
const PATIENCE = 90;

/** Runs that were asked to end. */
const asked = new WeakSet<Run>();

/** Why a program cannot be run here; null when it can. */
export function hindrance({ command, needs = [], package: name }: Program): string | null {
  const lacking = [command[0]!, ...needs].filter(binary => pathOf(binary) === null);
  return lacking.length > 0 ? `${lacking.join(', ')} not installed: Debian's package ${name}` : null;
}

interface Measured {
  readonly commits: number;
  readonly shown: number;
  readonly rate: number | null;
}

const NOTHING: Measured = { commits: 0, shown: 0, rate: null };

export async function runProgram(program: Program, options: RunOptions): Promise<Outcome> {
  const words = hindrance(program);
  if (words !== null) return { program, verdict: 'left out', words, ...NOTHING, screenshot: null };
  const { layout, notAsRoot } = program;
  const stage = await Stage.open(layout ? { layout } : {});
  if (notAsRoot && process.getuid?.() === 0) stage.leaveToNobody();
  try {
    return await onStage(program, stage, options);
  } finally {
    await stage[Symbol.asyncDispose]();
  }
}

async function onStage(program: Program, stage: Stage, options: RunOptions): Promise<Outcome> {
  const run = stage.start(program.command, program.environment);
  const state: { measured: Measured; screenshot: string | null } = { measured: NOTHING, screenshot: null };
  try {
    const all = Promise.race([perform(program, stage, run, options, state), tooEarly(program, run)]);
    const words = await stage.within(PATIENCE + options.seconds, 'it was through with everything', all);
    return { program, verdict: 'ok', words, ...state.measured, screenshot: state.screenshot };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const said = run.output().trim().split('\n').slice(-4).join(' | ');
    const words = `${why}${said ? ` (it said: ${said})` : ''}`;
    state.screenshot ??= await keep(program, stage, options).catch(() => null);
    return { program, verdict: 'failed', words, ...state.measured, screenshot: state.screenshot };
  }
}

async function perform(
  program: Program,
  stage: Stage,
  run: Run,
  options: RunOptions,
  state: { measured: Measured; screenshot: string | null },
): Promise<string> {
  if (program.end !== 'itself') await stage.draws(program.colours ?? 2);
  const seen = program.act ? await program.act(stage) : 'it is shown';
  if (program.end !== 'itself') state.measured = await measure(program, stage, options.seconds);
  state.screenshot = await keep(program, stage, options);
  await leave(program, stage, run);
  stage.endOthers();
  const { counters, trace } = stage.compositor;
  if (counters.protocolErrors > 0) {
    const errors = trace.notes('client').filter(({ text }) => text.includes('protocol error'));
    throw new Error(errors.map(({ text }) => text).join('; '));
  }
  await stage.until('everything it had is given back', () => stage.compositor.server.clients.size === 1);
  if (stage.shown.length > 0) throw new Error('something of it is still shown');
  return seen;
}

/** A program that ends before it is asked to is a failure, unless it is to end by itself. */
async function tooEarly(program: Program, run: Run): Promise<never> {
  const status = await run.ended;
  if (program.end === 'itself' || asked.has(run)) return new Promise(() => {});
  throw new Error(`it ended on its own, with ${status}`);
}

async function measure({ motion }: Program, stage: Stage, seconds: number): Promise<Measured> {
  const { counters, machine } = stage.compositor;
  const commits = counters.uses;
  const shown = counters.commitToFlip.count;
  const begun = machine.now();
  await stage.pause(seconds * 1000);
  const passed = Number(machine.now() - begun) / Number(SECOND);
  const measured: Measured = {
    commits: counters.uses - commits,
    shown: counters.commitToFlip.count - shown,
    rate: (counters.uses - commits) / passed,
  };
  if (motion !== 'still' && measured.shown === 0)
    throw new Error(`it should move, but no new frame of it was shown in ${seconds} s`);
  return measured;
}

async function keep(program: Program, stage: Stage, { directory }: RunOptions): Promise<string | null> {
  if (directory === undefined) return null;
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${program.name.replace(/[^\w.-]+/g, '-')}.png`);
  writeFileSync(path, toPng(await stage.screenshot()));
  return path;
}

async function leave(program: Program, stage: Stage, run: Run): Promise<void> {
  asked.add(run);
  if (program.end === 'close') for (const { client } of stage.compositor.scene.windows) client.close();
  if (program.end === 'signal') killGroup(run.process, 'SIGTERM');
  const status = await stage.within(15, 'it ends when it is asked to', run.ended);
  const clean = [0, ...(program.end === 'signal' ? ['SIGTERM', 143] : []), ...(program.statuses ?? [])];
  if (!clean.includes(status)) throw new Error(`it ended with ${status}`);
}
