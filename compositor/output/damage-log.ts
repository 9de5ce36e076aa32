// What the latest frames of an output changed, for readers who look now and then.
import type { Nanoseconds } from '../machine/machine.ts';
import { Region } from '../scene/region.ts';

const FRAMES_KEPT = 64;

export class DamageLog {
  readonly #frames: { readonly time: Nanoseconds; readonly damage: Region }[] = [];
  readonly #whole: Region;
  /** Frames shown at or before this time are forgotten. */
  #forgotten: Nanoseconds = -1n;

  constructor(whole: Region) {
    this.#whole = whole;
  }

  add(time: Nanoseconds, damage: Region): void {
    if (damage.isEmpty) return;
    this.#frames.push({ time, damage });
    if (this.#frames.length > FRAMES_KEPT) this.#forgotten = this.#frames.shift()!.time;
  }

  /** Everything that changed after `time`; all there is, if that is not known. */
  since(time: Nanoseconds): Region {
    if (time < this.#forgotten) return this.#whole;
    return this.#frames.reduce(
      (all, frame) => (frame.time > time ? all.union(frame.damage) : all),
      Region.empty,
    );
  }
}
