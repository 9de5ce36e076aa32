// Errors that say nothing about what was asked.
import { type ErrnoName, KernelError } from '../kernel/task/index.ts';

const PASSING: ReadonlySet<ErrnoName> = new Set([
  'EAGAIN',
  'EBUSY',
  'ECANCELED',
  'EINTR',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
]);

/** A call that failed for lack of something, not for what it was given: the same call may go through later. */
export const isPassing = (error: unknown): boolean => error instanceof KernelError && PASSING.has(error.code);
