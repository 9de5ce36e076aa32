// What an output did, as a value.
import type { Samples } from '../observe/counters.ts';

/** Why a frame was shown later than it was meant to be. */
export type MissReason =
  /** The client's commit came after the deadline. */
  | 'late client'
  /** The pixels were not there in time. */
  | 'late render'
  /** The compositor's own turn came too late. */
  | 'late commit'
  /** Everything was in time, the display was not. */
  | 'device';

export type Misses = Record<MissReason, number>;

export const noMisses = (): Misses => ({ 'late client': 0, 'late render': 0, 'late commit': 0, device: 0 });

/** In milliseconds; null without samples. */
export interface DurationStatistics {
  readonly median: number | null;
  readonly p99: number | null;
}

/** Counts since the start. */
export interface OutputStatistics {
  readonly name: string;
  /** Frames shown, of whatever making. */
  readonly frames: number;
  readonly composited: number;
  readonly scannedOut: number;
  /** Refreshes by which frames were later than they could have been: of a late client, those after the first. */
  readonly missedVblanks: number;
  readonly misses: Readonly<Misses>;
  /** Planes that show something now. */
  readonly planesInUse: number;
  /** What the repaint state machine is doing. */
  readonly state: string;
}

export interface DisplayStatistics {
  readonly outputs: readonly OutputStatistics[];
  readonly composited: number;
  readonly scannedOut: number;
  readonly missedVblanks: number;
  readonly commitToFlip: DurationStatistics;
  readonly commitToRelease: DurationStatistics;
  readonly planesInUse: number;
  /** Descriptors that the compositor's Task has open. */
  readonly openDescriptors: number;
}

export function summarise(samples: Samples): DurationStatistics {
  const milliseconds = (part: number): number | null => {
    const value = samples.percentile(part);
    return value === null ? null : value / 1e6;
  };
  return { median: milliseconds(0.5), p99: milliseconds(0.99) };
}
