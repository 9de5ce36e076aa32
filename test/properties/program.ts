import fc from 'fast-check';
import { calls } from './calls.ts';
import { World, type WorldOptions } from './world.ts';

export interface Step {
  readonly name: string;
  readonly task: number;
  /** One for each argument: what it picks depends on what there is. */
  readonly picks: readonly number[];
}

/** The calls of a program that has run, as they were made. */
interface Made {
  readonly name: string;
  readonly args: readonly number[];
  readonly answer: unknown;
}

/** Makes the world that a program runs in. */
export type Begin = (options: WorldOptions) => World;
const ordinary: Begin = options => new World(options);

/** Calls of several processes in a world. Prints as a script that makes the same calls. */
export class Program {
  readonly #steps: readonly Step[];
  readonly #options: WorldOptions;
  readonly #begin: Begin;

  constructor(steps: readonly Step[], options: WorldOptions, begin: Begin = ordinary) {
    this.#steps = steps;
    this.#options = options;
    this.#begin = begin;
  }

  /** Throws when a rule is broken. */
  run(host: WorldOptions['host'] = null): void {
    this.#run({ ...this.#options, host }, () => {});
  }

  /** A test that can be pasted beside those of this folder. */
  toString(): string {
    const made: Made[] = [];
    let broken = '';
    try {
      this.#run(this.#options, each => made.push(each));
    } catch (error) {
      broken = error instanceof Error ? error.message : String(error);
    }
    const rule = broken === '' ? [] : broken.split('\n').map(line => `  // ${line}`);
    return [
      '',
      `it('holds the rules', () => {`,
      `  const world = new World(${JSON.stringify(this.#options)});`,
      ...made.map(lineOf),
      '  world.end();',
      ...rule,
      '});',
      '',
    ].join('\n');
  }

  [fc.toStringMethod](): string {
    return this.toString();
  }

  #run(options: WorldOptions, made: (call: Made) => void): void {
    const world = this.#begin(options);
    for (const { name, task, picks } of this.#steps) {
      const args: number[] = [];
      for (const [at, choose] of calls[name]!.choices.entries())
        args.push(choose(world, task, args, picks[at]!));
      const call = { name, args: [task, ...args] };
      let answer: unknown = 'breaks a rule';
      try {
        answer = world.run(name, task, ...args);
      } finally {
        made({ ...call, answer });
      }
    }
    world.end();
  }
}

function lineOf({ name, args, answer }: Made): string {
  const text =
    answer === undefined ? '' : ` // ${Array.isArray(answer) ? answer.join(', ') : String(answer)}`;
  return `  world.run('${name}', ${args.join(', ')});${text}`;
}

const PICKS = 6;

const step: fc.Arbitrary<Step> = fc.record({
  name: fc.oneof(
    ...Object.entries(calls).map(([name, { seldom }]) => ({
      weight: seldom ? 1 : 8,
      arbitrary: fc.constant(name),
    })),
  ),
  task: fc.nat({ max: 2 }),
  picks: fc.array(fc.nat({ max: 255 }), { minLength: PICKS, maxLength: PICKS }),
});

/** Programs of up to `length` calls. */
export function programs(length: number, failures: boolean, begin?: Begin): fc.Arbitrary<Program> {
  const steps = fc.array(step, { maxLength: length, size: 'max' });
  const options = fc.record({
    seed: fc.nat({ max: 1000 }),
    failures: fc.constant(failures),
    abrupt: fc.boolean(),
    behaves: fc.constantFrom('7.2' as const, '6.12' as const),
  });
  return fc.tuple(steps, options).map(([steps, options]) => new Program(steps, options, begin));
}
