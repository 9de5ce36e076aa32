import type { FileSystem, Kernel } from '../kernel.ts';
import { KernelError, require } from './kernel-error.ts';
import type { FileCall, FileOperations, FileStatus, UserSlice } from './open-file.ts';
import type { Task } from './task.ts';

/** A file of text that the kernel writes when it is opened: procfs, sysfs, debugfs (`fs/seq_file.c`). */
export class TextFile implements FileOperations {
  readonly kind = 'text file';
  readonly #inode: bigint;
  readonly path: string;
  readonly #bytes: Uint8Array;

  constructor(kernel: Kernel, path: string, text: string) {
    this.#inode = kernel.allocateInode();
    this.path = path;
    this.#bytes = new TextEncoder().encode(text);
  }

  describe(): string {
    return this.path;
  }

  status(): FileStatus {
    return { inode: this.#inode, size: 0n, mode: 0o100444 };
  }

  read(call: FileCall, into: UserSlice): number {
    const at = Number(call.file.position);
    const part = this.#bytes.subarray(at, at + into.length);
    if (part.length > 0) into.write(0, part);
    call.file.position += BigInt(part.length);
    return part.length;
  }
}

/** A directory of text files, by their names. */
export class TextDirectory implements FileSystem {
  readonly path: string;
  readonly #kernel: Kernel;
  readonly #files: { readonly [name: string]: () => string };
  readonly #readers: 'everybody' | 'root';

  /** `readers`: for root alone, or for everybody. */
  constructor(
    kernel: Kernel,
    path: string,
    files: { readonly [name: string]: () => string },
    readers: 'everybody' | 'root' = 'everybody',
  ) {
    this.#kernel = kernel;
    this.path = path;
    this.#files = files;
    this.#readers = readers;
  }

  /** EACCES, ENOENT. */
  open(name: string, task: Task): TextFile {
    require(this.#readers === 'everybody' ||
      task.credentials.uid ===
        0, 'EACCES', `${this.path} is for root, ${task.name} has uid ${task.credentials.uid}`);
    const text = Object.hasOwn(this.#files, name) ? this.#files[name] : undefined;
    if (!text) throw new KernelError('ENOENT', `there is no ${this.path}/${name}`);
    return new TextFile(this.#kernel, `${this.path}/${name}`, text());
  }
}
