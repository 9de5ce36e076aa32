// Failures of the kernel, staged for one process: what its calls meet is the test's to say.

import { KernelError, type Task } from '../../compositor/kernel/task/index.ts';
import type { ErrnoName } from '../../compositor/kernel/task/kernel-error.ts';
import { deferred } from '../../compositor/kernel/task/system-call.ts';
import { DRM_EVENT_FLIP_COMPLETE, drm_event } from '../../protocol/uapi/drm.ts';

export interface FailureOptions {
  /** How many calls fail, one after another; default 1. */
  readonly times?: number;
  /** Calls whose argument it says no to go through and are not counted. */
  readonly when?: (argument: unknown, fd: number) => boolean;
}

interface Rule {
  readonly call: string;
  readonly code: ErrnoName;
  readonly when: (argument: unknown, fd: number) => boolean;
  left: number;
}

/** Stands between a process and the kernel. Does nothing until it is told what fails. */
export class KernelFailures {
  readonly #rules = new Set<Rule>();
  #lostFlips = 0;
  #withoutDescriptors = 0;
  #struck = 0;

  constructor(task: Task) {
    this.#interceptCalls(task);
    this.#interceptEvents(task);
    const reserve = task.files.reserve.bind(task.files);
    task.files.reserve = lowest => {
      if (this.#withoutDescriptors > 0) {
        this.#struck++;
        throw new KernelError('EMFILE', 'no descriptor is left, says a test');
      }
      return reserve(lowest);
    };
  }

  /** Calls that have failed and events that were lost so far. */
  get struck(): number {
    return this.#struck;
  }

  /** Fails the next calls of an ioctl, given by its name, with an errno. */
  failNext(call: string, code: ErrnoName, { times = 1, when = () => true }: FailureOptions = {}): Disposable {
    const rule: Rule = { call, code, when, left: times };
    this.#rules.add(rule);
    return { [Symbol.dispose]: () => void this.#rules.delete(rule) };
  }

  /** The events of the next flips are never read; disposed, those that follow are. */
  loseFlips(count: number): Disposable {
    this.#lostFlips += count;
    return {
      [Symbol.dispose]: () => {
        this.#lostFlips = 0;
      },
    };
  }

  /** The process gets no further descriptor (EMFILE) until disposed. */
  exhaustDescriptors(): Disposable {
    this.#withoutDescriptors++;
    let over = false;
    return {
      [Symbol.dispose]: () => {
        if (!over) this.#withoutDescriptors--;
        over = true;
      },
    };
  }

  #strike(call: string, argument: unknown, fd: number): void {
    for (const rule of this.#rules) {
      if (rule.call !== call || rule.left === 0 || !rule.when(argument, fd)) continue;
      rule.left--;
      this.#struck++;
      throw new KernelError(rule.code, `${call} fails, says a test`);
    }
  }

  #interceptCalls(task: Task): void {
    const [call, callForNumber, startCall] = [
      task.call.bind(task),
      task.callForNumber.bind(task),
      task.startCall.bind(task),
    ];
    task.call = (fd, ioctl, value) => {
      this.#strike(ioctl.name, value, fd);
      return call(fd, ioctl, value);
    };
    task.callForNumber = (fd, ioctl, value) => {
      this.#strike(ioctl.name, value, fd);
      return callForNumber(fd, ioctl, value);
    };
    task.startCall = (fd, ioctl, value) => {
      try {
        this.#strike(ioctl.name, value, fd);
      } catch (error) {
        return task.start(
          ioctl.name,
          deferred(() => {
            throw error;
          }),
        );
      }
      return startCall(fd, ioctl, value);
    };
  }

  #interceptEvents(task: Task): void {
    const read = task.read.bind(task);
    task.read = (fd, length) => {
      const bytes = read(fd, length);
      return this.#lostFlips > 0 ? this.#withoutFlips(bytes) : bytes;
    };
  }

  #withoutFlips(bytes: Uint8Array): Uint8Array {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const kept: number[] = [];
    for (let at = 0; at + drm_event.size <= bytes.length; ) {
      const { type, length } = drm_event.read(view, at);
      if (type === DRM_EVENT_FLIP_COMPLETE && this.#lostFlips > 0) {
        this.#lostFlips--;
        this.#struck++;
      } else kept.push(...bytes.subarray(at, at + length));
      at += length;
    }
    return Uint8Array.from(kept);
  }
}
