// fencepost_kernel_v1: the system calls of a client, made in its own Task.

import { MAX_CHUNK } from '../../protocol/object/limits.ts';
import type { Handle } from '../../protocol/object/message.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import { F_ADD_SEALS, F_GET_SEALS } from '../../protocol/uapi/fcntl.ts';
import { KernelError, type KernelThread, type Task } from '../kernel/task/index.ts';
import type { Client } from '../server/client.ts';
import type { KernelPort } from '../server/kernel-port.ts';
import type { DescriptorsInFlight } from './descriptors-in-flight.ts';
import { startIoctlBlock } from './ioctl-block.ts';
import { statRecord } from './stat-record.ts';

/** Calls that may sleep at the same time. */
const MAX_SLEEPING = 1024;
const NOTHING = new Uint8Array(0);

interface Answer {
  readonly result: number;
  readonly data?: Uint8Array;
}

/** A call under way that an interrupt can end. */
interface Sleeper {
  interrupt(): void;
}

/** What the calls of all clients share. */
export interface KernelCallsHost {
  /** The server's own process. */
  readonly task: Task;
  readonly kernel: KernelPort;
  readonly inFlight: DescriptorsInFlight;
}

const offsetOf = (high: number, low: number): bigint => (BigInt(high) << 32n) | BigInt(low);

export class KernelCalls {
  readonly #client: Client;
  readonly #task: Task;
  readonly #serverTask: Task;
  readonly #kernel: KernelPort;
  readonly #resource: Resource<'fencepost_kernel_v1'>;
  readonly #sleepers = new Map<number, Sleeper>();

  constructor(
    client: Client,
    { task: serverTask, kernel, inFlight }: KernelCallsHost,
    resource: Resource<'fencepost_kernel_v1'>,
  ) {
    this.#client = client;
    this.#task = client.task;
    this.#serverTask = serverTask;
    this.#kernel = kernel;
    this.#resource = resource;
    const task = client.task;
    resource.onDestroy(() => this.#interruptAll());
    resource.setHandlers({
      destroy: () => {},
      open: (_, serial, path, flags) => this.#call(serial, () => ({ result: task.open(path, flags) })),
      close: (_, serial, fd) =>
        this.#call(serial, () => this.#whenEnded(serial, task.startClose(fd), () => ({ result: 0 }))),
      dup: (_, serial, fd) => this.#call(serial, () => ({ result: task.dup(fd) })),
      ioctl: (_, serial, fd, request, block, relocations) =>
        this.#call(serial, () => {
          const call = startIoctlBlock(task, fd, request, block, relocations);
          return this.#whenEnded(serial, call.thread, call.answer, call.release);
        }),
      poll: (_, serial, fd, events) => this.#call(serial, () => this.#poll(serial, fd, events)),
      interrupt: (_, serial) => this.#sleepers.get(serial)?.interrupt(),
      memfd_create: (_, serial, name, flags) =>
        this.#call(serial, () => ({ result: task.memfdCreate(name, flags) })),
      add_seals: (_, serial, fd, seals) =>
        this.#call(serial, () => ({ result: task.fcntl(fd, F_ADD_SEALS, seals) })),
      get_seals: (_, serial, fd) => this.#call(serial, () => ({ result: task.fcntl(fd, F_GET_SEALS) })),
      ftruncate: (_, serial, fd, high, low) =>
        this.#call(serial, () => {
          task.truncate(fd, BigInt.asIntN(64, offsetOf(high, low)));
          return { result: 0 };
        }),
      fstat: (_, serial, fd) => this.#call(serial, () => ({ result: 0, data: statRecord(task.status(fd)) })),
      eventfd: (_, serial, initial, flags) =>
        this.#call(serial, () => ({ result: task.eventfd(initial, flags) })),
      read: (_, serial, fd, count) => this.#call(serial, () => this.#read(serial, fd, count)),
      write: (_, serial, fd, bytes) =>
        this.#call(serial, () => this.#whenEnded(serial, task.startWrite(fd, bytes), result => ({ result }))),
      pread: (_, serial, fd, high, low, count) =>
        this.#call(serial, () => {
          const target = new Uint8Array(Math.min(count, MAX_CHUNK));
          const result = task.pread(fd, target, offsetOf(high, low));
          return { result, data: target.subarray(0, result) };
        }),
      pwrite: (_, serial, fd, high, low, bytes) =>
        this.#call(serial, () => ({ result: task.pwrite(fd, bytes, offsetOf(high, low)) })),
      adopt: (_, serial, handle) => this.#call(serial, () => this.#adopt(handle)),
      share: (_, serial, fd) => this.#share(serial, fd),
      send: (_, serial, fd, ticket) =>
        this.#call(serial, () => {
          inFlight.send(client, fd, ticket);
          return { result: 0 };
        }),
      receive: (_, serial, ticket) =>
        this.#call(serial, () => ({ result: inFlight.receive(client, ticket) })),
    });
  }

  /** Makes a call and answers it, unless it sleeps: then it is answered when it returns. */
  #call(serial: number, body: () => Answer | null): void {
    try {
      const answer = body();
      if (answer) this.#done(serial, answer);
    } catch (error) {
      this.#failed(serial, error);
    }
  }

  #done(serial: number, { result, data = NOTHING }: Answer): void {
    this.#resource.events.done(serial, result, data);
  }

  /** What is no KernelError is a fault of the server's. */
  #failed(serial: number, error: unknown): void {
    if (!(error instanceof KernelError)) throw error;
    this.#resource.events.failed(serial, error.errno, error.code, error.message.slice(0, 1000));
  }

  #poll(serial: number, fd: number, events: number): null {
    this.#checkRoom();
    const watch = this.#task.watch(fd, events, mask => {
      this.#forget(serial, sleeper);
      this.#done(serial, { result: mask });
    });
    const sleeper: Sleeper = {
      interrupt: () => {
        watch.cancel();
        this.#forget(serial, sleeper);
        this.#failed(serial, new KernelError('EINTR', `the poll of ${fd} was interrupted`));
      },
    };
    this.#sleepers.set(serial, sleeper);
    return null;
  }

  #read(serial: number, fd: number, count: number): null {
    const thread = this.#task.startRead(fd, Math.min(count, MAX_CHUNK));
    return this.#whenEnded(serial, thread, bytes => ({ result: bytes.length, data: bytes }));
  }

  #whenEnded<T>(
    serial: number,
    thread: KernelThread<T>,
    answer: (value: T) => Answer,
    release: () => void = () => {},
  ): null {
    const sleeper: Sleeper = { interrupt: () => thread.interrupt() };
    if (!thread.ended) {
      // Too many sleep already: this one is called back, and answers with EINTR.
      if (this.#sleepers.size >= MAX_SLEEPING) thread.interrupt();
      this.#sleepers.set(serial, sleeper);
    }
    thread.whenEnded(() => {
      this.#forget(serial, sleeper);
      try {
        this.#call(serial, () => answer(thread.result()));
      } catch (error) {
        this.#client.crashed('a kernel call', error);
      } finally {
        release();
      }
    });
    return null;
  }

  /** The message's descriptor is in the server's Task by now; the client gets a number of its own. */
  #adopt(handle: Handle): Answer {
    return { result: this.#serverTask.send(handle.fd, this.#task) };
  }

  #share(serial: number, fd: number): void {
    this.#call(serial, () => {
      const lent = this.#kernel.lend(this.#task, fd);
      if (!lent || !this.#client.connection.passesDescriptors)
        throw new KernelError(
          'EOPNOTSUPP',
          lent
            ? 'descriptors can not travel on this connection; use pread and pwrite'
            : `descriptor ${fd} has no real memory behind it; use pread and pwrite`,
        );
      const high = (value: bigint): number => Number((value >> 32n) & 0xffff_ffffn);
      const low = (value: bigint): number => Number(value & 0xffff_ffffn);
      this.#resource.events.shared(
        serial,
        { kind: 'host', fd: lent.fd },
        high(lent.offset),
        low(lent.offset),
        high(lent.size),
        low(lent.size),
      );
      return null;
    });
  }

  #checkRoom(): void {
    if (this.#sleepers.size >= MAX_SLEEPING)
      throw new KernelError('ENOMEM', `${this.#sleepers.size} calls sleep already`);
  }

  #forget(serial: number, sleeper: Sleeper): void {
    if (this.#sleepers.get(serial) === sleeper) this.#sleepers.delete(serial);
  }

  #interruptAll(): void {
    for (const sleeper of [...this.#sleepers.values()]) sleeper.interrupt();
  }
}
