import { KernelError } from './kernel-error.ts';
import type { OpenFile } from './open-file.ts';

interface Descriptor {
  file: OpenFile;
  closeOnExec: boolean;
}

/** A Task's descriptors: lowest free number first (POSIX), EBADF and EMFILE as Linux gives them. */
export class DescriptorTable {
  /** RLIMIT_NOFILE: new numbers are below it. Lowering it closes nothing. */
  limit: number;
  readonly #slots: (Descriptor | 'reserved' | undefined)[] = [];
  #open = 0;
  #lowestFree = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Descriptors in use, reserved ones included. */
  get size(): number {
    return this.#open;
  }

  /**
   * Takes a number without a file yet (`get_unused_fd_flags`), so that everything that can fail is done before
   * `install`, which can't. EMFILE when no number from `lowest` on is free.
   */
  reserve(lowest = 0): number {
    let fd = Math.max(this.#lowestFree, lowest);
    while (fd < this.#slots.length && this.#slots[fd]) fd++;
    if (fd >= this.limit)
      throw new KernelError('EMFILE', `the process has ${this.#open} open files, its limit is ${this.limit}`);
    this.#slots[fd] = 'reserved';
    if (lowest <= this.#lowestFree) this.#lowestFree = fd + 1;
    this.#open++;
    return fd;
  }

  /** Gives a reserved number its file (`fd_install`); the table takes over the caller's reference. */
  install(fd: number, file: OpenFile, closeOnExec = true): number {
    if (this.#slots[fd] !== 'reserved') throw new Error(`descriptor ${fd} was not reserved`);
    this.#slots[fd] = { file, closeOnExec };
    return fd;
  }

  /** Gives a reserved number back (`put_unused_fd`). */
  unreserve(fd: number): void {
    if (this.#slots[fd] !== 'reserved') throw new Error(`descriptor ${fd} was not reserved`);
    this.#clear(fd);
  }

  /** Installs a reference that the caller hands over, at the lowest free number; drops it when there is none. EMFILE. */
  add(file: OpenFile, closeOnExec = true, lowest = 0): number {
    let fd: number;
    try {
      fd = this.reserve(lowest);
    } catch (error) {
      file.put();
      throw error;
    }
    return this.install(fd, file, closeOnExec);
  }

  /** The file behind a number, borrowed; EBADF when there is none. */
  get(fd: number): OpenFile {
    const slot = this.#slots[fd];
    if (!slot || slot === 'reserved') throw new KernelError('EBADF', `descriptor ${fd} is not open`);
    return slot.file;
  }

  /** The file behind a number, borrowed, or undefined: for calls whose errno for a bad number is their own. */
  find(fd: number): OpenFile | undefined {
    const slot = this.#slots[fd];
    return slot === 'reserved' ? undefined : slot?.file;
  }

  closeOnExec(fd: number): boolean {
    this.get(fd);
    return (this.#slots[fd] as Descriptor).closeOnExec;
  }

  setCloseOnExec(fd: number, value: boolean): void {
    this.get(fd);
    (this.#slots[fd] as Descriptor).closeOnExec = value;
  }

  /** Takes a number out of the table; the caller drops the reference it returns. EBADF when it is not open. */
  remove(fd: number): OpenFile {
    const file = this.get(fd);
    this.#clear(fd);
    return file;
  }

  *entries(): IterableIterator<[number, OpenFile]> {
    for (const [fd, slot] of this.#slots.entries()) if (slot && slot !== 'reserved') yield [fd, slot.file];
  }

  #clear(fd: number): void {
    this.#slots[fd] = undefined;
    this.#open--;
    if (fd < this.#lowestFree) this.#lowestFree = fd;
  }
}
