import { binaries } from './binaries.ts';
import { catalogue, fullName, type Listing } from './catalogue.ts';
import { runSubtest } from './run.ts';

/** How a binary of the suite fares. */
export interface IgtReport {
  readonly binary: string;
  /** All names that it has. */
  readonly subtests: number;
  /** Those that have a test of ours. */
  readonly covered: number;
  /** Those whose test was run just now and passed. */
  readonly passing: number;
  /** Names without a test, each with the reason. */
  readonly left: readonly { readonly subtest: string; readonly reason: string }[];
  /** Tests that failed, each with what was wrong. */
  readonly failing: readonly { readonly subtest: string; readonly complaint: string }[];
}

const SKIPPED = 'It is about hardware, modules or files that are not modelled.';

/** Runs every test of ours and counts. */
export const igtReports = (): IgtReport[] => catalogue.map(report);

function report(listing: Listing): IgtReport {
  const { binary, asIs = [], adapted = [], skipped = [] } = listing;
  const tests = binaries.find(({ name }) => name === binary);
  const all = [...asIs, ...adapted, ...skipped];
  const covered = all.filter(name => tests?.subtests[name]);
  const failing = covered.flatMap(name => {
    try {
      runSubtest(tests!, name);
      return [];
    } catch (error) {
      return [{ subtest: fullName(binary, name), complaint: String(error) }];
    }
  });
  const left = all
    .filter(name => !tests?.subtests[name])
    .map(name => ({ subtest: fullName(binary, name), reason: listing.left?.[name] ?? SKIPPED }));
  return {
    binary,
    subtests: all.length,
    covered: covered.length,
    passing: covered.length - failing.length,
    left,
    failing,
  };
}

/** The table for people. */
export function igtTable(reports: readonly IgtReport[]): string {
  const row = (name: string, ...cells: (string | number)[]) =>
    name.padEnd(24) + cells.map(cell => String(cell).padStart(10)).join('');
  const total = (of: (one: IgtReport) => number) => reports.reduce((sum, one) => sum + of(one), 0);
  return [
    row('binary', 'subtests', 'covered', 'passing'),
    ...reports.map(({ binary, subtests, covered, passing }) => row(binary, subtests, covered, passing)),
    row(
      'all',
      total(one => one.subtests),
      total(one => one.covered),
      total(one => one.passing),
    ),
    ...reports.flatMap(({ failing }) =>
      failing.map(({ subtest, complaint }) => `\n${subtest}\n  ${complaint}`),
    ),
  ].join('\n');
}
