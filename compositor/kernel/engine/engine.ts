/** How a job ended: done, or dropped by a reset (its pixels are then undefined, some may have been written). */
export type JobResult = { kind: 'complete' } | { kind: 'reset'; reason: string };

/** An array of commands in physical memory (see `layout.ts`), run as one. */
export type EngineJob = {
  /** For the trace of the run queue. */
  label: string;
  /** Byte address of the first command, a multiple of 4. The commands stay as they are until `done`. */
  address: number;
  /** Number of commands. */
  count: number;
  /** Device time that the job takes, in nanoseconds; `costOf` makes one from the cost model. */
  duration: bigint;
  /** Called once, as an entry of the machine's run queue, unless the engine is disposed of before. */
  done(result: JobResult): void;
};

/** A piece of hardware that runs jobs, one at a time, in the order in which they came. */
export interface Engine extends Disposable {
  readonly name: string;
  /** Queues a job. */
  run(job: EngineJob): void;
  /** Drops the job in flight and those queued; the engine takes new ones at once. `reason` ends up in their results. */
  reset(reason: string): void;
}
