import {
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  O_LARGEFILE,
  O_RDONLY,
} from '../../../protocol/uapi/fcntl.ts';
import type { Kernel } from '../kernel.ts';
import type { OpenFile } from '../task/open-file.ts';
import { createFileBacking } from './create-backing.ts';
import { MemFile } from './memfd.ts';

/** Nothing is left to a process but reading. */
const READ_ONLY = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;

/** A file in memory that the kernel keeps writing and processes can only read. */
export interface ShmemFile extends Disposable {
  /** For `task.files.install`: open for reading, sealed from its birth. The installed descriptor owns a reference. */
  open(): OpenFile;
  /** Writes as the kernel, whom seals do not bind; readers see it at once. */
  write(bytes: Uint8Array, offset: number): void;
}

/**
 * A file of `bytes` bytes made by a driver (`shmem_file_setup`), to be installed as a descriptor. Nobody can change it but
 * its maker; no process ever had it writable, so there is nothing to seal late and no older mapping. ENOMEM.
 */
export function createShmemFile(kernel: Kernel, name: string, bytes: number): ShmemFile {
  kernel.mayAllocate('shmem file');
  // Of this process alone: a real descriptor of it could be written by whoever it is given to.
  const backing = createFileBacking(kernel, name, false);
  const file = new MemFile({
    kernel,
    path: `/${name} (deleted)`,
    name,
    backing,
    seals: READ_ONLY,
    owner: null,
    mode: 0o444,
  });
  try {
    backing.resize(bytes);
  } catch (error) {
    file.release();
    throw error;
  }
  return {
    open() {
      file.use();
      return kernel.file(file, O_RDONLY | O_LARGEFILE);
    },
    write: (source, offset) => void backing.write(source, offset),
    [Symbol.dispose]: () => file.release(),
  };
}
