import type { Nanoseconds } from '../../../machine/machine.ts';
import { type Sleeping, waitUntil } from '../../task/kernel-thread.ts';
import { WaitQueue } from '../../task/wait-queue.ts';

/** Something that happens once and is waited for (`struct completion`). */
export class Completion {
  readonly queue = new WaitQueue();
  #done = false;

  get done(): boolean {
    return this.#done;
  }

  complete(): void {
    if (this.#done) return;
    this.#done = true;
    this.queue.wakeAll();
  }

  /** False when `until` passes first; EINTR when interruptible and interrupted. */
  *wait(what: string, interruptible = false, until?: Nanoseconds): Sleeping<boolean> {
    return yield* waitUntil(this.queue, () => this.#done, { what, interruptible, until });
  }
}
