import { KernelError } from './kernel-error.ts';
import type { KernelThread, Sleeping } from './kernel-thread.ts';
import type { OpenFile } from './open-file.ts';

/** Names the system call in an error that leaves the kernel. */
function withSyscall(error: unknown, syscall: string): unknown {
  if (error instanceof KernelError && error.syscall === '') {
    error.syscall = syscall;
    error.message = `${syscall}: ${error.message}`;
  }
  return error;
}

/** Runs a call that does not sleep; its errors name it. */
export function naming<T>(syscall: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw withSyscall(error, syscall);
  }
}

/** A body whose errors name the system call. */
export function* named<T>(syscall: string, body: Sleeping<T>): Sleeping<T> {
  try {
    return yield* body;
  } catch (error) {
    throw withSyscall(error, syscall);
  }
}

/** Runs a call inside its thread, whether it turns out to sleep or not. */
export function* deferred<T>(enter: () => T | Sleeping<T>): Sleeping<T> {
  const outcome = enter();
  return isSleeping<T>(outcome) ? yield* outcome : outcome;
}

export function* map<T, U>(body: Sleeping<T>, change: (value: T) => U): Sleeping<U> {
  return change(yield* body);
}

function isSleeping<T>(outcome: T | Sleeping<T>): outcome is Sleeping<T> {
  return typeof outcome === 'object' && outcome !== null && Symbol.iterator in outcome;
}

/** A call that begins anew when the signal that ended it asks for that, and the call is one that does (`signal(7)`). */
export function* restarting<T>(enter: () => T | Sleeping<T>, asked: () => boolean): Sleeping<T> {
  for (;;) {
    try {
      return yield* deferred(enter);
    } catch (error) {
      if (!(error instanceof KernelError && error.restarts && asked())) throw error;
    }
  }
}

/** Sleeps until another thread has ended, whatever signals come. */
export function* joined(thread: KernelThread): Sleeping<void> {
  yield {
    what: thread.label,
    interruptible: false,
    arm: wake => {
      thread.whenEnded(wake);
      return () => {};
    },
  };
}

/** Keeps the file while a call on it sleeps: its descriptor may be closed meanwhile. */
export function* holding<T>(file: OpenFile, body: Sleeping<T>): Sleeping<T> {
  file.get();
  try {
    return yield* body;
  } finally {
    file.put();
  }
}
