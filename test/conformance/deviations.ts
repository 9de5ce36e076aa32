import type { KernelVersion } from '../../compositor/kernel/behaviour.ts';

/** Cases that the model answers in another way than Linux, and why it may. */
export interface Deviation {
  readonly area: string;
  /** Names of cases. */
  readonly cases: readonly string[];
  /** Where it holds; without it, for every kernel. */
  readonly kernel?: KernelVersion;
  /** The part of Linux that is not modelled. */
  readonly subsystem: string;
  /** Why there is no reason to model it. */
  readonly reason: string;
}

/** Of an area's cases at most this part may deviate. */
export const MOST_DEVIATIONS = 0.02;

export const deviations: readonly Deviation[] = [];
