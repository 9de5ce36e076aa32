import { igtSection } from '../igt/summary.ts';
import { wlcsSection } from '../wlcs/page.ts';
import type { AreaReport } from './conformance.ts';
import type { Deviation } from './deviations.ts';

/** `docs/conformance.md`: how the model compares with real kernels, and each deviation with its reason. */
export function conformancePage(reports: readonly AreaReport[]): string {
  const deviating = deviatingCases(reports);
  const failing = reports.flatMap(report => report.failing.map(one => ({ one, report })));
  return `${[
    '# Conformance',
    '',
    'Written by `npm run conformance`. Real kernels, Linux 7.2 and 6.12, were asked by probe programs, and every answer was',
    'recorded (`test/oracle/README.md`). The same programs, ported to the calls of a `Task`, ask the model',
    '(`test/conformance/areas/`), and the answers are compared line by line: return value, errno, and the state seen after',
    "the call. No answer is looked up. `new Kernel({ machine, behaves: '6.12' })` answers as the older kernel did; where the",
    'two differ is said in `compositor/kernel/behaviour.ts`.',
    '',
    '| kernel | area | cases | passing | deviations |',
    '| --- | --- | ---: | ---: | ---: |',
    ...reports.map(
      ({ kernel, area, cases, passing, deviating: { length } }) =>
        `| Linux ${kernel} | ${area} | ${cases} | ${passing} | ${length} |`,
    ),
    '',
    '## Deviations',
    '',
    ...(deviating.length === 0 ? ['None.'] : []),
    ...deviating.flatMap(({ deviation, cases }) => [
      `- **${deviation.subsystem}** (${deviation.area}): ${deviation.reason}`,
      ...cases,
    ]),
    ...(failing.length === 0
      ? []
      : [
          '',
          '## Failing',
          '',
          ...failing.map(({ one, report }) => `- \`${one.case}\` (Linux ${report.kernel})`),
        ]),
    '',
    ...igtSection(),
    '',
    ...wlcsSection(),
  ].join('\n')}\n`;
}

/** Each deviation with the cases that it stands for, and the kernels. */
function deviatingCases(reports: readonly AreaReport[]): { deviation: Deviation; cases: string[] }[] {
  const kernels = new Map<Deviation, Map<string, string[]>>();
  for (const { deviating, kernel } of reports)
    for (const { deviation, compared } of deviating) {
      const cases = kernels.get(deviation) ?? new Map<string, string[]>();
      kernels.set(deviation, cases);
      const line = `\`${compared.case}\`: ${compared.call}`;
      cases.set(line, [...(cases.get(line) ?? []), kernel]);
    }
  return [...kernels].map(([deviation, cases]) => ({
    deviation,
    cases: [...cases].map(([line, versions]) => `  - ${line} (Linux ${versions.join(', ')})`),
  }));
}
