// Waiting with limits: one place where time-outs, signals and the end of the connection meet.
import { WaitExpired } from './errors.ts';
import type { WaitOptions } from './options.ts';

/** What a wait is about, asked for when it has taken too long. */
export interface Explanation {
  readonly waitedFor: string;
  readonly holders: readonly string[];
}

export interface Waiting<T> {
  /** Begins, and returns what gives it up. */
  start(resolve: (value: T) => void, reject: (error: unknown) => void): () => void;
  /** Says who is in the way; it may ask the kernel. */
  explain(): Explanation | Promise<Explanation>;
}

/** Calls back after some milliseconds without keeping a process alive. */
export function after(milliseconds: number, run: () => void): Disposable {
  const timer: unknown = setTimeout(run, milliseconds);
  (timer as { unref?(): void }).unref?.();
  return { [Symbol.dispose]: () => clearTimeout(timer as number) };
}

/** A promise for what `waiting` waits for, rejected when one of the limits is reached first. */
export function wait<T>(waiting: Waiting<T>, { timeout, signal }: WaitOptions = {}): Promise<T> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise<T>((resolve, reject) => {
    let over = false;
    let timer: Disposable | null = null;
    let stop: (() => void) | null = null;
    const end = (settle: () => void) => {
      if (over) return;
      over = true;
      timer?.[Symbol.dispose]();
      signal?.removeEventListener('abort', aborted);
      settle();
    };
    const aborted = () =>
      end(() => {
        stop?.();
        reject(signal?.reason);
      });
    const expired = (milliseconds: number) =>
      end(() => {
        // Given up before anybody is asked, so that nothing is handed to a wait that is over.
        stop?.();
        explained(waiting).then(({ waitedFor, holders }) =>
          reject(new WaitExpired(waitedFor, milliseconds, holders)),
        );
      });
    stop = waiting.start(
      value => end(() => resolve(value)),
      error => end(() => reject(error)),
    );
    if (over) return;
    signal?.addEventListener('abort', aborted);
    if (timeout !== undefined) timer = after(timeout, () => expired(timeout));
  });
}

async function explained<T>(waiting: Waiting<T>): Promise<Explanation> {
  try {
    return await waiting.explain();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { waitedFor: 'a wait', holders: [`nobody can say who is in the way: ${why}`] };
  }
}

/** Something that changes, and those who wait for it to be otherwise. */
export class Changes {
  readonly #waiters = new Set<() => void>();

  notify(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }

  /** Calls `changed` after every change until disposed of. */
  on(changed: () => void): Disposable {
    this.#waiters.add(changed);
    return { [Symbol.dispose]: () => void this.#waiters.delete(changed) };
  }
}
