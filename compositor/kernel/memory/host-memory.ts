import { F_SEAL_SHRINK } from '../../../protocol/uapi/fcntl.ts';
import type { HostFiles } from '../../machine/host-files.ts';
import { BusError, PAGE_SIZE } from '../task/address-space.ts';
import { KernelError } from '../task/kernel-error.ts';
import type { Backing, HeldPages, Pin, PinAccess } from './backing.ts';
import { gather } from './gather.ts';
import { heldRange } from './held-range.ts';
import { onHost } from './host-error.ts';
import { MemoryUses } from './memory-uses.ts';
import type { PhysicalMemory } from './physical-memory.ts';
import { requireInside } from './physical-pages.ts';

const pages = (bytes: number): number => Math.ceil(bytes / PAGE_SIZE) * PAGE_SIZE;

/** What the two kinds of host memory differ in: whose word about size and seals counts. */
export interface HostMemoryOptions {
  memory: PhysicalMemory;
  host: HostFiles;
  /** Owned: closed with the last use. */
  fd: number;
  /**
   * 'made': this kernel's own memfd, sealed against shrinking from birth, whose size is what the kernel says (a smaller
   * one is kept by zeroing). 'adopted': another process's file, whose size and seals are looked up.
   */
  origin: 'made' | 'adopted';
}

/**
 * A file of the host. A range is mapped into physical memory while something needs it there, if the file is sealed
 * against shrinking; otherwise, or when there is no room, it is copied in, and back after a write.
 */
export class HostMemory implements Backing {
  readonly fd: number;
  readonly #memory: PhysicalMemory;
  readonly #host: HostFiles;
  readonly #adopted: boolean;
  #size: number;
  /** What lies behind reads as zeros, whatever the host's file holds there. */
  #contentEnd = Number.POSITIVE_INFINITY;
  /** Bytes of the host's file. */
  #capacity: number;
  #sealed: boolean;
  readonly #uses = new MemoryUses(() => {
    this.#memory.windows.drop(this);
    this.#host.close(this.fd);
  });

  constructor(options: HostMemoryOptions) {
    this.fd = options.fd;
    this.#memory = options.memory;
    this.#host = options.host;
    this.#adopted = options.origin === 'adopted';
    this.#capacity = onHost(() => options.host.size(options.fd));
    this.#size = this.#capacity;
    this.#sealed = false;
    if (!this.#adopted) {
      onHost(() => options.host.addSeals(options.fd, F_SEAL_SHRINK));
      this.#sealed = true;
    }
  }

  get size(): number {
    if (this.#adopted) this.#size = onHost(() => this.#host.size(this.fd));
    return this.#size;
  }

  get pins(): number {
    return this.#uses.pins;
  }

  get hostDescriptor(): number | null {
    return this.fd;
  }

  /** Seals that the host knows of; null for a file that has none. */
  get hostSeals(): number | null {
    return onHost(() => this.#host.seals(this.fd));
  }

  /** Adds seals on the host, where the other side of a shared file sees them. EPERM, EBUSY. */
  addHostSeals(seals: number): void {
    // Windows that nobody uses are writable mappings too, and would keep F_SEAL_WRITE away.
    this.#memory.windows.drop(this);
    onHost(() => this.#host.addSeals(this.fd, seals));
  }

  pin(offset: number, length: number, access: PinAccess = 'write'): Pin {
    this.#requireInside(offset, length);
    const pin = this.#window(offset, length) ?? this.#bounce(offset, length, access);
    const counted = this.#uses.pin(() => pin[Symbol.dispose]());
    return { address: pin.address, length, ...counted };
  }

  /** Pages of the host cannot be told apart: a hole that is punched shows in what is held, too. */
  hold(offset: number, length: number): readonly HeldPages[] {
    this.#requireInside(offset, length);
    const counted = this.#uses.pin();
    return [heldRange(this, offset, length, () => counted[Symbol.dispose]())];
  }

  view(offset: number, length: number, write = true): Uint8Array {
    if (offset + length > pages(this.size))
      throw new BusError(`${length} bytes at ${offset} lie beyond the end, ${this.#size}`);
    const pin = this.#window(offset, length);
    if (!pin) {
      // Sealed against writing it can't be mapped as windows are, but its bytes are there to be read.
      if (!write && this.#sealedAgainstShrinking()) return this.#copy(offset, length);
      throw new BusError(
        'a file of another process can be mapped once it is sealed against shrinking; use pread',
      );
    }
    // The window stays as it is at least until something else is mapped.
    pin[Symbol.dispose]();
    return this.#memory.bytes.subarray(pin.address, pin.address + length);
  }

  keep(offset: number, length: number): Disposable {
    const pin = this.#window(offset, length);
    return this.#uses.keep(() => pin?.[Symbol.dispose]());
  }

  read(target: Uint8Array, offset: number): number {
    const count = Math.max(0, Math.min(target.length, this.size - offset));
    const there = Math.max(0, Math.min(count, this.#contentEnd - offset));
    const read = there === 0 ? 0 : onHost(() => this.#host.pread(this.fd, target.subarray(0, there), offset));
    if (read < there || there === count) return read;
    target.fill(0, there, count);
    return count;
  }

  write(source: Uint8Array, offset: number): number {
    const count = Math.max(0, Math.min(source.length, this.size - offset));
    return count === 0 ? 0 : onHost(() => this.#host.pwrite(this.fd, source.subarray(0, count), offset));
  }

  resize(size: number): void {
    if (this.#adopted) onHost(() => this.#host.truncate(this.fd, size));
    else if (size > this.#capacity) {
      onHost(() => this.#host.truncate(this.fd, size));
      this.#capacity = size;
    } else if (size < this.#size) this.#forget(size);
    this.#size = size;
  }

  punch(offset: number, length: number): void {
    const inside = Math.min(length, this.size - offset);
    if (inside > 0) onHost(() => this.#host.punch(this.fd, offset, inside));
  }

  nextPage(offset: number, present: boolean): number | null {
    return onHost(() => this.#host.nextRange(this.fd, offset, present ? 'data' : 'hole'));
  }

  [Symbol.dispose](): void {
    this.#uses[Symbol.dispose]();
  }

  /** A file that cannot shrink is as large as it was at least: the host is asked only for more. */
  #requireInside(offset: number, length: number): void {
    const known = this.#sealed && offset >= 0 && length >= 0 && offset + length <= this.#size;
    if (!known) requireInside(this.size, offset, length);
  }

  /** A mapping of the range, or null where it has to be copied. */
  #window(offset: number, length: number): Pin | null {
    const { windows } = this.#memory;
    if (!windows.available || !this.#sealedAgainstShrinking()) return null;
    if (offset + length > this.#contentEnd) return null;
    try {
      return windows.pin(this, offset, length);
    } catch (error) {
      if (error instanceof KernelError && error.code === 'ENOMEM') return null;
      throw error;
    }
  }

  /** Pages of our own with the range copied in; after a write it is copied back, as far as the file reached. */
  #bounce(offset: number, length: number, access: PinAccess): Pin {
    const inside = Math.max(0, Math.min(length, this.#size - offset));
    const read = (target: Uint8Array): void => {
      const copied = this.read(target.subarray(0, inside), offset);
      if (copied < inside)
        throw new KernelError('EFAULT', `the file ended after ${copied} of ${inside} bytes at ${offset}`);
    };
    const write = (source: Uint8Array): void => void this.write(source.subarray(0, inside), offset);
    return gather(this.#memory, { read, write }, length, access);
  }

  /** Tries to seal a file that is not, then looks. */
  #sealedAgainstShrinking(): boolean {
    if (this.#sealed) return true;
    const seals = this.hostSeals;
    if (seals === null) return false;
    if ((seals & F_SEAL_SHRINK) === 0) {
      try {
        this.#host.addSeals(this.fd, F_SEAL_SHRINK);
      } catch {
        return false;
      }
    }
    this.#sealed = ((this.hostSeals ?? 0) & F_SEAL_SHRINK) !== 0;
    return this.#sealed;
  }

  #copy(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.read(bytes, offset);
    return bytes;
  }

  /** A smaller file of this kernel's own keeps its pages, empty. Sealed against writing they can't be emptied any more. */
  #forget(size: number): void {
    try {
      onHost(() => this.#host.punch(this.fd, size, this.#size - size));
    } catch (error) {
      if (!(error instanceof KernelError) || error.code !== 'EPERM') throw error;
      this.#contentEnd = Math.min(this.#contentEnd, size);
    }
  }
}
