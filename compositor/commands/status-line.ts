/** Counts at one moment; the line shows what came since the one before. */
export interface Status {
  readonly composited: number;
  readonly scannedOut: number;
  readonly missedVblanks: number;
  /** Nanoseconds over the recent frames; null while there are none. */
  readonly commitToFlip: Spread | null;
  readonly commitToRelease: Spread | null;
  readonly clients: number;
  /** Planes that show something, of all outputs. */
  readonly planes: number;
  /** Descriptors of this process, the host's and the model's. */
  readonly descriptors: { readonly host: number; readonly kernel: number };
}

export interface Spread {
  readonly median: number;
  readonly p99: number;
}

const milliseconds = (nanoseconds: number): string => (nanoseconds / 1e6).toFixed(1);
const spread = (value: Spread | null): string =>
  value ? `${milliseconds(value.median)}/${milliseconds(value.p99)} ms` : '-';

/** One line about the last second. */
export function statusLine(now: Status, before: Status | null): string {
  const since = (read: (status: Status) => number) => read(now) - (before ? read(before) : 0);
  return [
    `composited ${since(status => status.composited)}`,
    `scanned out ${since(status => status.scannedOut)}`,
    `missed ${since(status => status.missedVblanks)}`,
    `commit-flip ${spread(now.commitToFlip)}`,
    `commit-release ${spread(now.commitToRelease)}`,
    `clients ${now.clients}`,
    `planes ${now.planes}`,
    `fds ${now.descriptors.host}+${now.descriptors.kernel}`,
  ].join(' | ');
}
