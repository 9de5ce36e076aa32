// `npm run bench [-- SECTION ...]`: measures, prints, and writes docs/performance.md when every section was measured.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { withRatios } from './figure.ts';
import { type Measured, performancePage } from './report.ts';
import { sections } from './sections.ts';

const page = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));
const wanted = process.argv.slice(2);
const unknown = wanted.filter(name => !(name in sections));
if (unknown.length > 0) {
  console.error(`no section ${unknown.join(', ')}; there are ${Object.keys(sections).join(', ')}`);
  process.exit(2);
}

const measured: Measured[] = [];
for (const [name, section] of Object.entries(sections)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n${section.title}`);
  const figures = withRatios(await section.measure());
  for (const { name, value, unit, ratio, base } of figures) {
    const compared = ratio === undefined ? '' : `  (${ratio.toFixed(2)} times ${base})`;
    console.log(`  ${name.padEnd(44)} ${value.toPrecision(4).padStart(12)} ${unit}${compared}`);
  }
  measured.push({ title: section.title, how: section.how, figures });
}

if (wanted.length === 0) {
  writeFileSync(page, performancePage(measured, new Date()));
  console.log(`\nwrote ${page}`);
}
process.exit(0);
