import type { Message } from '../object/message.ts';

/** A buffer up to this size is kept for the next message that arrives in pieces. */
const KEPT = 64 << 10;

/**
 * Cuts a stream of bytes, which may arrive in any pieces, into frames that say their own length. What is kept between
 * chunks is never more than what has arrived of one frame; a length on the wire allocates nothing.
 */
export abstract class FrameReader {
  readonly #header: number;
  readonly #longest: number;
  #pending = new Uint8Array(0);
  #held = 0;

  /** `header`: bytes after which the length is known. `longest`: bytes of the longest frame, with its header. */
  constructor(header: number, longest: number) {
    this.#header = header;
    this.#longest = longest;
  }

  /** Bytes of the frame whose header is at `at`, with its header. Throws `WireError` for one that cannot be. */
  protected abstract frameLength(bytes: Uint8Array, at: number): number;

  /** Adds the message that the frame `bytes[start, end)` is to `out`. */
  protected abstract decodeFrame(bytes: Uint8Array, start: number, end: number, out: Message[]): void;

  /** Bytes of a frame that has not arrived whole. */
  get pendingBytes(): number {
    return this.#held;
  }

  /** Adds the messages that the bytes complete to `out`. The bytes are not kept. Throws `WireError`. */
  push(chunk: Uint8Array, out: Message[]): void {
    let at = 0;
    while (this.#held > 0 && at < chunk.length) at = this.#complete(chunk, at, out);
    while (chunk.length - at >= this.#header) {
      const end = at + this.frameLength(chunk, at);
      if (end > chunk.length) break;
      this.decodeFrame(chunk, at, end, out);
      at = end;
    }
    if (at < chunk.length) this.#keep(chunk, at, chunk.length);
  }

  /** Moves bytes of the chunk to the frame begun before, and decodes that when it is whole. */
  #complete(chunk: Uint8Array, at: number, out: Message[]): number {
    const wanted = this.#held < this.#header ? this.#header : this.frameLength(this.#pending, 0);
    const end = Math.min(chunk.length, at + wanted - this.#held);
    this.#keep(chunk, at, end);
    if (this.#held < this.#header) return end;
    const whole = this.frameLength(this.#pending, 0);
    if (this.#held < whole) return end;
    this.decodeFrame(this.#pending, 0, whole, out);
    this.#held = 0;
    if (this.#pending.length > KEPT) this.#pending = new Uint8Array(0);
    return end;
  }

  #keep(chunk: Uint8Array, from: number, to: number): void {
    const needed = this.#held + to - from;
    if (needed > this.#pending.length) {
      const larger = new Uint8Array(Math.max(needed, Math.min(2 * this.#pending.length, this.#longest)));
      larger.set(this.#pending.subarray(0, this.#held));
      this.#pending = larger;
    }
    this.#pending.set(chunk.subarray(from, to), this.#held);
    this.#held = needed;
  }
}
