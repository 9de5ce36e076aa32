// When there is a newer snapshot: told once, to who asked for the last one. Nobody asked: nothing is watched.
import { type Nanoseconds, SECOND, type Timer } from '../machine/machine.ts';
import type { Rooms } from './context.ts';

/** Between a snapshot and the next one where no output sets a rate. */
const WITHOUT_OUTPUT: Nanoseconds = SECOND / 60n;

export class ObservationWatch implements Disposable {
  readonly #rooms: Rooms;
  readonly #changed: () => void;
  #watching: Disposable[] = [];
  #timer: { readonly when: Nanoseconds; readonly timer: Timer } | null = null;

  /** `changed` is called once for each `begin`, unless the watch is disposed before. */
  constructor(rooms: Rooms, changed: () => void) {
    this.#rooms = rooms;
    this.#changed = changed;
  }

  /** A snapshot was sent; it is out of date already when a frame is `moving`. */
  begin(moving: boolean): void {
    this[Symbol.dispose]();
    if (moving) this.#arm(this.#frame());
    const { scene, outputs, clock } = this.#rooms;
    if (moving && !clock) return;
    // No frame's time passes while the clock stands, and there is no frame to wait for.
    const note = () => {
      if (clock?.frozen) this.#arm(0n);
      else if (!this.#timer) this.#arm(this.#frame());
    };
    this.#watching = [
      scene.observe({
        damaged: note,
        frameWanted: note,
        restacked: note,
        cursorChanged: note,
        windowChanged: note,
        activated: note,
      }),
      outputs.observe({ added: note, changed: note, removed: note }),
    ];
  }

  [Symbol.dispose](): void {
    this.#stopWatching();
    this.#timer?.timer.cancel();
    this.#timer = null;
  }

  #stopWatching(): void {
    for (const watch of this.#watching.splice(0)) watch[Symbol.dispose]();
  }

  /** What happens until then is in the same snapshot; but for a clock that stops meanwhile, nothing else is watched. */
  #arm(delay: Nanoseconds): void {
    const { machine, clock } = this.#rooms;
    const when = machine.now() + delay;
    if (this.#timer && this.#timer.when <= when) return;
    this.#timer?.timer.cancel();
    if (!clock) this.#stopWatching();
    const timer = machine.at(when, 'a newer snapshot', () => {
      this[Symbol.dispose]();
      this.#changed();
    });
    this.#timer = { when, timer };
  }

  /** Of the fastest output. */
  #frame(): Nanoseconds {
    const rates = this.#rooms.outputs.list.map(({ info }) => info.refresh);
    return rates.length === 0 ? WITHOUT_OUTPUT : (1000n * SECOND) / BigInt(Math.max(...rates));
  }
}
