// `npm run wlcs`: the Wayland Conformance Suite of Mir, against a compositor of this process.
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { reasonOf } from './deviations.ts';
import { hindrance, type Outcome, runSuite, type Verdict } from './suite.ts';

const source = fileURLToPath(new URL('../../../test/wlcs/shim.c', import.meta.url));

const SIGNS: Readonly<Record<Verdict, string>> = { passed: 'ok', failed: 'FAILED', skipped: 'skipped' };

function print({ name, verdict, words }: Outcome, quiet: boolean): void {
  if (quiet && verdict === 'passed') return;
  console.log(`${SIGNS[verdict].padEnd(8)}${name}`);
  if (verdict !== 'failed') return;
  for (const word of words) console.log(`        ${word}`);
  const reason = reasonOf(name);
  if (reason !== null) console.log(`        known: ${reason}`);
}

async function main(filter: string, { quiet = false }: { quiet?: boolean }): Promise<void> {
  const why = hindrance();
  if (why !== null) {
    console.error(`wlcs cannot be run here: ${why}`);
    process.exit(1);
  }
  const outcomes = await runSuite({ source, filter, told: outcome => print(outcome, quiet) });
  const count = (verdict: Verdict) => outcomes.filter(outcome => outcome.verdict === verdict).length;
  const unknown = outcomes.filter(({ name, verdict }) => verdict === 'failed' && reasonOf(name) === null);
  console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
  if (unknown.length > 0)
    console.log(`failed without a reason: ${unknown.map(({ name }) => name).join(' ')}`);
  process.exit(unknown.length > 0 || outcomes.length === 0 ? 1 : 0);
}

await new Command('wlcs')
  .description('runs the Wayland Conformance Suite (Debian: wlcs), each test with a compositor of its own')
  .argument('[filter]', "which tests: GoogleTest's patterns, such as 'XdgPopup*:*Subsurface*'", '*')
  .option('-q, --quiet', 'do not print those that pass')
  .action(main)
  .parseAsync();
