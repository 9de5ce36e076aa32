import { O_ACCMODE, O_RDONLY, O_TRUNC, O_WRONLY } from '../../../protocol/uapi/fcntl.ts';
import { require } from './kernel-error.ts';
import type { Credentials } from './task.ts';

/** Whom a file belongs to and what it lets whom do. There are no groups: who is not the owner is anybody. */
export interface Ownership {
  /** A uid; null for nobody's. */
  readonly owner: number | null;
  /** Permission bits. */
  readonly mode: number;
}

const READ = 4;
const WRITE = 2;

/** `generic_permission` for open(2): EACCES unless the mode lets the caller open it like this. Root may always. */
export function requireMayOpen({ owner, mode }: Ownership, { uid }: Credentials, flags: number): void {
  const access = flags & O_ACCMODE;
  const reads = access !== O_WRONLY ? READ : 0;
  const writes = access !== O_RDONLY || (flags & O_TRUNC) !== 0 ? WRITE : 0;
  const allowed = uid === owner ? mode >> 6 : mode;
  require(uid === 0 || ((reads | writes) & ~allowed) === 0, 'EACCES', () =>
    `a file of uid ${owner} with mode 0${mode.toString(8)} cannot be opened like this by uid ${uid}`);
}

/** `setattr_prepare` for fchmod(2): EPERM unless the caller is the owner or root. */
export function requireMayChange({ owner }: Ownership, { uid }: Credentials): void {
  require(uid === 0 || uid === owner, 'EPERM', () =>
    `the file belongs to uid ${owner}, the caller is uid ${uid}`);
}
