import { BusError } from '../task/address-space.ts';
import { KernelError, require } from '../task/kernel-error.ts';
import type { Backing, Pin } from './backing.ts';

/**
 * The memory of a file of huge pages (`fs/hugetlbfs/inode.c`) on a machine that has set none aside: it has a size, reads
 * as zeros, and whoever needs a page of it gets ENOMEM.
 */
export class HugePages implements Backing {
  readonly hostDescriptor = null;
  readonly pins = 0;
  readonly #pageSize: number;
  #size = 0;

  constructor(pageSize: number) {
    this.#pageSize = pageSize;
  }

  get size(): number {
    return this.#size;
  }

  pin(): Pin {
    throw this.#none();
  }

  hold(): never {
    throw this.#none();
  }

  view(): Uint8Array {
    throw new BusError('there are no huge pages');
  }

  keep(): Disposable {
    throw this.#none();
  }

  read(target: Uint8Array, offset: number): number {
    const count = Math.max(0, Math.min(target.length, this.#size - offset));
    target.fill(0, 0, count);
    return count;
  }

  write(): number {
    throw new KernelError('EINVAL', 'a file of huge pages is written through mappings');
  }

  /** EINVAL for anything but whole huge pages. */
  resize(size: number): void {
    require(size % this.#pageSize === 0, 'EINVAL', `${size} bytes are no whole pages of ${this.#pageSize}`);
    this.#size = size;
  }

  punch(): void {}

  /** `hugetlbfs_file_mmap`: mappings are of whole huge pages, and have theirs set aside for them. */
  reserve(offset: number, length: number): void {
    require(offset % this.#pageSize === 0 &&
      length % this.#pageSize ===
        0, 'EINVAL', `a mapping of ${length} bytes at ${offset} is not of whole pages of ${this.#pageSize}`);
    throw this.#none();
  }

  populate(): void {
    throw this.#none();
  }

  [Symbol.dispose](): void {}

  #none(): KernelError {
    return new KernelError('ENOMEM', `no huge pages of ${this.#pageSize} bytes are set aside`);
  }
}
