// Numbers for the status line and for tests.

/** Counts since the start; nothing is ever reset, readers subtract. */
export class Counters {
  /** Frames that a render pass composed. */
  composited = 0;
  /** Frames in which a client's buffer went to a plane. */
  scannedOut = 0;
  /** Vblanks for which a frame was late. */
  missedVblanks = 0;
  commits = 0;
  /** Commits of a buffer; each is to be followed by one release. */
  uses = 0;
  /** Buffers given back. */
  releases = 0;
  captures = 0;
  protocolErrors = 0;
  /** Commits that came up to the flip that showed them, in nanoseconds. */
  readonly commitToFlip = new Samples();
  /** Commits up to the release of their buffer, in nanoseconds. */
  readonly commitToRelease = new Samples();
}

/** The latest durations, for medians and percentiles. */
export class Samples {
  readonly #values: number[] = [];
  readonly #capacity: number;
  #next = 0;
  #count = 0;

  constructor(capacity = 1024) {
    this.#capacity = capacity;
  }

  /** `duration` in nanoseconds. */
  add(duration: bigint): void {
    this.#values[this.#next] = Number(duration);
    this.#next = (this.#next + 1) % this.#capacity;
    this.#count++;
  }

  /** How many were ever added. */
  get count(): number {
    return this.#count;
  }

  /** The value below which `part` (0 to 1) of the kept samples lie, in nanoseconds; null without samples. */
  percentile(part: number): number | null {
    if (this.#values.length === 0) return null;
    const sorted = [...this.#values].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!;
  }
}
