// Metadata records in a client's sealed memfd.
import {
  F_GET_SEALS,
  F_SEAL_FUTURE_WRITE,
  F_SEAL_GROW,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  PROT_READ,
} from '../../protocol/uapi/fcntl.ts';
import type { Task } from '../kernel/task/index.ts';
import type { OwnedDescriptor } from '../server/descriptors.ts';

/** Up to here a copy is cheaper than a mapping: `npm run bench -- metadata`. */
export const COPY_LIMIT = 64 << 10;

/** Bytes that nobody can change any more. */
export interface MetadataTable extends Disposable {
  readonly size: number;
  /** What of this process's own memory it takes. */
  readonly copied: number;
  /** A copy of one record. */
  record(offset: number, length: number): Uint8Array;
}

/** What the tables of one client take. */
export interface TableUsage {
  tables: number;
  copied: number;
}

/** Names of the seals that a memfd lacks to be read safely; none when it has them all. */
export function missingSeals(task: Task, fd: number): string[] {
  const seals = task.fcntl(fd, F_GET_SEALS, 0);
  const missing: string[] = [];
  if ((seals & F_SEAL_SHRINK) === 0) missing.push('F_SEAL_SHRINK');
  if ((seals & F_SEAL_GROW) === 0) missing.push('F_SEAL_GROW');
  if ((seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) === 0)
    missing.push('F_SEAL_WRITE or F_SEAL_FUTURE_WRITE');
  return missing;
}

/** Whether the memory has to be copied: it is small, or somebody may still write it through an older mapping. */
export function hasToCopy(task: Task, fd: number, size: number): boolean {
  return size <= COPY_LIMIT || (task.fcntl(fd, F_GET_SEALS, 0) & F_SEAL_WRITE) === 0;
}

/** Copies a table; the descriptor is closed. Throws a KernelError. */
export function copyTable(task: Task, descriptor: OwnedDescriptor, size: number): MetadataTable {
  const bytes = new Uint8Array(size);
  try {
    task.pread(descriptor.fd, bytes, 0n);
  } finally {
    descriptor[Symbol.dispose]();
  }
  return {
    size,
    copied: size,
    record: (offset, length) => bytes.slice(offset, offset + length),
    [Symbol.dispose]: () => {},
  };
}

/** Maps a table read-only; the descriptor is held as long. Throws a KernelError. */
export function mapTable(task: Task, descriptor: OwnedDescriptor, size: number): MetadataTable {
  let address: bigint;
  try {
    address = task.mmap(descriptor.fd, size, { protection: PROT_READ });
  } catch (error) {
    descriptor[Symbol.dispose]();
    throw error;
  }
  return {
    size,
    copied: 0,
    record: (offset, length) => task.memory.copyFromUser(address + BigInt(offset), length),
    [Symbol.dispose]: () => {
      if (!task.exited) task.munmap(address, size);
      descriptor[Symbol.dispose]();
    },
  };
}
