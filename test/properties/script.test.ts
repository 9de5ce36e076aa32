import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Program, programs, type Step } from './program.ts';
import { World } from './world.ts';

const step = (name: string, ...picks: number[]): Step => ({ name, task: 0, picks });

describe('a program', () => {
  it('prints as a script of its calls, with what each of them gave', () => {
    const program = new Program(
      [step('vgemAttach', 0, 0, 1), step('exportSyncFile', 1, 2), step('poll', 11, 0), step('close', 11)],
      { seed: 3, failures: true },
    );
    expect(String(program)).toBe(`
it('holds the rules', () => {
  const world = new World({"seed":3,"failures":true});
  world.run('vgemAttach', 0, 1, 1, 1); // 1
  world.run('exportSyncFile', 0, 7, 2); // 11
  world.run('poll', 0, 11, 1); // 0
  world.run('close', 0, 11);
  world.end();
});
`);
  });

  it('makes the same calls when the script is run', () => {
    const world = new World({ seed: 3, failures: true });
    expect(world.run('vgemAttach', 0, 1, 1, 1)).toBe(1);
    expect(world.run('exportSyncFile', 0, 7, 2)).toBe(11);
    expect(world.run('poll', 0, 11, 1)).toBe(0);
    expect(world.run('close', 0, 11)).toBe(undefined);
    world.end();
  });

  it('that breaks a rule shrinks to the calls that matter, and says which rule it is', () => {
    // A reference that nobody gives back.
    class Leaking extends World {
      override run(name: string, at: number, ...args: number[]): unknown {
        const answer = super.run(name, at, ...args);
        if (name === 'dup' && typeof answer === 'number') this.task(at).files.get(answer).get();
        return answer;
      }
    }
    const leaking = programs(20, false, options => new Leaking(options));
    const { counterexample, failed } = fc.check(
      fc.property(leaking, program => program.run()),
      { seed: 1, numRuns: 50 },
    );
    expect(failed).toBe(true);
    const lines = String(counterexample![0]).split('\n');
    expect(lines.filter(line => line.includes('world.run('))).toEqual([expect.stringContaining("'dup'")]);
    expect(String(counterexample![0])).toContain('has 3 references; 2 are accounted for');
  });
});
