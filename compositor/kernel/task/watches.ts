import { POLLERR, POLLHUP, POLLIN, POLLOUT } from '../../../protocol/uapi/fcntl.ts';
import type { OpenFile, PollAnswer } from './open-file.ts';
import type { Task } from './task.ts';
import { WaitQueue } from './wait-queue.ts';

/** A poll that waits: `cancel` ends it without a call of its listener. */
export interface Watch {
  cancel(): void;
}

/** What of `events` (and POLLERR, POLLHUP) holds for a file now, and who says when that changes (`fs/select.c`). */
export function pollFile(task: Task, file: OpenFile, events: number): PollAnswer {
  // A file without a poll operation can always be read and written, as far as poll(2) knows.
  const answer = file.operations.poll?.({ task, file }, events) ?? {
    mask: POLLIN | POLLOUT,
    queue: new WaitQueue(),
  };
  return { mask: answer.mask & (events | POLLERR | POLLHUP), queue: answer.queue };
}

/** The polls of one process that wait. */
export class Watches {
  readonly #task: Task;
  readonly #waiting = new Set<Watch>();

  constructor(task: Task) {
    this.#task = task;
  }

  /**
   * Calls `listener` once, from the run queue. The watch takes over a reference to the file: one that is closed meanwhile
   * is still watched, as a poll(2) that is under way would.
   */
  add(file: OpenFile, events: number, listener: (mask: number) => void): Watch {
    const { kernel, name } = this.#task;
    let posted = false;
    const check = (): void => {
      if (posted || pollFile(this.#task, file, events).mask === 0) return;
      posted = true;
      kernel.machine.post(`poll of ${name}: ${file.operations.describe()}`, deliver);
    };
    // Whoever sleeps in poll(2) looks again when it runs: more may be ready by then, or nothing any more.
    const deliver = (): void => {
      if (!this.#waiting.has(watch)) return;
      posted = false;
      const { mask } = pollFile(this.#task, file, events);
      if (mask === 0) return;
      watch.cancel();
      listener(mask);
    };
    const watch: Watch = {
      cancel: () => {
        if (!this.#waiting.delete(watch)) return;
        remove();
        file.put();
      },
    };
    const remove = this.#wakeUps(file, events).add(check);
    this.#waiting.add(watch);
    check();
    return watch;
  }

  /** The reference goes when the file cannot be polled. */
  #wakeUps(file: OpenFile, events: number): WaitQueue {
    try {
      return pollFile(this.#task, file, events).queue;
    } catch (error) {
      file.put();
      throw error;
    }
  }

  cancelAll(): void {
    for (const watch of [...this.#waiting]) watch.cancel();
  }
}
