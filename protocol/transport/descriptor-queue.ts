import { closeDescriptor } from '../host/files.ts';
import type { Libc } from '../host/libc.ts';
import { MAX_DESCRIPTORS } from '../host/message.ts';
import type { DescriptorSource } from '../wire/descriptors.ts';

/**
 * Descriptors that may wait for their messages. libwayland sends up to 28 at a time ahead of the messages that name them,
 * which wait in a buffer of 4096 bytes when the socket is full; the shortest of them has 16 bytes.
 */
export const MAX_UNCLAIMED = 4096 / 16 + MAX_DESCRIPTORS;

/** Descriptors that came and whose messages have not been decoded yet. */
export class ArrivedDescriptors implements DescriptorSource, Disposable {
  readonly fds: number[] = [];
  readonly #libc: Libc;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  get available(): number {
    return this.fds.length;
  }

  take(): number {
    const fd = this.fds.shift();
    if (fd === undefined) throw new RangeError('no descriptor has arrived');
    return fd;
  }

  [Symbol.dispose](): void {
    for (const fd of this.fds.splice(0)) closeDescriptor(this.#libc, fd);
  }
}

/** Duplicates of descriptors that wait to be sent, each with the position of its message in the stream. */
export class LeavingDescriptors implements Disposable {
  readonly #libc: Libc;
  readonly #queue: { readonly position: number; readonly fd: number }[] = [];

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  get length(): number {
    return this.#queue.length;
  }

  add(position: number, fds: readonly number[]): void {
    for (const fd of fds) this.#queue.push({ position, fd });
  }

  /**
   * What one `sendmsg` may carry of the bytes `[from, to)`: an end that no further descriptor's message lies before, and
   * the descriptors of the messages up to there.
   */
  batch(from: number, to: number): { end: number; fds: number[] } {
    const queue = this.#queue;
    let count = 0;
    while (count < queue.length && count <= MAX_DESCRIPTORS && queue[count]!.position < to) count++;
    if (count <= MAX_DESCRIPTORS) return { end: to, fds: this.#first(count) };
    const end = queue[MAX_DESCRIPTORS]!.position;
    count = MAX_DESCRIPTORS;
    while (count > 0 && queue[count - 1]!.position === end) count--;
    if (end <= from || count === 0)
      throw new RangeError(`more than ${MAX_DESCRIPTORS} descriptors in one message`);
    return { end, fds: this.#first(count) };
  }

  /** The first descriptors are on their way: their duplicates here are closed. */
  sent(count: number): void {
    for (const { fd } of this.#queue.splice(0, count)) closeDescriptor(this.#libc, fd);
  }

  [Symbol.dispose](): void {
    this.sent(this.#queue.length);
  }

  #first(count: number): number[] {
    if (count === 0) return NONE;
    return this.#queue.slice(0, count).map(entry => entry.fd);
  }
}

const NONE: number[] = [];
