import {
  EFD_NONBLOCK,
  EFD_SEMAPHORE,
  O_CLOEXEC,
  O_NONBLOCK,
  O_RDWR,
  POLLERR,
  POLLIN,
  POLLOUT,
} from '../../../protocol/uapi/fcntl.ts';
import type { Kernel } from '../kernel.ts';
import { KernelError, require } from './kernel-error.ts';
import { type Sleeping, waitUntil } from './kernel-thread.ts';
import type { FileCall, FileOperations, FileStatus, OpenFile, PollAnswer, UserSlice } from './open-file.ts';
import { WaitQueue } from './wait-queue.ts';

const FLAGS = O_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE;
/** As far as processes can count. */
const MAXIMUM = 0xffff_ffff_ffff_fffen;
/** Where only the kernel's own signals come to: POLLERR. */
const OVERFLOW = MAXIMUM + 1n;

/** eventfd(2): a 64-bit counter that others signal and a reader takes (`fs/eventfd.c`). */
export class EventFile implements FileOperations {
  readonly kind = 'eventfd';
  readonly #queue = new WaitQueue();
  readonly #inode: bigint;
  readonly #semaphore: boolean;
  #count: bigint;

  constructor(inode: bigint, initial: number, semaphore: boolean) {
    this.#inode = inode;
    this.#count = BigInt(initial >>> 0);
    this.#semaphore = semaphore;
  }

  describe(): string {
    return 'anon_inode:[eventfd]';
  }

  status(): FileStatus {
    return { inode: this.#inode, size: 0n, mode: 0o600 };
  }

  /** `eventfd_signal`: adds one, and never blocks: a counter that has overflowed stays so. */
  signal(): void {
    if (this.#count < OVERFLOW) this.#count++;
    this.#queue.wakeAll(POLLIN);
  }

  poll(): PollAnswer {
    const readable = this.#count > 0n ? POLLIN : 0;
    const writable = this.#count < MAXIMUM ? POLLOUT : 0;
    const overflowed = this.#count === OVERFLOW ? POLLERR : 0;
    return { mask: readable | writable | overflowed, queue: this.#queue };
  }

  read(call: FileCall, into: UserSlice): number | Sleeping<number> {
    if (into.length < 8) throw new KernelError('EINVAL', 'an eventfd is read 8 bytes at a time');
    if (this.#count > 0n) return this.#take(into);
    if (call.file.flags & O_NONBLOCK) throw new KernelError('EAGAIN', 'the counter is 0');
    return this.#sleepAndTake(into);
  }

  /** A value that does not fit waits until it does, or is EAGAIN (`eventfd_write`). */
  write(call: FileCall, bytes: Uint8Array): number | Sleeping<number> {
    if (bytes.length < 8) throw new KernelError('EINVAL', 'an eventfd is written 8 bytes at a time');
    const added = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
    if (added > MAXIMUM) throw new KernelError('EINVAL', 'the value would not fit into the counter');
    if (this.#count + added <= MAXIMUM) return this.#add(added);
    if (call.file.flags & O_NONBLOCK) throw new KernelError('EAGAIN', 'the counter is full');
    return this.#sleepAndAdd(added);
  }

  *#sleepAndAdd(added: bigint): Sleeping<number> {
    const what = `room in eventfd ${this.#inode}`;
    yield* waitUntil(this.#queue, () => this.#count + added <= MAXIMUM, { what });
    return this.#add(added);
  }

  #add(added: bigint): number {
    this.#count += added;
    this.#queue.wakeAll(POLLIN);
    return 8;
  }

  *#sleepAndTake(into: UserSlice): Sleeping<number> {
    yield* waitUntil(this.#queue, () => this.#count > 0n, { what: `a signal of eventfd ${this.#inode}` });
    return this.#take(into);
  }

  /** Taken also when the caller's memory is bad (`eventfd_read`). */
  #take(into: UserSlice): number {
    const bytes = new Uint8Array(8);
    const taken = this.#semaphore ? 1n : this.#count;
    new DataView(bytes.buffer).setBigUint64(0, taken, true);
    this.#count -= taken;
    this.#queue.wakeAll(POLLOUT);
    into.write(0, bytes);
    return 8;
  }
}

/** eventfd2(2), but for its number. EINVAL, ENOMEM. */
export function createEventFile(kernel: Kernel, initial: number, flags: number): OpenFile {
  require((flags & ~FLAGS) === 0, 'EINVAL', `eventfd flags 0x${(flags >>> 0).toString(16)}`);
  kernel.mayAllocate('eventfd');
  const operations = new EventFile(kernel.allocateInode(), initial, (flags & EFD_SEMAPHORE) !== 0);
  return kernel.file(operations, O_RDWR | (flags & EFD_NONBLOCK ? O_NONBLOCK : 0));
}
