import { F_SEAL_SEAL, O_CREAT, O_EXCL } from '../../../protocol/uapi/fcntl.ts';
import type { FileSystem, Kernel } from '../kernel.ts';
import { KernelError, require } from '../task/kernel-error.ts';
import type { FileOperations } from '../task/open-file.ts';
import type { Task } from '../task/task.ts';
import { createFileBacking } from './create-backing.ts';
import { MemFile } from './memfd.ts';

const DEFAULT_MODE = 0o600;

/**
 * Files in memory that have names (`mm/shmem.c`), in one directory. They are what memfds are, but for the names; they
 * can never be sealed.
 */
class Tmpfs implements FileSystem, Disposable {
  readonly #kernel: Kernel;
  readonly #directory: string;
  readonly #files = new Map<string, MemFile>();

  constructor(kernel: Kernel, directory: string) {
    this.#kernel = kernel;
    this.#directory = directory;
  }

  /** ENOENT, EEXIST, EACCES, ENOMEM. */
  open(name: string, task: Task, flags: number): FileOperations {
    const found = this.#files.get(name);
    if (!found) return this.#create(name, task, flags);
    require((flags & (O_CREAT | O_EXCL)) !==
      (O_CREAT | O_EXCL), 'EEXIST', `${this.#directory}/${name} exists`);
    found.openFor(task, flags);
    return found;
  }

  [Symbol.dispose](): void {
    for (const file of this.#files.values()) file.release();
    this.#files.clear();
  }

  #create(name: string, { credentials }: Task, flags: number): MemFile {
    if ((flags & O_CREAT) === 0) throw new KernelError('ENOENT', `there is no ${this.#directory}/${name}`);
    const kernel = this.#kernel;
    kernel.mayAllocate('tmpfs file');
    const file = new MemFile({
      kernel,
      path: `${this.#directory}/${name}`,
      name,
      backing: createFileBacking(kernel, name, true),
      seals: F_SEAL_SEAL,
      owner: credentials.uid,
      mode: DEFAULT_MODE,
      links: 1,
    });
    // One use is the opener's, the other the directory's.
    file.use();
    this.#files.set(name, file);
    return file;
  }
}

/** Mounts an empty tmpfs, which goes with the kernel. */
export function mountTmpfs(kernel: Kernel, directory: string): void {
  kernel.mount(directory, kernel.own(new Tmpfs(kernel, directory)));
}
