import type { CompositorStatistics } from '../compositor.ts';
import type { DurationStatistics } from '../output/statistics.ts';

/** The counts at one moment; a line shows what came since the moment before. */
export interface Status extends Omit<CompositorStatistics, 'outputs'> {
  /** Real descriptors of this process. */
  readonly hostDescriptors: number;
}

const milliseconds = (value: number | null): string => value?.toFixed(1) ?? '-';
const durations = ({ median, p99 }: DurationStatistics): string =>
  `${milliseconds(median)}/${milliseconds(p99)} ms`;

/** One line about the last second. Durations are median and 99th percentile of the recent frames. */
export function statusLine(now: Status, before: Status | null): string {
  const since = (read: (status: Status) => number) => read(now) - (before ? read(before) : 0);
  return [
    `composited ${since(status => status.composited)}`,
    `scanned out ${since(status => status.scannedOut)}`,
    `missed ${since(status => status.missedVblanks)}`,
    `commit-flip ${durations(now.commitToFlip)}`,
    `commit-release ${durations(now.commitToRelease)}`,
    `clients ${now.clients}`,
    `planes ${now.planesInUse}`,
    `fds ${now.hostDescriptors}+${now.openDescriptors}`,
  ].join(' | ');
}
