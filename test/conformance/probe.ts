import type { Kernel } from '../../compositor/kernel/kernel.ts';
import { KernelError } from '../../compositor/kernel/task/kernel-error.ts';
import type { KernelThread } from '../../compositor/kernel/task/kernel-thread.ts';
import type { Task } from '../../compositor/kernel/task/task.ts';
import { MILLISECOND } from '../../compositor/machine/machine.ts';
import type { VirtualMachine } from '../../compositor/machine/virtual-machine.ts';
import type { Json, Line, State } from './line.ts';
import type { System } from './system.ts';

export interface Outcome {
  /** -1 when the call failed. */
  readonly ret: number;
  readonly errno: string | null;
}

/** What a call may give: nothing counts as 0. */
export type Answer = number | bigint | void;

/** Longest virtual time that a call of a probe may sleep. */
const LIMIT = 60_000n * MILLISECOND;

/**
 * What the port of a probe program is written with. It makes system calls through one Task and notes each with its
 * answer. Nothing here knows a recording: the lines are what the model answered.
 */
export class Probe {
  readonly kernel: Kernel;
  readonly machine: VirtualMachine;
  readonly task: Task;
  readonly lines: Line[] = [];
  /** What the names of the following cases begin with. */
  prefix = '';
  setup = '';
  /** The outcome of the last `call`. */
  last: Outcome = { ret: 0, errno: null };

  constructor(system: System) {
    this.kernel = system.kernel;
    this.machine = system.machine;
    this.task = system.task;
  }

  /** Makes a call and notes it; `state` is asked after it. */
  call(
    name: string,
    what: string,
    body: () => Answer | Outcome,
    state?: (outcome: Outcome) => State,
  ): Outcome {
    this.last = outcomeOf(body);
    this.#note(name, what, this.last, state?.(this.last) ?? {});
    return this.last;
  }

  /** Notes something that was looked at rather than called. */
  observe(name: string, what: string, state: State = {}): void {
    this.#note(name, what, { ret: 0, errno: null }, state);
  }

  /** Lets a call that sleeps run to its end, in virtual time; what it returned, or the error it threw. */
  finish<T>(thread: KernelThread<T>): T {
    if (!thread.ended) this.machine.runUntil(() => thread.ended, LIMIT, thread.label);
    return thread.result();
  }

  /** poll(2) of one descriptor that waits at most `milliseconds`: what it returned, and the events. */
  poll(fd: number, events: number, milliseconds: number): { ret: number; revents: number } {
    let revents = this.task.poll(fd, events);
    if (revents === 0 && milliseconds > 0) {
      const until = this.machine.now() + BigInt(milliseconds) * MILLISECOND;
      let done = false;
      const watch = this.task.watch(fd, events, mask => {
        revents = mask;
        done = true;
      });
      const timer = this.machine.at(until, 'time-out of poll', () => {
        done = true;
      });
      this.machine.runUntil(() => done, LIMIT, 'the end of poll');
      watch.cancel();
      timer.cancel();
    }
    return { ret: revents === 0 ? 0 : 1, revents };
  }

  /** Sleeps. */
  sleep(milliseconds: number): void {
    this.machine.advance(BigInt(milliseconds) * MILLISECOND);
  }

  /** Runs `action` after that time, as another thread of the program would. */
  later(milliseconds: number, action: () => void): void {
    const when = this.machine.now() + BigInt(milliseconds) * MILLISECOND;
    this.machine.at(when, 'later in the probe', action);
  }

  /** A signal of the process after that time, whose handler does not restart calls (SIGALRM without SA_RESTART). */
  alarm(milliseconds: number): void {
    this.later(milliseconds, () => {
      for (const thread of [...this.task.sleeping]) thread.interrupt();
    });
  }

  #note(name: string, what: string, outcome: Outcome, state: State): void {
    this.lines.push({
      case: `${this.prefix}${name}`,
      setup: this.setup,
      call: what,
      ret: outcome.ret,
      errno: outcome.errno,
      state,
    });
  }
}

/** How a call ended. Anything but a failed system call is a mistake of the port, and goes on. */
export function outcomeOf(body: () => Answer | Outcome): Outcome {
  try {
    const answer = body();
    if (typeof answer === 'object') return { ret: answer.ret, errno: answer.errno };
    return { ret: Number(answer ?? 0), errno: null };
  } catch (error) {
    if (error instanceof KernelError) return { ret: -1, errno: error.code };
    throw error;
  }
}

/** What a call returned, or -1. */
export const returned = (body: () => Answer | Outcome): number => outcomeOf(body).ret;

/** 'ok', or the name of the error. */
export const okOrErrno = (body: () => Answer | Outcome): string => outcomeOf(body).errno ?? 'ok';

/** A mode or flags as C prints them with a leading 0. */
export const octal = (value: number): string => `0${value.toString(8)}`;

/** A byte as C prints it with 0x%02x. */
export const hexByte = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`;

/** Integers that a JSON number cannot hold are written as text. */
export const integer = (value: bigint): Json =>
  value > BigInt(Number.MAX_SAFE_INTEGER) || value < -BigInt(Number.MAX_SAFE_INTEGER)
    ? value.toString()
    : Number(value);
