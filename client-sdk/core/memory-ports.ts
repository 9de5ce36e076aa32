// What the core asks of the place it runs in: the adapters at the edge answer.

/** Bytes of somebody else's memory as they are. After disposal `data` is of no more use. */
export interface MappedMemory extends Disposable {
  readonly data: Uint8Array;
}

/** Real memory of this process: memfds that descriptors carry to the server. Numbers are host descriptors. */
export interface HostMemory {
  /** Whether `map` works here; where it does not, pixels go through `pread` and `pwrite`. */
  readonly canMap: boolean;
  /** A memfd of `bytes` zero bytes, sealed against shrinking. */
  memfd(name: string, bytes: number): number;
  /** Maps `length` bytes from `offset`, shared and writable. The mapping holds the file: `fd` may be closed. */
  map(fd: number, offset: number, length: number): MappedMemory;
  /** Reads from the file's beginning. */
  pread(fd: number, target: Uint8Array): void;
  pwrite(fd: number, source: Uint8Array, offset: number): void;
  close(fd: number): void;
}

/** The memory behind a file of the client's Task, where client and kernel are one process. */
export interface LocalMemory {
  /** Maps the first `length` bytes of the Task's file `fd` (memfd or dma-buf). */
  view(fd: number, length: number): MappedMemory;
}
