// The programs that a machine for tests can be given quickly; `npm run programs` runs all that are installed.
import { describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';
import { hindrance, runProgram } from './run-program.ts';

const SELECTION = [
  'weston-simple-shm',
  'weston-simple-damage',
  'weston-subsurfaces',
  'weston-clickdot',
  'weston-dnd',
  'weston-editor',
  'weston-terminal',
  'foot',
  'gtk3-widget-factory',
  'es2gears',
  'xwayland',
  'swaybg',
  'grim',
  'slurp',
  'wl-copy',
  'wtype',
  'dnd-between-windows',
  'key-repeat',
];

/** Milliseconds until a program that hangs is given up: more than the runner itself waits. */
const TIMEOUT = 120_000;

const programs = SELECTION.map(name => catalogue.find(program => program.name === name)!);

describe('an unmodified program', () => {
  for (const program of programs) {
    const why = hindrance(program);
    it.skipIf(why !== null)(
      `${program.name} ${why ?? 'draws, reacts and ends'}`,
      { timeout: TIMEOUT },
      async () => {
        const outcome = await runProgram(program, { seconds: 1 });
        expect(outcome).toMatchObject({ verdict: 'ok' });
      },
    );
  }
});
