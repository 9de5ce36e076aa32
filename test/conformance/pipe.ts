import type {
  FileCall,
  FileOperations,
  FileStatus,
  UserSlice,
} from '../../compositor/kernel/task/open-file.ts';
import type { Probe } from './probe.ts';

/** Bytes on their way from one end of a pipe to the other. */
interface Way {
  bytes: Uint8Array;
}

/**
 * An end of a pipe that is never full or empty when it is used: all that a probe asks of one is that it copies from and
 * to the memory of its process.
 */
class PipeEnd implements FileOperations {
  readonly kind = 'pipe';
  readonly #inode: bigint;
  readonly #way: Way;

  constructor(inode: bigint, way: Way) {
    this.#inode = inode;
    this.#way = way;
  }

  describe(): string {
    return `pipe:[${this.#inode}]`;
  }

  status(): FileStatus {
    return { inode: this.#inode, size: 0n, mode: 0o10600 };
  }

  write(_call: FileCall, bytes: Uint8Array): number {
    this.#way.bytes = new Uint8Array([...this.#way.bytes, ...bytes]);
    return bytes.length;
  }

  read(_call: FileCall, into: UserSlice): number {
    const { bytes } = this.#way;
    const taken = bytes.subarray(0, into.length);
    into.write(0, taken);
    this.#way.bytes = bytes.subarray(taken.length);
    return taken.length;
  }
}

/** pipe(2): descriptors to read from and to write to. */
export function openPipe({ kernel, task }: Probe): { readonly from: number; readonly to: number } {
  const way: Way = { bytes: new Uint8Array(0) };
  const inode = kernel.allocateInode();
  const end = () => task.files.add(kernel.file(new PipeEnd(inode, way)), false);
  return { from: end(), to: end() };
}
