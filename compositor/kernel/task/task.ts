import {
  MFD_ALLOW_SEALING,
  MFD_CLOEXEC,
  O_ACCMODE,
  O_CLOEXEC,
  O_RDONLY,
  O_RDWR,
} from '../../../protocol/uapi/fcntl.ts';
import type { Ioctl } from '../../../protocol/uapi/ioctl.ts';
import { marshalAt, unmarshal } from '../../../protocol/uapi/marshal.ts';
import type { Struct, UserResult, UserValue } from '../../../protocol/uapi/struct.ts';
import type { Kernel } from '../kernel.ts';
import { checkMemfd, createMemfd } from '../memory/memfd-create.ts';
import { AddressSpace, PAGE_SIZE } from './address-space.ts';
import { DescriptorTable } from './descriptor-table.ts';
import { createEventFile } from './event-file.ts';
import { needs, requireAllocation, requireMode } from './file-checks.ts';
import { fileControl } from './file-control.ts';
import { KernelError, require } from './kernel-error.ts';
import type { KernelThread, Sleeping } from './kernel-thread.ts';
import { type MapOptions, mapFile } from './map-file.ts';
import type { FileStatus, OpenFile, UserSlice } from './open-file.ts';
import { openPath, readLink } from './paths.ts';
import { pread, pwrite } from './positioned.ts';
import { NO_SLOT, Scratch } from './scratch.ts';
import { deferred, holding, joined, map, named, naming, restarting } from './system-call.ts';
import { AddressSlice, OwnSlice } from './user-slice.ts';
import { pollFile, type Watch, Watches } from './watches.ts';

export interface Credentials {
  /** 0 is root, which may do everything. */
  readonly uid: number;
  /** Whether the seat's devices (the card) belong to this process. */
  readonly seat: boolean;
}

/** An ioctl's argument in a process's memory. */
export interface LaidOutArgument<S extends Struct> {
  readonly address: bigint;
  readBack(): UserResult<S>;
  release(): void;
}

/**
 * A process: what its system calls are made through. Calls return at once or throw a KernelError; a call that may
 * sleep has a form that returns its KernelThread. Everything the process holds is given back when it exits.
 */
export class Task {
  readonly kernel: Kernel;
  readonly pid: number;
  readonly name: string;
  readonly credentials: Credentials;
  readonly files: DescriptorTable;
  readonly memory: AddressSpace;
  readonly #scratch: Scratch;
  readonly #threads = new Set<KernelThread<unknown>>();
  readonly #watches = new Watches(this);
  #exited = false;

  /** Made by `Kernel.createTask`. */
  constructor(kernel: Kernel, pid: number, name: string, credentials: Credentials, descriptorLimit: number) {
    this.kernel = kernel;
    this.pid = pid;
    this.name = name;
    this.credentials = credentials;
    this.files = new DescriptorTable(descriptorLimit);
    this.memory = new AddressSpace(() => kernel.locks.mayFault());
    this.#scratch = new Scratch(this.memory);
  }

  get exited(): boolean {
    return this.#exited;
  }

  /** Opens a device node, or a file of a mounted file system, or /proc/self/fd/N. ENOENT, EACCES, EMFILE, ENXIO. */
  open(path: string, flags = O_RDWR): number {
    return this.#call('open', () => openPath(this, path, flags));
  }

  /** readlink(2) of a link in /proc/self/fd. ENOENT, EINVAL. */
  readlink(path: string): string {
    return this.#call('readlink', () => readLink(this, path));
  }

  close(fd: number): void {
    this.#call('close', () => void this.files.remove(fd).put());
  }

  /**
   * close(2) as a kernel thread, which ends when the file is released, if this was its last descriptor: a DRM file waits for its
   * commits. The number is free at once, and no signal ends the wait. EBADF.
   */
  startClose(fd: number): KernelThread {
    const enter = (): void | Sleeping<void> => {
      const releasing = this.files.remove(fd).put();
      if (releasing && !releasing.ended) return joined(releasing);
    };
    return this.start('close', deferred(enter));
  }

  /** A second number for the same open file. */
  dup(fd: number): number {
    return this.#call('dup', () => this.files.add(this.files.get(fd).get(), false));
  }

  /** fcntl(2): F_DUPFD(_CLOEXEC), F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_ADD_SEALS, F_GET_SEALS; EINVAL for others. */
  fcntl(fd: number, command: number, argument = 0): number {
    return this.#call('fcntl', () => fileControl(this, fd, command, argument));
  }

  /** memfd_create(2); the name is text, or the address of it. EINVAL, EFAULT, EMFILE, ENOMEM. */
  memfdCreate(name: string | bigint, flags = MFD_CLOEXEC | MFD_ALLOW_SEALING): number {
    return this.#call('memfd_create', () => {
      const text = checkMemfd(this, name, flags);
      const fd = this.files.reserve();
      try {
        return this.files.install(fd, createMemfd(this, text, flags), (flags & MFD_CLOEXEC) !== 0);
      } catch (error) {
        this.files.unreserve(fd);
        throw error;
      }
    });
  }

  /** eventfd(2). */
  eventfd(initial = 0, flags = 0): number {
    return this.#call('eventfd', () =>
      this.files.add(createEventFile(this.kernel, initial, flags), (flags & O_CLOEXEC) !== 0),
    );
  }

  /** The raw system call: `argument` is an address or a plain number. Throws if the call has to sleep: see `startIoctl`. */
  ioctl(fd: number, request: number, argument: bigint): number {
    const outcome = this.#enterIoctl(fd, request, argument);
    if (typeof outcome === 'number') return outcome;
    const thread = this.start('ioctl', outcome);
    if (!thread.ended) {
      thread.interrupt();
      throw new Error(`ioctl 0x${request.toString(16)} has to sleep (${thread.describe()}); use startIoctl`);
    }
    return thread.result();
  }

  /** The system call as a kernel thread of this process. */
  startIoctl(fd: number, request: number, argument: bigint): KernelThread<number> {
    return this.#startRestarting('ioctl', () => this.#enterIoctl(fd, request, argument));
  }

  /** A typed ioctl: lays the argument and what it points to out in this process's memory, calls, and reads it back. */
  call<S extends Struct>(fd: number, ioctl: Ioctl<S>, value: UserValue<S>): UserResult<S> {
    const argument = this.layOut(ioctl, value);
    try {
      this.ioctl(fd, ioctl.number, argument.address);
      return argument.readBack();
    } finally {
      argument.release();
    }
  }

  /** `call` for an ioctl whose answer is the number it returns: a descriptor of UDMABUF_CREATE, a count. */
  callForNumber<S extends Struct>(fd: number, ioctl: Ioctl<S>, value: UserValue<S>): number {
    const argument = this.layOut(ioctl, value);
    try {
      return this.ioctl(fd, ioctl.number, argument.address);
    } finally {
      argument.release();
    }
  }

  /** `call` for an ioctl that may sleep. */
  startCall<S extends Struct>(fd: number, ioctl: Ioctl<S>, value: UserValue<S>): KernelThread<UserResult<S>> {
    const argument = this.layOut(ioctl, value);
    const body = function* (this: Task): Sleeping<UserResult<S>> {
      const outcome = this.#enterIoctl(fd, ioctl.number, argument.address);
      if (typeof outcome !== 'number') yield* outcome;
      return argument.readBack();
    };
    const thread = this.#startRestarting(ioctl.name, () => body.call(this));
    thread.whenEnded(() => argument.release());
    return thread;
  }

  /**
   * Lays an ioctl's argument out in this process's memory: its address, how to read it back after the call, and how to
   * give the memory back. `call` does all three; calls that return a number need them one by one.
   */
  layOut<S extends Struct>(ioctl: Ioctl<S>, value: UserValue<S>): LaidOutArgument<S> {
    let slot = NO_SLOT;
    const bytes = marshalAt(ioctl, value, length => {
      slot = this.#scratch.take(length);
      return slot.address;
    });
    const { length } = bytes;
    const { address, release } = slot;
    this.memory.copyToUser(address, bytes);
    return {
      address,
      release,
      readBack: () => unmarshal(ioctl, this.memory.view(address, length, false), address, value),
    };
  }

  /** The events of `events` (and POLLERR, POLLHUP) that hold now, as poll(2) with a time-out of 0. */
  poll(fd: number, events: number): number {
    return this.#call('poll', () => pollFile(this, this.files.get(fd), events).mask);
  }

  /** Calls `listener` once, from the run queue, as soon as one of `events` holds. */
  watch(fd: number, events: number, listener: (mask: number) => void): Watch {
    return this.#call('poll', () => this.#watches.add(this.files.get(fd).get(), events, listener));
  }

  /** Reads at most `length` bytes; EAGAIN instead of sleeping when the file is non-blocking or has nothing. */
  read(fd: number, length: number): Uint8Array {
    return this.#call('read', () => {
      const into = new OwnSlice(length);
      const outcome = this.#enterRead(fd, into);
      if (typeof outcome === 'number') return into.bytes.subarray(0, outcome);
      const thread = this.start('read', outcome);
      if (!thread.ended) {
        thread.interrupt();
        throw new KernelError('EAGAIN', 'there is nothing to read yet');
      }
      return into.bytes.subarray(0, thread.result());
    });
  }

  /** read(2) that may sleep. */
  startRead(fd: number, length: number): KernelThread<Uint8Array> {
    const into = new OwnSlice(length);
    const body = (): Sleeping<Uint8Array> =>
      map(
        deferred(() => this.#enterRead(fd, into)),
        count => into.bytes.subarray(0, count),
      );
    return this.#startRestarting('read', body);
  }

  /** read(2) into the process's memory at an address. */
  readTo(fd: number, address: bigint, length: number): number | KernelThread<number> {
    return this.#call('read', () => {
      const outcome = this.#enterRead(fd, new AddressSlice(this.memory, address, length));
      return typeof outcome === 'number' ? outcome : this.start('read', outcome);
    });
  }

  /** write(2); EAGAIN instead of sleeping, which an eventfd does whose counter is full. */
  write(fd: number, bytes: Uint8Array): number {
    return this.#call('write', () => {
      const outcome = this.#enterWrite(fd, bytes);
      if (typeof outcome === 'number') return outcome;
      const thread = this.start('write', outcome);
      if (thread.ended) return thread.result();
      thread.interrupt();
      throw new KernelError('EAGAIN', 'there is no room to write yet');
    });
  }

  /** write(2) that may sleep. */
  startWrite(fd: number, bytes: Uint8Array): KernelThread<number> {
    return this.#startRestarting('write', () => this.#enterWrite(fd, bytes));
  }

  pread(fd: number, target: Uint8Array, offset: bigint): number {
    return this.#call('pread', () => pread(this, fd, target, offset));
  }

  pwrite(fd: number, source: Uint8Array, offset: bigint): number {
    return this.#call('pwrite', () => pwrite(this, fd, source, offset));
  }

  seek(fd: number, offset: bigint, whence: number): bigint {
    return this.#call('lseek', () => {
      const file = this.files.get(fd);
      return needs(file, file.operations.seek, 'ESPIPE').call(
        file.operations,
        { task: this, file },
        offset,
        whence,
      );
    });
  }

  truncate(fd: number, size: bigint): void {
    this.#call('ftruncate', () => {
      require(size >= 0n, 'EINVAL', `a size of ${size}`);
      const file = this.files.get(fd);
      require((file.flags & O_ACCMODE) !==
        O_RDONLY, 'EINVAL', 'ftruncate needs a descriptor open for writing');
      needs(file, file.operations.truncate, 'EINVAL').call(file.operations, size);
    });
  }

  /** fallocate(2). EINVAL, EBADF, EOPNOTSUPP, ENODEV, EPERM. */
  fallocate(fd: number, mode: number, offset: bigint, length: bigint): void {
    this.#call('fallocate', () => {
      const file = this.files.get(fd);
      requireAllocation(file, mode, offset, length);
      needs(file, file.operations.allocate, 'ENODEV').call(file.operations, mode, offset, length);
    });
  }

  /** fchmod(2). */
  fchmod(fd: number, mode: number): void {
    this.#call('fchmod', () => {
      const { operations } = this.files.get(fd);
      operations.changeMode?.(mode & 0o7777, this);
    });
  }

  /** fstat(2). What a file leaves out is as most files have it. */
  status(fd: number): Required<FileStatus> {
    return this.#call('fstat', () => ({
      deviceNumber: 0n,
      links: 1,
      blockSize: PAGE_SIZE,
      blocks: 0n,
      ...this.files.get(fd).operations.status(),
    }));
  }

  /** mmap(2) of a file; returns the address. */
  mmap(fd: number, length: number, options: MapOptions = {}): bigint {
    return this.#call('mmap', () => mapFile(this, fd, length, options));
  }

  /** mprotect(2). EINVAL, ENOMEM, EACCES. */
  mprotect(address: bigint, length: number, protection: number): void {
    this.#call('mprotect', () => this.memory.protect(address, length, protection));
  }

  munmap(address: bigint, length: number): void {
    this.#call('munmap', () => this.memory.unmap(address, length));
  }

  /** Duplicates a file into another process, as SCM_RIGHTS does; returns its number there. EBADF here, EMFILE there. */
  send(fd: number, to: Task): number {
    return this.#call('sendmsg', () => to.receive(this.files.get(fd)));
  }

  /** Installs a further reference to an open file. EMFILE. */
  receive(file: OpenFile): number {
    const fd = this.files.reserve();
    return this.files.install(fd, file.get());
  }

  /** System calls of this process that sleep. */
  get sleeping(): ReadonlySet<KernelThread<unknown>> {
    return this.#threads;
  }

  /**
   * Ends the process: signals its sleeping calls, unmaps, and closes every descriptor in order. What a call that goes on
   * sleeping opens or maps afterwards goes when that ends.
   */
  exit(): void {
    if (this.#exited) return;
    this.#exited = true;
    this.#watches.cancelAll();
    for (const thread of [...this.#threads]) {
      thread.whenEnded(() => this.#dropAll());
      thread.interrupt();
    }
    this.#dropAll();
    this.kernel.forget(this);
  }

  #dropAll(): void {
    this.memory.clear();
    for (const [fd] of [...this.files.entries()]) this.files.remove(fd).put();
  }

  #enterIoctl(fd: number, request: number, argument: bigint): number | Sleeping<number> {
    return this.#call('ioctl', () => {
      const file = this.files.get(fd);
      const ioctl = needs(file, file.operations.ioctl, 'ENOTTY');
      const outcome = ioctl.call(file.operations, { task: this, file }, request, argument);
      return typeof outcome === 'number' ? outcome : holding(file, outcome);
    });
  }

  #enterWrite(fd: number, bytes: Uint8Array): number | Sleeping<number> {
    const file = this.files.get(fd);
    requireMode(file, 'write');
    const write = needs(file, file.operations.write, 'EINVAL');
    const outcome = write.call(file.operations, { task: this, file }, bytes);
    return typeof outcome === 'number' ? outcome : holding(file, outcome);
  }

  #enterRead(fd: number, into: UserSlice): number | Sleeping<number> {
    const file = this.files.get(fd);
    requireMode(file, 'read');
    const read = needs(file, file.operations.read, 'EINVAL');
    into.checkRange();
    const outcome = read.call(file.operations, { task: this, file }, into);
    return typeof outcome === 'number' ? outcome : holding(file, outcome);
  }

  /** Runs a call of this process that may sleep, as its own methods do: it is interrupted when the process exits. */
  start<T>(syscall: string, body: Sleeping<T>): KernelThread<T> {
    const thread = this.kernel.thread(`${syscall} of ${this.name}`, named(syscall, body));
    if (!thread.ended) {
      this.#threads.add(thread);
      thread.whenEnded(() => this.#threads.delete(thread));
    }
    return thread;
  }

  /** `start` for the calls that a signal can have begin anew. */
  #startRestarting<T>(syscall: string, enter: () => T | Sleeping<T>): KernelThread<T> {
    let thread: KernelThread<T> | null = null;
    thread = this.start(
      syscall,
      restarting(enter, () => thread?.restarts ?? false),
    );
    return thread;
  }

  /** Names the system call in an error that leaves the kernel. */
  #call<T>(syscall: string, body: () => T): T {
    return naming(syscall, body);
  }
}
