import type { AreaReport } from './conformance.ts';

/** `docs/conformance.md`: how the model compares with real kernels, and each deviation with its reason. */
export function conformancePage(reports: readonly AreaReport[]): string {
  const deviating = reports.flatMap(report => report.deviating.map(one => ({ ...one, report })));
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
    ...deviating.map(
      ({ deviation, compared, report }) =>
        `- \`${compared.case}\` (Linux ${report.kernel}): ${compared.call}. Not modelled: ${deviation.subsystem}. ${deviation.reason}`,
    ),
    ...(failing.length === 0
      ? []
      : [
          '',
          '## Failing',
          '',
          ...failing.map(({ one, report }) => `- \`${one.case}\` (Linux ${report.kernel})`),
        ]),
  ].join('\n')}\n`;
}
