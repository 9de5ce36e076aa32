import { KernelError } from '../../task/kernel-error.ts';
import type { Task } from '../../task/task.ts';

/** Commands that one process may have waiting, over all of its files and contexts: memory of the kernel that it takes. */
const COMMANDS = 65_536;

/** What each process has waiting, so that one that never lets its jobs run cannot fill the kernel's memory. */
export class CommandBudget {
  readonly #waiting = new WeakMap<Task, number>();

  /** EAGAIN when so many more were too many. */
  check(task: Task, count: number): void {
    const waiting = this.#waiting.get(task) ?? 0;
    if (waiting + count > COMMANDS)
      throw new KernelError(
        'EAGAIN',
        `${task.name} has ${waiting} commands waiting, ${COMMANDS} are allowed; submit again when a job has finished`,
      );
  }

  take(task: Task, count: number): void {
    this.#waiting.set(task, (this.#waiting.get(task) ?? 0) + count);
  }

  giveBack(task: Task, count: number): void {
    this.take(task, -count);
  }
}
