/** Nanoseconds of CLOCK_MONOTONIC, or of virtual time counted from the machine's start. */
export type Nanoseconds = bigint;

export const MILLISECOND: Nanoseconds = 1_000_000n;
export const SECOND: Nanoseconds = 1_000_000_000n;

export interface Timer {
  /** Takes the entry out of the queue; a timer that has run or was cancelled ignores it. */
  cancel(): void;
}

/**
 * The only source of time and order for kernel and compositor. Every wake-up from kernel to userspace, every
 * delivered message, engine completion and due timer is a labelled entry of its one run queue.
 */
export interface Machine {
  now(): Nanoseconds;
  /** Appends an entry that runs in a later turn, never inside the caller. */
  post(label: string, run: () => void): void;
  /** Runs an entry once `now() >= when`; a time in the past means the next turn. */
  at(when: Nanoseconds, label: string, run: () => void): Timer;
  /** A number in [0, 1), from the machine's seed. */
  random(): number;
}
