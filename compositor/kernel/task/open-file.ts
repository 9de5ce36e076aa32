import type { Fence } from '../sync/fence.ts';
import type { MappedObject, PageKind } from './address-space.ts';
import { KernelError } from './kernel-error.ts';
import type { KernelThread, Sleeping } from './kernel-thread.ts';
import type { Task } from './task.ts';
import type { WaitQueue } from './wait-queue.ts';

/** What fstat reports of a file. */
export interface FileStatus {
  readonly inode: bigint;
  /** Bytes; 0 for files without a size. */
  readonly size: bigint;
  readonly mode: number;
  /** `st_rdev`; 0 where it is left out. */
  readonly deviceNumber?: bigint;
  /** Hard links; 1 where it is left out. */
  readonly links?: number;
  /** What is best read at once; a page where it is left out. */
  readonly blockSize?: number;
  /** Units of 512 bytes that it takes; 0 where it is left out. */
  readonly blocks?: bigint;
}

export interface PollAnswer {
  /** POLLIN, POLLOUT, ... that hold now. */
  readonly mask: number;
  /** Woken when the mask may have changed. */
  readonly queue: WaitQueue;
}

/** A file as a call finds it: the open file and the Task whose call it is. */
export interface FileCall {
  readonly task: Task;
  readonly file: OpenFile;
}

/** What mmap(2) asks of a file; lengths are whole pages. */
export interface MapRequest {
  readonly offset: bigint;
  readonly length: bigint;
  /** PROT_READ, PROT_WRITE, PROT_EXEC. */
  readonly protection: number;
  /** MAP_SHARED rather than MAP_PRIVATE. */
  readonly shared: boolean;
}

/** What a file puts behind a mapping. */
export interface FileMapping {
  readonly object: MappedObject;
  /** Where in the object the mapping begins. */
  readonly offset: bigint;
  /** PROT_WRITE when mprotect must never make it writable. */
  readonly denied?: number;
  /** Default 'ordinary'. */
  readonly pages?: PageKind;
}

/** Memory of the caller that a read fills. `write` throws EFAULT if the caller's address is bad. */
export interface UserSlice {
  readonly length: number;
  /** `access_ok`: EFAULT for what no process can have mapped, before anything is waited for. */
  checkRange(): void;
  write(offset: number, bytes: Uint8Array): void;
}

/**
 * What an object of the kernel does as a file (`struct file_operations`). A call that is missing fails with the errno
 * that Linux's VFS gives for it. Calls that can sleep return a generator.
 */
export interface FileOperations {
  /** The field's name for it: 'sync_file', 'dma-buf', 'memfd', 'drm', 'eventfd', ... */
  readonly kind: string;
  /** It lies on a mount that is `noexec`: nothing of it is mapped for execution (EPERM). */
  readonly noExec?: boolean;
  /** The number of that mount, for fdinfo. */
  readonly mount?: number;
  /** The path that it was opened by. */
  readonly path?: string;
  /** A name for people; what /proc/PID/fd shows of a file without a path. */
  describe(): string;
  status(): FileStatus;
  /** The fences that it keeps, for observation. */
  fences?(): Iterable<Fence>;
  /** Further lines of /proc/PID/fdinfo. */
  fdInfo?(): readonly string[];
  /** open(2) of its link in /proc/PID/fd: another open file of the same object; without it ENXIO, but for device nodes. */
  reopen?(flags: number, task: Task): OpenFile;
  ioctl?(call: FileCall, request: number, argument: bigint): number | Sleeping<number>;
  poll?(call: FileCall, events: number): PollAnswer;
  read?(call: FileCall, into: UserSlice): number | Sleeping<number>;
  write?(call: FileCall, bytes: Uint8Array): number | Sleeping<number>;
  readAt?(target: Uint8Array, offset: bigint): number;
  writeAt?(source: Uint8Array, offset: bigint): number;
  seek?(call: FileCall, offset: bigint, whence: number): bigint;
  truncate?(size: bigint): void;
  /** fallocate(2), whose arguments are sound. */
  allocate?(mode: number, offset: bigint, length: bigint): void;
  /** fsync(2), and msync(2) of a shared mapping; EINVAL where it is missing. */
  sync?(): void;
  /** fchmod(2): the permission bits. */
  changeMode?(mode: number, task: Task): void;
  addSeals?(seals: number, call: FileCall): void;
  seals?(): number;
  /** The object behind a mapping of `length` bytes from `offset`; checks what Linux's mmap operation checks. */
  map?(call: FileCall, request: MapRequest): FileMapping;
  /**
   * A real descriptor of the host with the same bytes, lent to the caller, and where in it this file begins; null when
   * there is none. It exists so that a client of another process can map what it holds.
   */
  hostDescriptor?(): { fd: number; offset: bigint } | null;
  /** The last reference is gone. */
  release?(): void | Sleeping<void>;
}

/**
 * An open file description: what `dup` and SCM_RIGHTS share. Descriptors, mappings and device state each hold a
 * reference; the object is released with the last.
 */
export class OpenFile {
  readonly operations: FileOperations;
  /** O_NONBLOCK, O_RDWR, ...; O_CLOEXEC belongs to the descriptor. */
  flags: number;
  position = 0n;
  #references = 1;
  readonly #onRelease: (body: Sleeping<void>, what: string) => KernelThread;

  /** Made by `Kernel.file`, which knows how to run a release that sleeps. */
  constructor(
    operations: FileOperations,
    flags: number,
    onRelease: (body: Sleeping<void>, what: string) => KernelThread,
  ) {
    this.operations = operations;
    this.flags = flags;
    this.#onRelease = onRelease;
  }

  get references(): number {
    return this.#references;
  }

  /** Takes one more reference. */
  get(): this {
    if (this.#references === 0) throw new Error(`${this.operations.describe()} was already released`);
    this.#references++;
    return this;
  }

  /** Drops a reference; the last releases the object, on the thread that is returned where that can sleep. */
  put(): KernelThread | null {
    if (this.#references === 0) throw new Error(`${this.operations.describe()} was released once too often`);
    if (--this.#references > 0) return null;
    const rest = this.operations.release?.();
    return rest ? this.#onRelease(rest, `close of ${this.operations.describe()}`) : null;
  }

  /** Its operations as the class wanted, or EINVAL: the descriptor names a file of another kind. */
  as<T extends FileOperations>(type: abstract new (...args: never[]) => T, wanted: string): T {
    if (this.operations instanceof type) return this.operations;
    throw new KernelError('EINVAL', `the descriptor is a ${this.operations.kind}, expected a ${wanted}`);
  }
}
