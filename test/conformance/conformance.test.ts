import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { KernelVersion } from '../../compositor/kernel/behaviour.ts';
import { openHostFiles } from '../../compositor/machine/host-files.ts';
import { SECOND } from '../../compositor/machine/machine.ts';
import { type Area, areas } from './areas/index.ts';
import { compare } from './compare.ts';
import { type AreaReport, answer, answerOn, conform, explain } from './conformance.ts';
import { conformancePage } from './page.ts';
import { createSystem } from './system.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const kernels = ['7.2', '6.12'] as const;
const reports = new Map<string, AreaReport>();

function reportOf(area: Area, kernel: KernelVersion): AreaReport {
  const key = `${area.name} ${kernel}`;
  const report = reports.get(key) ?? conform(root, area, kernel);
  reports.set(key, report);
  return report;
}

describe.each(kernels)('a kernel that behaves as Linux %s', kernel => {
  it.each(areas)('answers every call of $name as recorded', area => {
    expect(explain(reportOf(area, kernel))).toBe('');
  });
});

describe.each(areas)('the calls of $name', area => {
  it('have the same answers in whatever order the machine runs what is ready', () => {
    const inOrder = answer(area, '7.2');
    for (const seed of [1, 2]) expect(answer(area, '7.2', { order: 'random', seed })).toEqual(inOrder);
  });

  it('leave an empty kernel behind when their process has ended', () => {
    const system = createSystem('7.2');
    const { kernel, machine, task } = system;
    answerOn(system, area);
    task.exit();
    // Fences that nobody is there to signal any more expire.
    machine.advance(20n * SECOND);
    const left = { memory: kernel.memory.used, buffers: kernel.dmaBufs.size, threads: kernel.threads.size };
    expect(left).toEqual({ memory: 0, buffers: 0, threads: 0 });
    expect(machine.nextTimer).toBeNull();
    system[Symbol.dispose]();
  });
});

/** What cannot be done on the host: to keep a page that the file has lost. */
const OF_THE_HOST = ['udmabuf.punch.hole', 'udmabuf.punch.rewrite'];

describe.each(areas)('the calls of $name on memory of the host', area => {
  const host = openHostFiles();

  it('have the answers that they have on memory of the kernel', () => {
    const compared = compare(answer(area, '7.2'), answer(area, '7.2', { host }));
    const differing = compared.filter(({ differences }) => differences.length > 0);
    // Where the host cannot map files, all memory is the kernel's.
    const expected = host?.canMap ? OF_THE_HOST.filter(name => name.startsWith(`${area.name}.`)) : [];
    expect(differing.map(({ case: name }) => name)).toEqual(expected);
  });
});

it('is written down in docs/conformance.md (npm run conformance)', () => {
  const all = kernels.flatMap(kernel => areas.map(area => reportOf(area, kernel)));
  expect(readFileSync(join(root, 'docs/conformance.md'), 'utf8')).toBe(conformancePage(all));
});
