// What can be done to a clock that is not the host's.
import type { Nanoseconds } from './machine.ts';

/** Virtual seconds per second of the host, in thousandths. */
export const SLOWEST = 100;
export const FASTEST = 10_000;

/** The hands of a virtual clock that goes at a pace of the host's. */
export interface ClockControl {
  /** Time stands still. What is ready runs all the same, so that whoever froze it is still listened to. */
  readonly frozen: boolean;
  /** Virtual seconds per second, in thousandths. */
  readonly speed: number;
  freeze(): void;
  /** Lets time pass from where it stood. */
  resume(): void;
  /** Throws a RangeError outside of SLOWEST to FASTEST. */
  setSpeed(thousandths: number): void;
  /**
   * Freezes the clock and lets time pass up to `when`, as fast as what is due until then can be done; `done` runs after all
   * of it, or at once when somebody resumes meanwhile.
   */
  stepTo(when: Nanoseconds, done: () => void): void;
  /** Is told when `frozen` or `speed` has changed, until disposed. */
  observe(listener: () => void): Disposable;
}
