// What an output has shown, and how often it was late and why.
import type { Nanoseconds } from '../machine/machine.ts';
import type { Counters } from '../observe/counters.ts';
import type { Trace } from '../observe/trace.ts';
import type { Frame } from './frame.ts';
import { type Misses, type MissReason, noMisses, type OutputStatistics } from './statistics.ts';

export class FrameTally {
  readonly #name: string;
  readonly #refresh: Nanoseconds;
  readonly #counters: Counters;
  readonly #trace: Trace;
  readonly #misses: Misses = noMisses();
  #frames = 0;
  #composited = 0;
  #scannedOut = 0;
  #missedVblanks = 0;

  constructor(options: { name: string; refresh: Nanoseconds; counters: Counters; trace: Trace }) {
    this.#name = options.name;
    this.#refresh = options.refresh;
    this.#counters = options.counters;
    this.#trace = options.trace;
  }

  get counts(): Omit<OutputStatistics, 'name' | 'planesInUse' | 'state'> {
    return {
      frames: this.#frames,
      composited: this.#composited,
      scannedOut: this.#scannedOut,
      missedVblanks: this.#missedVblanks,
      misses: { ...this.#misses },
    };
  }

  /** The display did not say that it showed a frame. */
  lost(): void {
    this.#misses.device++;
  }

  /** A frame is on the screen since `time`. Its pixels were done at `rendered`; 0 without a render job. */
  shown(frame: Frame, time: Nanoseconds, rendered: Nanoseconds): void {
    this.#frames++;
    if (frame.job) {
      this.#composited++;
      this.#counters.composited++;
    }
    if (frame.scanout.length > 0) {
      this.#scannedOut++;
      this.#counters.scannedOut++;
    }
    for (const committed of frame.answers.commitTimes) this.#counters.commitToFlip.add(time - committed);
    const missed = this.#missed(frame, time);
    if (missed > 0) this.#late(frame, missed, { shown: time, rendered });
  }

  #late(frame: Frame, missed: number, times: { shown: Nanoseconds; rendered: Nanoseconds }): void {
    const reason = missReason(frame, times.rendered);
    this.#misses[reason] += missed;
    // What a client sends just before a vblank is drawn at once, but was not promised for it.
    const broken = reason === 'late client' ? missed - 1 : missed;
    this.#missedVblanks += broken;
    this.#counters.missedVblanks += broken;
    this.#trace.note('repaint', `${this.#name}: shown ${missed} vblank(s) late: ${reason}`, {
      deadline: frame.deadline,
      begun: frame.begun,
      committed: frame.committed,
      target: frame.target,
      ...times,
    });
  }

  /** Whole refreshes between the vblank that was meant and the one that it was. */
  #missed(frame: Frame, time: Nanoseconds): number {
    if (frame.target === null || time <= frame.target) return 0;
    return Number((time - frame.target + this.#refresh / 2n) / this.#refresh);
  }
}

function missReason(frame: Frame, rendered: Nanoseconds): MissReason {
  const target = frame.target ?? 0n;
  if (frame.late) return 'late client';
  if (frame.committed >= target) return 'late commit';
  return rendered >= target ? 'late render' : 'device';
}
