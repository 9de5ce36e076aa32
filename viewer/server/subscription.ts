// What one page has been shown of one output, and what it has yet to be shown.
import type { Rect } from '../stream/frame.ts';
import { withDamage } from './damage.ts';
import type { EncodedPixels } from './picture.ts';

/** Frames on their way to a page, or not painted yet; then the damage waits. */
const MOST_UNACKNOWLEDGED = 2;

/** Sends a frame to the page. `time` is when the newest of it was shown, in nanoseconds. */
export type FrameSink = (sequence: number, time: bigint, pixels: EncodedPixels) => void;

export interface SubscriptionListener {
  /** It may take a frame now that could take none before. */
  changed(): void;
  ended(): void;
}

export class Subscription implements Disposable {
  readonly #sink: FrameSink;
  readonly #listener: SubscriptionListener;
  #wanted = false;
  #pending: readonly Rect[] = [];
  #time = 0n;
  #sequence = 0;
  #acknowledged = 0;
  /** Frames go out in order, however long each is compressed. */
  #sending: Promise<void> = Promise.resolve();
  #disposed = false;

  constructor(sink: FrameSink, listener: SubscriptionListener) {
    this.#sink = sink;
    this.#listener = listener;
  }

  /** Whether it would take a frame now. */
  get isReady(): boolean {
    return this.#wanted && !this.#disposed && this.#sequence - this.#acknowledged < MOST_UNACKNOWLEDGED;
  }

  /** Whether pictures are wanted; a frozen or hidden page wants none. */
  want(wanted: boolean): void {
    this.#wanted = wanted;
    this.#listener.changed();
  }

  damage(rects: readonly Rect[], time: bigint): void {
    this.#pending = withDamage(this.#pending, rects);
    this.#time = time;
  }

  /** There is a new picture of this size in place of the one before: nothing that was damaged of that one is left to show. */
  restart(whole: Rect, time: bigint): void {
    this.#pending = [];
    this.damage([whole], time);
  }

  /** What the next frame shows, if there is anything and it can be sent. */
  take(): readonly Rect[] | null {
    if (!this.isReady || this.#pending.length === 0) return null;
    const rects = this.#pending;
    this.#pending = [];
    return rects;
  }

  send(pixels: Promise<EncodedPixels>): void {
    const sequence = ++this.#sequence;
    const time = this.#time;
    this.#sending = Promise.all([pixels, this.#sending]).then(([encoded]) => {
      if (!this.#disposed) this.#sink(sequence, time, encoded);
    });
  }

  /** The page painted this frame and those before it. False when there was no such frame. */
  acknowledge(sequence: number): boolean {
    if (sequence <= this.#acknowledged || sequence > this.#sequence) return false;
    this.#acknowledged = sequence;
    this.#listener.changed();
    return true;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#listener.ended();
  }
}
