// When the next vblanks are, and when drawing has to begin to meet them.
import { MILLISECOND, type Nanoseconds } from '../machine/machine.ts';

/** On top of the estimate: what the kernel and the event loop take besides. */
export const REPAINT_MARGIN: Nanoseconds = (5n * MILLISECOND) / 2n;
/** Before anything was measured. */
const FIRST_ESTIMATE: Nanoseconds = 2n * MILLISECOND;
/** Frames that the estimate looks back on. */
const KEPT = 32;
/** Part of them that is to be in time. */
const IN_TIME = 0.9;

/**
 * How long a frame takes from its deadline until its pixels are there, by the last frames. One that took longer than a
 * refresh teaches nothing: no deadline would have saved it, and an early one costs every client its turn.
 */
export class RenderEstimate {
  readonly #refresh: number;
  readonly #kept = new Float64Array(KEPT).fill(Number(FIRST_ESTIMATE));
  readonly #sorted = this.#kept.slice();
  #next = 0;
  #value = FIRST_ESTIMATE;
  #typical = FIRST_ESTIMATE;

  constructor(refresh: Nanoseconds) {
    this.#refresh = Number(refresh - REPAINT_MARGIN);
  }

  /** Enough for nine frames in ten of those that fit into a refresh; a refresh when none does. */
  get value(): Nanoseconds {
    return this.#value;
  }

  /** Enough for half of all frames. */
  get typical(): Nanoseconds {
    return this.#typical;
  }

  measured(duration: Nanoseconds): void {
    this.#kept[this.#next] = Number(duration);
    this.#next = (this.#next + 1) % KEPT;
    this.#sorted.set(this.#kept);
    this.#sorted.sort();
    const misfit = this.#sorted.findIndex(one => one > this.#refresh);
    const fitting = misfit < 0 ? KEPT : misfit;
    const enough = fitting === 0 ? this.#refresh : this.#sorted[Math.ceil(fitting * IN_TIME) - 1]!;
    this.#value = BigInt(enough);
    this.#typical = BigInt(this.#sorted[KEPT / 2]!);
  }
}

export class FrameClock {
  /** Length of a refresh. */
  readonly refresh: Nanoseconds;
  readonly #estimate: RenderEstimate;
  #last: Nanoseconds | null = null;
  #sequence = 0n;

  constructor(refresh: Nanoseconds) {
    this.refresh = refresh;
    this.#estimate = new RenderEstimate(refresh);
  }

  /** A vblank, of which the counter's lower 32 bits are known. Returns the whole counter. */
  flipped(time: Nanoseconds, sequence: number): bigint {
    const passed = BigInt.asUintN(32, BigInt(sequence) - this.#sequence);
    this.#sequence += passed;
    this.#last = time;
    return this.#sequence;
  }

  /** A frame's pixels were there so long after it was to begin. */
  measured(duration: Nanoseconds): void {
    this.#estimate.measured(duration);
  }

  /** What the kernel says of the last vblank after a pause, in which the prediction may have drifted. */
  synchronise(vblank: { readonly time: Nanoseconds; readonly sequence: bigint } | null): void {
    if (!vblank || (this.#last !== null && vblank.time < this.#last)) return;
    this.#last = vblank.time;
    this.#sequence = vblank.sequence;
  }

  /** The first vblank after `now`; null before any is known. */
  nextVblank(now: Nanoseconds): Nanoseconds | null {
    if (this.#last === null) return null;
    if (now < this.#last) return this.#last;
    return this.#last + ((now - this.#last) / this.refresh + 1n) * this.refresh;
  }

  /** When a frame for a vblank has to begin: as late as the measured time allows, at most a refresh before. */
  deadlineOf(vblank: Nanoseconds): Nanoseconds {
    const needed = this.#estimate.value + REPAINT_MARGIN;
    return vblank - (needed < this.refresh ? needed : this.refresh);
  }

  /**
   * The vblank to draw for, of one whose deadline has passed and the one after it: where trying would be in vain more often
   * than not, waiting for the next deadline lets more changes into the same frame.
   */
  worthTrying(vblank: Nanoseconds, now: Nanoseconds): Nanoseconds {
    const { typical } = this.#estimate;
    const inVain = now + typical > vblank;
    return inVain && typical < this.refresh ? vblank + this.refresh : vblank;
  }
}
