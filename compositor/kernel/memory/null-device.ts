import type { Kernel } from '../kernel.ts';
import type { FileCall, FileOperations, FileStatus } from '../task/open-file.ts';

/** Adds `/dev/null` (`drivers/char/mem.c`). */
export function addNullDevice(kernel: Kernel): Disposable {
  return kernel.addNode({ path: '/dev/null', access: 'everybody', open: () => new NullDevice(kernel) });
}

class NullDevice implements FileOperations {
  readonly kind = 'null device';
  readonly #inode: bigint;

  constructor(kernel: Kernel) {
    this.#inode = kernel.allocateInode();
  }

  describe(): string {
    return '/dev/null';
  }

  status(): FileStatus {
    return { inode: this.#inode, size: 0n, mode: 0o20666 };
  }

  read(): number {
    return 0;
  }

  write(_call: FileCall, bytes: Uint8Array): number {
    return bytes.length;
  }

  seek(): bigint {
    return 0n;
  }
}
