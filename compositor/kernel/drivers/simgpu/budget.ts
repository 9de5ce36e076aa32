import { type ErrnoName, KernelError } from '../../task/kernel-error.ts';
import type { Task } from '../../task/task.ts';

/** What each process may have of something, over all of its files, so that none fills the kernel's memory. */
export class Budget {
  readonly #what: string;
  readonly #limit: number;
  readonly #code: ErrnoName;
  readonly #taken = new WeakMap<Task, number>();

  /** `code` is the error of who wants more than `limit`. */
  constructor(what: string, limit: number, code: ErrnoName) {
    this.#what = what;
    this.#limit = limit;
    this.#code = code;
  }

  check(task: Task, count: number): void {
    const taken = this.#taken.get(task) ?? 0;
    if (taken + count > this.#limit)
      throw new KernelError(
        this.#code,
        `${task.name} has ${taken} ${this.#what} and wants ${count} more, ${this.#limit} are allowed`,
      );
  }

  take(task: Task, count: number): void {
    this.#taken.set(task, (this.#taken.get(task) ?? 0) + count);
  }

  giveBack(task: Task, count: number): void {
    this.take(task, -count);
  }
}
