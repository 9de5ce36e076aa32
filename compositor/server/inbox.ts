// Messages that have arrived and wait for their turn.
import { isHandle, type Message } from '../../protocol/object/message.ts';
import type { Limits } from './limits.ts';

interface Waiting {
  readonly message: Message;
  readonly bytes: number;
  readonly handles: number;
}

/** A queue with a weight: it says when the sender should stop and when it may go on. */
export class Inbox {
  readonly #limits: Limits;
  #queue: Waiting[] = [];
  #head = 0;
  #bytes = 0;
  #handles = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#queue.length - this.#head;
  }

  /** More waits than should: the connection is to be paused. */
  get full(): boolean {
    const { pauseAt, pauseAtBytes, pauseAtHandles } = this.#limits;
    return this.length >= pauseAt || this.#bytes >= pauseAtBytes || this.#handles >= pauseAtHandles;
  }

  /** Half of what makes it full, or less: the connection may go on. */
  get relaxed(): boolean {
    const { pauseAt, pauseAtBytes, pauseAtHandles } = this.#limits;
    return (
      this.length <= pauseAt / 2 && this.#bytes <= pauseAtBytes / 2 && this.#handles <= pauseAtHandles / 2
    );
  }

  /** `bytes` is the size of the whole batch; each message counts for its share. */
  add(batch: readonly Message[], bytes: number): void {
    const share = bytes / Math.max(1, batch.length);
    for (const message of batch) {
      const handles = handlesOf(message);
      this.#queue.push({ message, bytes: share, handles });
      this.#handles += handles;
    }
    this.#bytes += bytes;
  }

  take(): Waiting | undefined {
    const waiting = this.#queue[this.#head];
    if (!waiting) return undefined;
    this.#head++;
    this.#bytes -= waiting.bytes;
    this.#handles -= waiting.handles;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
      this.#bytes = 0;
    } else if (this.#head > 1024) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return waiting;
  }
}

function handlesOf({ args }: Message): number {
  let count = 0;
  for (const argument of args) if (isHandle(argument)) count++;
  return count;
}
