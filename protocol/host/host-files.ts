/**
 * Real files of the host, as the kernel uses them for memory that descriptors carry to other processes. Sizes, offsets
 * and addresses are in bytes; every method throws `HostError` with the errno of the call behind it.
 */
export interface HostFiles {
  /** Makes a sealable, close-on-exec memfd of `bytes` zero bytes (`memfd_create(2)`, `MFD_ALLOW_SEALING`). */
  memfd(name: string, bytes: number): number;
  /** `st_size` of the file. */
  size(fd: number): number;
  /** The file's seals (`F_GET_SEALS`), `null` for a file that cannot have any. */
  seals(fd: number): number | null;
  /** `F_ADD_SEALS`. EPERM once sealed with `F_SEAL_SEAL` or through a read-only descriptor, EINVAL for a file that cannot have seals. */
  addSeals(fd: number, seals: number): void;
  truncate(fd: number, bytes: number): void;
  /** Gives a range back, so that it reads as zeros; the size stays (`FALLOC_FL_PUNCH_HOLE`). EPERM when sealed against writing. */
  punch(fd: number, offset: number, bytes: number): void;
  /** Where data, or the next hole, begins from `offset` on (`SEEK_DATA`, `SEEK_HOLE`); `null` when nothing follows. */
  nextRange(fd: number, offset: number, kind: 'data' | 'hole'): number | null;
  /** Reads at `offset` into `target`; returns the bytes read, fewer than asked for only at the end of the file. */
  pread(fd: number, target: Uint8Array, offset: number): number;
  /** Writes `source` at `offset`; returns the bytes written. */
  pwrite(fd: number, source: Uint8Array, offset: number): number;
  /**
   * Maps pages of a file, shared and writable, over `[address, address + length)` of the memory. Address, length and
   * offset are multiples of `pageBytes`. The mapping holds the file by itself: `fd` may be closed afterwards. A file
   * that shrinks under a mapping raises SIGBUS, so map only what `F_SEAL_SHRINK` protects.
   */
  mapFixed(memory: WebAssembly.Memory, address: number, length: number, fd: number, offset: number): void;
  /** Puts private zero pages back over the range. The range is never left unmapped: the memory would have a hole. */
  unmapFixed(memory: WebAssembly.Memory, address: number, length: number): void;
  /** A duplicate with close-on-exec set (`F_DUPFD_CLOEXEC`). */
  dup(fd: number): number;
  close(fd: number): void;
  /** Whether a memfd mapped into a shared WebAssembly memory was seen by both sides in the start-up self-test. */
  readonly canMap: boolean;
  /** Why `canMap` is false; empty when it is true. */
  readonly cannotMapReason: string;
  /** Descriptors made or adopted here and not yet closed: for leak checks. */
  readonly open: number;
  /** Counts a descriptor that arrived some other way (beside a message) as one of ours. */
  adopt(fd: number): void;
  /** The host's page size. */
  readonly pageBytes: number;
  /** What can be done with descriptors that are no files with a size; left out where those cannot come. */
  readonly streams?: HostStreams;
}

/** Pipes, sockets and the like, from other processes: nothing here waits. Every method throws `HostError`. */
export interface HostStreams {
  /** Whether a descriptor is one of these, rather than a file with a size. */
  isStream(fd: number): boolean;
  /** O_ACCMODE, O_NONBLOCK, ... of the descriptor (`F_GETFL`). */
  flags(fd: number): number;
  /**
   * An open file of our own of the same pipe, which never blocks: O_NONBLOCK on theirs would be seen by the process that
   * sent it, and without it a peer that reads what we were told of would stop this process. Null for what is no pipe. ENXIO
   * for writing to a pipe that nobody reads.
   */
  openAgain(fd: number, access: 'read' | 'write'): number | null;
  /** Closes what `openAgain` opened. */
  closeOwn(fd: number): void;
  /** EAGAIN when there is nothing; 0 at the end. */
  read(fd: number, target: Uint8Array): number;
  /** EAGAIN when there is no room, EPIPE when nobody reads. */
  write(fd: number, source: Uint8Array): number;
  /** What of `events`, POLLERR and POLLHUP holds now (`poll(2)`). */
  ready(fd: number, events: number): number;
  /** Calls back once when one of `events` (of `poll(2)`) holds; one watch for each descriptor. */
  watch(fd: number, events: number, ready: () => void): Disposable;
}

export const F_SEAL_SEAL = 0x1;
export const F_SEAL_SHRINK = 0x2;
export const F_SEAL_GROW = 0x4;
export const F_SEAL_WRITE = 0x8;
export const F_SEAL_FUTURE_WRITE = 0x10;
