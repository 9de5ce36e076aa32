import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { KernelVersion } from '../../compositor/kernel/behaviour.ts';
import { igtReports, igtTable } from '../igt/summary.ts';
import { areas } from './areas/index.ts';
import { type AreaReport, conform, explain } from './conformance.ts';
import { conformancePage } from './page.ts';

/** Stands for the tests named after those of IGT where areas are chosen. */
const IGT = 'igt';
const KERNELS: readonly KernelVersion[] = ['7.2', '6.12'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    behaves: { type: 'string' },
    'no-page': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) {
  console.log(
    'npm run conformance -- [AREA...] [--behaves 7.2|6.12] [--json] [--no-page]\n' +
      'Asks the model what real kernels were asked and compares the answers, and runs the tests named after those of\n' +
      "the kernel's graphics test suite (AREA igt). Without AREA and --behaves, all, and docs/conformance.md is written.\n" +
      'Ends with 1 if a case differs that may not, or a test fails.',
  );
  process.exit(0);
}

const kernels = values.behaves ? KERNELS.filter(kernel => kernel === values.behaves) : KERNELS;
const chosen = positionals.length > 0 ? areas.filter(({ name }) => positionals.includes(name)) : areas;
const withIgt = positionals.length === 0 || positionals.includes(IGT);
const unknown = positionals.filter(name => name !== IGT && !areas.some(area => area.name === name));
if (kernels.length === 0 || unknown.length > 0) {
  const names = [...areas.map(({ name }) => name), IGT];
  console.error(`kernels are ${KERNELS.join(', ')}; areas are ${names.join(', ')}`);
  process.exit(2);
}

const root = process.cwd();
const reports = kernels.flatMap(kernel => chosen.map(area => conform(root, area, kernel)));
const igt = withIgt ? igtReports({ behaves: kernels[0]! }) : [];
if (values.json) console.log(JSON.stringify([...reports.map(summary), ...igt], null, 2));
else {
  if (reports.length > 0) printTable(reports);
  if (withIgt) console.log(`\n${igtTable(igt)}`);
}
const wrong = reports.filter(({ failing, complaints }) => failing.length + complaints.length > 0);
if (!values.json)
  for (const report of wrong) console.log(`\n${report.area}, Linux ${report.kernel}\n${explain(report)}`);
const all = kernels.length === KERNELS.length && chosen.length === areas.length;
if (all && !values['no-page']) writeFileSync(join(root, 'docs/conformance.md'), conformancePage(reports));
process.exit(wrong.length > 0 || igt.some(({ failing }) => failing.length > 0) ? 1 : 0);

function summary(report: AreaReport) {
  return {
    area: report.area,
    kernel: report.kernel,
    cases: report.cases,
    passing: report.passing,
    deviations: report.deviating.map(({ deviation, compared }) => ({
      case: compared.case,
      subsystem: deviation.subsystem,
      reason: deviation.reason,
    })),
    failing: report.failing,
    complaints: report.complaints,
  };
}

function printTable(rows: readonly AreaReport[]): void {
  console.log('kernel  area       cases  passing  deviations  failing');
  for (const { kernel, area, cases, passing, deviating, failing } of rows)
    console.log(
      kernel.padEnd(8) +
        area.padEnd(9) +
        String(cases).padStart(7) +
        String(passing).padStart(9) +
        String(deviating.length).padStart(12) +
        String(failing.length).padStart(9),
    );
}
