import type { Machine, Nanoseconds } from '../../machine/machine.ts';
import { KernelError } from './kernel-error.ts';
import { Holdings, type LockRules } from './lock-rules.ts';
import type { WaitQueue } from './wait-queue.ts';

export type Wake = 'woken' | 'timeout' | 'interrupted';

/** Where a kernel thread sleeps: what it waits for, until when, and whether a signal may end the sleep. */
export interface SleepPoint {
  readonly what: string;
  readonly interruptible: boolean;
  /** Absolute time at which the sleep ends with 'timeout'. */
  readonly until?: Nanoseconds | undefined;
  /** Arranges for `wake` to be called; returns how to undo that. */
  arm(wake: () => void): () => void;
}

/** Code that may sleep: a generator whose yields are its explicit sleep points. */
export type Sleeping<T> = Generator<SleepPoint, T, Wake>;

export type ThreadState<T> =
  | { readonly kind: 'running' }
  | { readonly kind: 'sleeping'; readonly point: SleepPoint }
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown };

/**
 * A coroutine of the kernel: a system call that sleeps, a commit tail, a scheduler. It runs inside its starter until
 * its first sleep; each wake-up is an entry of the run queue. An interrupt ends interruptible sleeps only; one that
 * arrives while an uninterruptible sleep lasts is kept for the next interruptible one, as a pending signal would be.
 */
export class KernelThread<T = void> {
  readonly label: string;
  readonly #machine: Machine;
  readonly #body: Sleeping<T>;
  readonly #locks: LockRules;
  readonly #holdings: Holdings;
  #state: ThreadState<T> = { kind: 'running' };
  #interrupted = false;
  #restarts = false;
  #endSleep: ((wake: Wake) => void) | null = null;
  #listeners: (() => void)[] = [];

  constructor(machine: Machine, label: string, body: Sleeping<T>, locks: LockRules) {
    this.#machine = machine;
    this.label = label;
    this.#body = body;
    this.#locks = locks;
    this.#holdings = new Holdings(label);
    this.#resume('woken');
  }

  get state(): ThreadState<T> {
    return this.#state;
  }

  get ended(): boolean {
    return this.#state.kind === 'done' || this.#state.kind === 'failed';
  }

  /** The return value; throws what the thread threw, or an error when it has not ended. */
  result(): T {
    if (this.#state.kind === 'done') return this.#state.value;
    if (this.#state.kind === 'failed') throw this.#state.error;
    throw new Error(`${this.label} has not ended: ${this.describe()}`);
  }

  /** What it is doing, for people. */
  describe(): string {
    return this.#state.kind === 'sleeping' ? `sleeping: ${this.#state.point.what}` : this.#state.kind;
  }

  /** Calls `listener` when the thread ends; at once if it already has. */
  whenEnded(listener: () => void): void {
    if (this.ended) listener();
    else this.#listeners.push(listener);
  }

  /** Whether the last signal was one after which system calls begin anew. */
  get restarts(): boolean {
    return this.#restarts;
  }

  /** Delivers a signal; with `restart`, one whose handler was installed with SA_RESTART. */
  interrupt({ restart = false }: { restart?: boolean } = {}): void {
    this.#interrupted = true;
    this.#restarts = restart;
    if (this.#state.kind === 'sleeping' && this.#state.point.interruptible) this.#endSleep?.('interrupted');
  }

  #resume(wake: Wake): void {
    this.#state = { kind: 'running' };
    let step: IteratorResult<SleepPoint, T>;
    const before = this.#locks.enter(this.#holdings);
    try {
      step = this.#body.next(wake);
    } catch (error) {
      this.#locks.leave(before);
      this.#end({ kind: 'failed', error });
      return;
    }
    this.#locks.leave(before);
    if (step.done) this.#end({ kind: 'done', value: step.value });
    else this.#sleep(step.value);
  }

  #sleep(point: SleepPoint): void {
    this.#state = { kind: 'sleeping', point };
    if (point.interruptible && this.#interrupted) {
      this.#post('interrupted');
      return;
    }
    let disarm: (() => void) | null = null;
    const timer =
      point.until === undefined
        ? null
        : this.#machine.at(point.until, `time-out of ${this.label}`, () => this.#endSleep?.('timeout'));
    this.#endSleep = wake => {
      this.#endSleep = null;
      timer?.cancel();
      disarm?.();
      this.#post(wake);
    };
    disarm = point.arm(() => this.#endSleep?.('woken'));
    // Armed on something that was already there: the wake-up came before we knew how to disarm.
    if (!this.#endSleep) disarm();
  }

  #post(wake: Wake): void {
    if (wake === 'interrupted') this.#interrupted = false;
    this.#machine.post(`wake ${this.label}`, () => this.#resume(wake));
  }

  #end(state: ThreadState<T>): void {
    const broken = state.kind === 'done' ? this.#locks.leftBehind(this.#holdings) : null;
    this.#state = broken ? { kind: 'failed', error: broken } : state;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }
}

export interface SleepOptions {
  /** For people: what is waited for. */
  what: string;
  interruptible?: boolean;
  until?: Nanoseconds | undefined;
}

/**
 * Sleeps until `condition` holds, checking it at each wake-up of `queue`. Returns false when `until` passes first.
 * EINTR when interrupted.
 */
export function* waitUntil(
  queue: WaitQueue,
  condition: () => boolean,
  options: SleepOptions,
): Sleeping<boolean> {
  while (!condition()) {
    const wake: Wake = yield {
      what: options.what,
      interruptible: options.interruptible ?? true,
      until: options.until,
      arm: resume => queue.add(resume),
    };
    if (wake === 'interrupted')
      throw new KernelError('EINTR', `interrupted while waiting for ${options.what}`);
    if (wake === 'timeout') return condition();
  }
  return true;
}
