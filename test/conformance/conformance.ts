import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KernelVersion } from '../../compositor/kernel/behaviour.ts';
import type { Area } from './areas/index.ts';
import { type ComparedCase, compare } from './compare.ts';
import { type Deviation, deviations, MOST_DEVIATIONS } from './deviations.ts';
import { type Line, parseLines } from './line.ts';
import { Probe } from './probe.ts';
import { createSystem, type System, type SystemOptions } from './system.ts';

export interface AreaReport {
  readonly area: string;
  readonly kernel: KernelVersion;
  readonly cases: number;
  readonly passing: number;
  /** Cases that differ, and may. */
  readonly deviating: readonly { readonly deviation: Deviation; readonly compared: ComparedCase }[];
  /** Cases that differ, and may not. */
  readonly failing: readonly ComparedCase[];
  /** What is wrong with the table of deviations. */
  readonly complaints: readonly string[];
}

/** The recording of an area; `root` is the repository. */
function readRecording(root: string, area: string, kernel: KernelVersion): Line[] {
  return parseLines(readFileSync(join(root, 'test/oracle', `linux-${kernel}`, `${area}.jsonl`), 'utf8'));
}

/** Makes the calls of an area. */
export function answer(area: Area, kernel: KernelVersion, options?: SystemOptions): Line[] {
  const system = createSystem(kernel, options);
  try {
    return answerOn(system, area);
  } finally {
    system[Symbol.dispose]();
  }
}

/** Makes the calls of an area on a machine that the caller has started. */
export function answerOn(system: System, area: Area): Line[] {
  const probe = new Probe(system);
  area.run(probe);
  return probe.lines;
}

/** Makes the calls of an area and compares the answers with the recording. */
export function conform(root: string, area: Area, kernel: KernelVersion): AreaReport {
  const compared = compare(readRecording(root, area.name, kernel), answer(area, kernel));
  const allowed = new Map(
    deviations
      .filter(({ area: name, kernel: only }) => name === area.name && (only ?? kernel) === kernel)
      .flatMap(deviation => deviation.cases.map(name => [name, deviation] as const)),
  );
  const differing = compared.filter(({ differences }) => differences.length > 0);
  const deviating = differing.flatMap(one => {
    const deviation = allowed.get(one.case);
    return deviation ? [{ deviation, compared: one }] : [];
  });
  return {
    area: area.name,
    kernel,
    cases: compared.length,
    passing: compared.length - differing.length,
    deviating,
    failing: differing.filter(one => !allowed.has(one.case)),
    complaints: [
      ...[...allowed.keys()]
        .filter(name => !differing.some(one => one.case === name))
        .map(name => `${name} is listed as a deviation and does not deviate`),
      ...(deviating.length > compared.length * MOST_DEVIATIONS
        ? [`${deviating.length} of ${compared.length} cases deviate, more than ${MOST_DEVIATIONS * 100} %`]
        : []),
    ],
  };
}

/** The differences as text, for people. */
export function explain(report: AreaReport): string {
  const cases = report.failing.flatMap(({ case: name, call, differences }) => [
    `${name}: ${call}`,
    ...differences.map(
      ({ path, recorded, answered }) =>
        `  ${path}: Linux ${report.kernel} ${JSON.stringify(recorded)}, the model ${JSON.stringify(answered)}`,
    ),
  ]);
  return [...cases, ...report.complaints].join('\n');
}
