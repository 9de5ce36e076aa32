import { ERRNO, type ErrnoName } from '../../../protocol/uapi/errno.ts';

export { ERRNO, type ErrnoName };

/** A failed system call: `code` and `errno` are Linux's, `syscall` names the call, the message says what was wrong. */
export class KernelError extends Error {
  override readonly name = 'KernelError';
  readonly code: ErrnoName;
  readonly errno: number;
  /** Filled in by the Task at whose border the error leaves the kernel. */
  syscall = '';
  readonly detail: string;
  /** Whether the call begins anew when the signal that ended it allows that (ERESTARTSYS): of EINTR, unless told. */
  readonly restarts: boolean;

  constructor(code: ErrnoName, detail: string, restarts = code === 'EINTR') {
    super(`${code}: ${detail}`);
    this.code = code;
    this.errno = ERRNO[code];
    this.detail = detail;
    this.restarts = restarts;
  }
}

/** Throws the KernelError `code` unless `condition` holds. On hot paths the detail is a function: most never fail. */
export function require(
  condition: unknown,
  code: ErrnoName,
  detail: string | (() => string),
): asserts condition {
  if (!condition) throw new KernelError(code, typeof detail === 'string' ? detail : detail());
}
