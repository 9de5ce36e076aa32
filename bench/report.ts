import { cpus, release, totalmem } from 'node:os';
import type { Figure } from './figure.ts';

export interface Measured {
  readonly title: string;
  readonly how: string;
  readonly figures: readonly Figure[];
}

const number = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString('en-US') : Number(value.toPrecision(3)).toString();

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function table(figures: readonly Figure[]): string {
  const lines = [
    row(['figure', 'median', 'unit', 'ratio', 'to']),
    row(['---', '---:', '---', '---:', '---']),
  ];
  for (const { name, value, unit, ratio, base } of figures)
    lines.push(row([name, number(value), unit, ratio === undefined ? '' : ratio.toFixed(2), base ?? '']));
  return lines.join('\n');
}

/** The machine that measured, in a line. */
function machineLine(): string {
  const processors = cpus();
  return `${processors.length} x ${processors[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release().replace(/-.*/, '')}, Node ${process.versions.node}`;
}

/** The whole of `docs/performance.md`. */
export function performancePage(sections: readonly Measured[], date: Date): string {
  return [
    '# Performance',
    '',
    'Written by `npm run bench`. Medians; machines differ and are noisy, so read the ratios: each is to a base measured in the same run.',
    '',
    `- date: ${date.toISOString().slice(0, 10)}`,
    `- machine: ${machineLine()}`,
    '',
    ...sections.flatMap(({ title, how, figures }) => [`## ${title}`, '', how, '', table(figures), '']),
  ].join('\n');
}
