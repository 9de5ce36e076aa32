import { POLLIN, POLLOUT } from '../../../protocol/uapi/fcntl.ts';
import type { PollAnswer } from '../task/open-file.ts';
import { WaitQueue } from '../task/wait-queue.ts';
import type { DmaBuf } from './dma-buf.ts';
import { usageToWaitFor } from './reservation.ts';

/**
 * poll of a dma-buf: readable when no writer is left, writable when nobody is left. One callback per direction is
 * pending at a time, on the first fence found; while it is, the direction is not looked at again, and it keeps the
 * dma-buf alive (`dma_buf_poll`). Whoever finds nothing to wait for wakes the others, and so an edge-triggered epoll
 * finds a ready dma-buf each time it looks.
 */
export class DmaBufPoll {
  readonly #buffer: DmaBuf;
  readonly #queue = new WaitQueue();
  readonly #active = new Set<number>();
  #waking = false;

  constructor(buffer: DmaBuf) {
    this.#buffer = buffer;
  }

  answer(events: number): PollAnswer {
    let mask = 0;
    for (const direction of [POLLOUT, POLLIN])
      if ((events & direction) !== 0 && this.#ready(direction)) mask |= direction;
    return { mask, queue: this.#queue };
  }

  #ready(direction: number): boolean {
    if (this.#active.has(direction)) return false;
    const done = (): void => {
      this.#active.delete(direction);
      this.#queue.wakeAll(direction);
      this.#buffer.file.put();
    };
    for (const fence of this.#buffer.reservation.fences(usageToWaitFor(direction === POLLOUT))) {
      this.#active.add(direction);
      this.#buffer.file.get();
      if (fence.addCallback(done)) return false;
      this.#active.delete(direction);
      this.#buffer.file.put();
    }
    this.#wakeOthers(direction);
    return true;
  }

  /** Those who are woken look as well, and find nothing to wait for either. */
  #wakeOthers(direction: number): void {
    if (this.#waking || this.#queue.waiting === 0) return;
    this.#waking = true;
    this.#queue.wakeAll(direction);
    this.#waking = false;
  }
}
