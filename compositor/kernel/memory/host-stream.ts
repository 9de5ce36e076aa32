import { O_ACCMODE, O_NONBLOCK, POLLERR, POLLHUP, POLLIN, POLLOUT } from '../../../protocol/uapi/fcntl.ts';
import type { HostFiles, HostStreams } from '../../machine/host-files.ts';
import type { Kernel } from '../kernel.ts';
import { KernelError } from '../task/kernel-error.ts';
import { type Sleeping, waitUntil } from '../task/kernel-thread.ts';
import type {
  FileCall,
  FileOperations,
  FileStatus,
  OpenFile,
  PollAnswer,
  UserSlice,
} from '../task/open-file.ts';
import { WaitQueue } from '../task/wait-queue.ts';
import { onHost } from './host-error.ts';

type Access = 'read' | 'write';

const WANTED = { read: POLLIN, write: POLLOUT } as const;
/** POLLERR and POLLHUP answer every wait: the call that follows says what they mean. */
const ENDED = POLLERR | POLLHUP;
const FIFO = 0o010000;

/**
 * A pipe, or another descriptor without a size, that came from another process. It can be passed on, polled and closed; a
 * pipe can be read and written, too.
 */
export class HostStream implements FileOperations {
  readonly kind = 'host stream';
  readonly #kernel: Kernel;
  readonly #host: HostFiles;
  readonly #streams: HostStreams;
  readonly #fd: number;
  readonly #inode: bigint;
  readonly #queue = new WaitQueue();
  /** Open files of our own, made when first needed. */
  readonly #own = new Map<Access, number>();
  #watch: { readonly events: number; readonly stop: Disposable } | null = null;

  private constructor(kernel: Kernel, host: HostFiles, streams: HostStreams, fd: number) {
    this.#kernel = kernel;
    this.#host = host;
    this.#streams = streams;
    this.#fd = fd;
    this.#inode = kernel.allocateInode();
  }

  /** Owns the descriptor from here on, unless this throws. */
  static open(kernel: Kernel, host: HostFiles, fd: number): OpenFile {
    const { streams } = host;
    if (!streams) throw new KernelError('EINVAL', `host descriptor ${fd} has no size`);
    const flags = onHost(() => streams.flags(fd)) & (O_ACCMODE | O_NONBLOCK);
    return kernel.file(new HostStream(kernel, host, streams, fd), flags);
  }

  describe(): string {
    return `host:[${this.#fd}]`;
  }

  status(): FileStatus {
    return { inode: this.#inode, size: 0n, mode: FIFO | 0o600 };
  }

  poll(_call: FileCall, events: number): PollAnswer {
    const mask = onHost(() => this.#streams.ready(this.#fd, POLLIN | POLLOUT));
    if ((mask & (events | ENDED)) === 0) this.#arm(events & (POLLIN | POLLOUT));
    return { mask, queue: this.#queue };
  }

  read(call: FileCall, into: UserSlice): number | Sleeping<number> {
    return this.#transfer(call, 'read', fd => {
      const bytes = new Uint8Array(into.length);
      const count = this.#streams.read(fd, bytes);
      if (count > 0) into.write(0, bytes.subarray(0, count));
      return count;
    });
  }

  write(call: FileCall, bytes: Uint8Array): number | Sleeping<number> {
    return this.#transfer(call, 'write', fd => this.#streams.write(fd, bytes));
  }

  hostDescriptor(): { fd: number; offset: bigint } {
    return { fd: this.#fd, offset: 0n };
  }

  release(): void {
    this.#watch?.stop[Symbol.dispose]();
    for (const fd of this.#own.values()) this.#streams.closeOwn(fd);
    this.#host.close(this.#fd);
  }

  #transfer(call: FileCall, access: Access, run: (fd: number) => number): number | Sleeping<number> {
    const done = this.#try(access, run);
    if (done !== null) return done;
    if (call.file.flags & O_NONBLOCK) {
      // Whoever was told of an edge reads or writes up to here, and waits for the next without asking again.
      if (this.#queue.waiting > 0) this.#arm(WANTED[access]);
      throw new KernelError('EAGAIN', `host descriptor ${this.#fd} has nothing to ${access}, or no room`);
    }
    return this.#sleepAndTry(access, run);
  }

  *#sleepAndTry(access: Access, run: (fd: number) => number): Sleeping<number> {
    for (;;) {
      yield* waitUntil(this.#queue, () => this.#ready(WANTED[access]), {
        what: `the other end of host descriptor ${this.#fd}`,
      });
      const done = this.#try(access, run);
      if (done !== null) return done;
    }
  }

  /** Null when it would block. */
  #try(access: Access, run: (fd: number) => number): number | null {
    try {
      return onHost(() => run(this.#ownFor(access)));
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      if (error.code === 'EAGAIN') return null;
      // What opening it once more says when nobody reads.
      throw error.code === 'ENXIO' ? new KernelError('EPIPE', error.detail) : error;
    }
  }

  #ownFor(access: Access): number {
    const known = this.#own.get(access);
    if (known !== undefined) return known;
    const fd = this.#streams.openAgain(this.#fd, access);
    if (fd === null)
      throw new KernelError('EINVAL', `host descriptor ${this.#fd} is no pipe: it can only be passed on`);
    this.#own.set(access, fd);
    return fd;
  }

  #ready(events: number): boolean {
    const mask = onHost(() => this.#streams.ready(this.#fd, events));
    if ((mask & (events | ENDED)) === 0) this.#arm(events);
    return mask !== 0;
  }

  /** Has the queue woken when one of the events or the end comes, in addition to those that it is armed for already. */
  #arm(events: number): void {
    const before = this.#watch?.events ?? 0;
    const wanted = before | events | ENDED;
    if (wanted === before) return;
    this.#watch?.stop[Symbol.dispose]();
    this.#watch = null;
    const stop = this.#watchFor(wanted);
    if (stop) this.#watch = { events: wanted, stop };
  }

  /** Null for what is always ready (a directory, /dev/null): nothing will ever happen to it. */
  #watchFor(events: number): Disposable | null {
    try {
      return onHost(() => this.#streams.watch(this.#fd, events, () => this.#happened()));
    } catch (error) {
      if (error instanceof KernelError && error.code === 'EPERM') return null;
      throw error;
    }
  }

  #happened(): void {
    this.#watch = null;
    this.#kernel.machine.post(`events of host descriptor ${this.#fd}`, () => this.#queue.wakeAll());
  }
}
