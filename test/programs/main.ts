// `npm run programs`: real programs, one after the other, on a compositor of this process.
import { mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { catalogue } from './catalogue.ts';
import type { Outcome, Program } from './program.ts';
import { hindrance, runProgram } from './run-program.ts';
import { soak } from './soak.ts';
import { guests, residents } from './soak-cast.ts';

interface Options {
  readonly list?: boolean;
  readonly seconds: number;
  readonly out: string;
  readonly soak?: number;
  readonly seed: number;
}

const whole =
  (what: string, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!(Number.isInteger(value) && value >= 1 && value <= most))
      throw new InvalidArgumentError(`${what} from 1 to ${most} is expected`);
    return value;
  };

const seconds = (text: string): number => {
  const value = Number(text);
  if (!(value > 0 && value <= 3600))
    throw new InvalidArgumentError('a number of seconds up to 3600 is expected');
  return value;
};

const columns = [
  ['program', 26],
  ['verdict', 14],
  ['frames', 8],
  ['shown', 7],
  ['rate', 10],
] as const;

const row = (cells: readonly string[]): string =>
  cells.map((cell, at) => (columns[at] ? cell.padEnd(columns[at][1]) : cell)).join('');

const line = ({ program, verdict, commits, shown, rate, words, screenshot }: Outcome): string =>
  row([
    program.name,
    verdict,
    rate === null ? '-' : String(commits),
    rate === null ? '-' : String(shown),
    rate === null ? '-' : `${rate.toFixed(1)}/s`,
    `${words}${screenshot ? `   ${screenshot}` : ''}`,
  ]);

function chosen(names: readonly string[]): readonly Program[] {
  if (names.length === 0) return catalogue;
  const programs = catalogue.filter(({ name }) =>
    names.some(word => name === word || name.startsWith(`${word}-`)),
  );
  if (programs.length > 0) return programs;
  console.error(`no program is called ${names.join(' or ')}; --list shows what there is`);
  process.exit(1);
}

function list(): void {
  for (const program of catalogue) {
    console.log(`${program.name.padEnd(26)}${program.command.join(' ')}
  ${hindrance(program) ?? 'can be run'}`);
  }
}

/** All at once, for as long as that. */
async function endure(minutes: number, seed: number): Promise<never> {
  const cast = { residents: residents(), guests: guests() };
  const names = (programs: readonly Program[]): string => programs.map(({ name }) => name).join(', ');
  console.log(
    `${minutes} minutes with ${names(cast.residents)}; guests: ${names(cast.guests)}; seed ${seed}`,
  );
  const wrong = await soak({ minutes, seed, ...cast, say: line => console.log(line) });
  console.log(wrong.length === 0 ? 'all was well' : `${wrong.length} things were wrong`);
  process.exit(wrong.length === 0 ? 0 : 1);
}

async function main(names: readonly string[], options: Options): Promise<void> {
  if (options.list) return list();
  if (options.soak !== undefined) return endure(options.soak, options.seed);
  const directory = resolve(options.out);
  mkdirSync(directory, { recursive: true });
  const programs = chosen(names);
  console.log(
    `${programs.length} programs, ${options.seconds} s each, on ${cpus().length} cores; pictures in ${directory}\n`,
  );
  console.log(row([...columns.map(([name]) => name), 'what was seen']));
  const outcomes: Outcome[] = [];
  for (const program of programs) {
    const outcome = await runProgram(program, { seconds: options.seconds, directory });
    outcomes.push(outcome);
    console.log(line(outcome));
  }
  const count = (verdict: Outcome['verdict']): number =>
    outcomes.filter(outcome => outcome.verdict === verdict).length;
  console.log(`\n${count('ok')} ok, ${count('failed')} failed, ${count('left out')} left out`);
  process.exit(count('failed') > 0 ? 1 : 0);
}

await new Command('npm run programs --')
  .description('runs the Wayland programs that are installed, each alone, headless, and says how each fared')
  .argument('[names...]', 'only these')
  .option('--list', 'what there is to run, and what is installed')
  .option('--seconds <n>', 'how long the frames of each are counted', seconds, 3)
  .option('--out <folder>', 'where the pictures go', 'test/output/programs')
  .option('--soak <minutes>', 'many programs at once instead, under random input', whole('minutes', 1440))
  .option('--seed <n>', 'what the random input follows from', whole('a number', 0xffff_ffff), 1)
  .action(main)
  .parseAsync();
