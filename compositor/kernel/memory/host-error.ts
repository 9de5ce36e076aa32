import { ERRNO, type ErrnoName, KernelError } from '../task/kernel-error.ts';

/** What a call to the host failed with, as the error of the system call that made it. */
function fromHost(error: unknown): unknown {
  if (error instanceof KernelError || !(error instanceof Error) || !('code' in error)) return error;
  const { code } = error;
  if (typeof code !== 'string' || !(code in ERRNO)) return error;
  return new KernelError(code as ErrnoName, `the host says ${error.message}`);
}

/** Calls the host; its errors become KernelErrors. */
export function onHost<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw fromHost(error);
  }
}
