import { binaries } from './binaries.ts';
import type { Binary } from './binary.ts';
import { catalogue, fullName, type Listing } from './catalogue.ts';
import { runSubtest } from './run.ts';
import type { SystemOptions } from './system.ts';

/** How much of a binary of the suite has tests of ours. */
export interface IgtCoverage {
  readonly binary: string;
  /** How many names it has. */
  readonly subtests: number;
  /** How many of them have a test of ours. */
  readonly covered: number;
  /** Those without, each with the reason. */
  readonly left: readonly { readonly subtest: string; readonly reason: string }[];
}

/** Coverage, and what came of running the tests just now. */
export interface IgtReport extends IgtCoverage {
  readonly passing: number;
  /** Tests that failed, each with what was wrong. */
  readonly failing: readonly { readonly subtest: string; readonly complaint: string }[];
}

const namesOf = ({ asIs = [], adapted = [], skipped = [] }: Listing): string[] => [
  ...asIs,
  ...adapted,
  ...skipped,
];

const testsOf = ({ binary }: Listing): Binary =>
  binaries.find(({ name }) => name === binary) ?? { name: binary, subtests: {} };

function coverageOf(listing: Listing): IgtCoverage {
  const { binary, left = {} } = listing;
  const names = namesOf(listing);
  const tests = testsOf(listing);
  const without = names.filter(name => !tests.subtests[name]);
  return {
    binary,
    subtests: names.length,
    covered: names.length - without.length,
    left: without.map(name => ({
      subtest: fullName(binary, name),
      reason: left[name] ?? 'No reason is given.',
    })),
  };
}

function reportOf(listing: Listing, options: SystemOptions): IgtReport {
  const tests = testsOf(listing);
  const covered = namesOf(listing).filter(name => tests.subtests[name]);
  const failing = covered.flatMap(name => {
    try {
      runSubtest(tests, name, options);
      return [];
    } catch (error) {
      return [{ subtest: fullName(listing.binary, name), complaint: String(error) }];
    }
  });
  return { ...coverageOf(listing), passing: covered.length - failing.length, failing };
}

/** Runs every test of ours, on a kernel that behaves as the one asked for, and counts. */
export const igtReports = (options: SystemOptions = {}): IgtReport[] =>
  catalogue.map(listing => reportOf(listing, options));

function total(reports: readonly IgtCoverage[], of: 'subtests' | 'covered'): number {
  return reports.reduce((sum, one) => sum + one[of], 0);
}

/** The table for people, and what failed. */
export function igtTable(reports: readonly IgtReport[]): string {
  const row = (name: string, ...cells: (string | number)[]) =>
    name.padEnd(24) + cells.map(cell => String(cell).padStart(10)).join('');
  const passing = reports.reduce((sum, one) => sum + one.passing, 0);
  return [
    row('binary', 'subtests', 'covered', 'passing'),
    ...reports.map(one => row(one.binary, one.subtests, one.covered, one.passing)),
    row('all', total(reports, 'subtests'), total(reports, 'covered'), passing),
    ...reports.flatMap(({ failing }) =>
      failing.map(({ subtest, complaint }) => `\n${subtest}\n  ${complaint}`),
    ),
  ].join('\n');
}

/** What the page on conformance says of the suite, in lines. */
export function igtSection(): string[] {
  const coverage = catalogue.map(coverageOf);
  return [
    '## IGT',
    '',
    "The kernel's graphics test suite ([IGT](https://gitlab.freedesktop.org/drm/igt-gpu-tools)) asks for more than was recorded. Its",
    'subtests about fences, sync objects, buffers and files each have a test of our own here that asserts the same and is named',
    'after it (`test/igt/`). They run in virtual time, one machine each, and leave it as they found it. `npm run conformance` runs',
    'them and prints how many pass.',
    '',
    '| binary | subtests | covered |',
    '| --- | ---: | ---: |',
    ...coverage.map(({ binary, subtests, covered }) => `| ${binary} | ${subtests} | ${covered} |`),
    `| all | ${total(coverage, 'subtests')} | ${total(coverage, 'covered')} |`,
    '',
    'Not covered:',
    '',
    ...coverage.flatMap(({ left }) => left.map(({ subtest, reason }) => `- \`${subtest}\`: ${reason}`)),
  ];
}
