// What the latest frames of an output changed, for readers who look now and then.
import type { Nanoseconds } from '../machine/machine.ts';
import { Region } from '../scene/region.ts';

const FRAMES_KEPT = 64;

interface Entry {
  readonly time: Nanoseconds;
  readonly damage: Region;
  /** What changed by the cursor alone: nothing, for readers who don't look at it. */
  readonly cursor: Region;
}

export class DamageLog {
  readonly #frames: Entry[] = [];
  readonly #whole: Region;
  /** Frames shown at or before this time are forgotten. */
  #forgotten: Nanoseconds = -1n;

  constructor(whole: Region) {
    this.#whole = whole;
  }

  add(time: Nanoseconds, damage: Region, cursor: Region): void {
    if (damage.isEmpty && cursor.isEmpty) return;
    this.#frames.push({ time, damage, cursor });
    if (this.#frames.length > FRAMES_KEPT) this.#forgotten = this.#frames.shift()!.time;
  }

  /** Everything that changed after `time`; all there is, if that is not known. */
  since(time: Nanoseconds, withCursor: boolean): Region {
    if (time < this.#forgotten) return this.#whole;
    let all = Region.empty;
    for (const frame of this.#frames)
      if (frame.time > time) {
        all = all.union(frame.damage);
        if (withCursor) all = all.union(frame.cursor);
      }
    return all;
  }
}
