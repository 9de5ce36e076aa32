// When the next vblanks are, and when drawing has to begin to meet them.
import { MILLISECOND, type Nanoseconds } from '../machine/machine.ts';

/** On top of the estimate: what the kernel and the event loop take besides. */
export const REPAINT_MARGIN: Nanoseconds = (3n * MILLISECOND) / 2n;
/** Before anything was measured. */
const FIRST_ESTIMATE: Nanoseconds = 2n * MILLISECOND;
/** Part of the difference that each shorter measurement takes the estimate down by. */
const DECAY = 64n;

/**
 * How long a frame takes from its deadline until its pixels are there. Rises at once to a longer measurement, for one
 * frame that is late is enough, and decays by 1/64 of the difference for each shorter one: by half in 0.7 s at 60 Hz.
 */
export class RenderEstimate {
  #estimate = FIRST_ESTIMATE;

  get value(): Nanoseconds {
    return this.#estimate;
  }

  measured(duration: Nanoseconds): void {
    if (duration >= this.#estimate) this.#estimate = duration;
    else this.#estimate -= (this.#estimate - duration) / DECAY;
  }
}

export class FrameClock {
  /** Length of a refresh. */
  readonly refresh: Nanoseconds;
  readonly #estimate = new RenderEstimate();
  #last: Nanoseconds | null = null;
  #sequence = 0n;

  constructor(refresh: Nanoseconds) {
    this.refresh = refresh;
  }

  /** A vblank, of which the counter's lower 32 bits are known. Returns the whole counter. */
  flipped(time: Nanoseconds, sequence: number): bigint {
    const passed = BigInt.asUintN(32, BigInt(sequence) - this.#sequence);
    this.#sequence += passed;
    this.#last = time;
    return this.#sequence;
  }

  /** A frame's pixels were there so long after it was to begin. To begin more than a refresh early would not help. */
  measured(duration: Nanoseconds): void {
    this.#estimate.measured(duration < this.refresh ? duration : this.refresh);
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
}
