import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { KernelVersion } from '../../compositor/kernel/behaviour.ts';
import { areas } from './areas/index.ts';
import { type AreaReport, conform, explain } from './conformance.ts';
import { conformancePage } from './page.ts';

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
      'Asks the model what real kernels were asked and compares the answers. Without AREA and --behaves, all, and\n' +
      'docs/conformance.md is written. Ends with 1 if a case differs that may not.',
  );
  process.exit(0);
}

const kernels = values.behaves ? KERNELS.filter(kernel => kernel === values.behaves) : KERNELS;
const chosen = positionals.length > 0 ? areas.filter(({ name }) => positionals.includes(name)) : areas;
if (kernels.length === 0 || chosen.length < positionals.length) {
  console.error(`kernels are ${KERNELS.join(', ')}; areas are ${areas.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

const root = process.cwd();
const reports = kernels.flatMap(kernel => chosen.map(area => conform(root, area, kernel)));
if (values.json) console.log(JSON.stringify(reports.map(summary), null, 2));
else printTable(reports);
const wrong = reports.filter(({ failing, complaints }) => failing.length + complaints.length > 0);
if (!values.json)
  for (const report of wrong) console.log(`\n${report.area}, Linux ${report.kernel}\n${explain(report)}`);
const all = kernels.length === KERNELS.length && chosen.length === areas.length;
if (all && !values['no-page']) writeFileSync(join(root, 'docs/conformance.md'), conformancePage(reports));
process.exit(wrong.length > 0 ? 1 : 0);

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
