import { F_ADD_SEALS, F_SEAL_SHRINK } from '../../../protocol/uapi/fcntl.ts';
import { UDMABUF_CREATE, UDMABUF_FLAGS_CLOEXEC } from '../../../protocol/uapi/udmabuf.ts';
import { VirtualMachine } from '../../machine/virtual-machine.ts';
import { Kernel, type KernelOptions } from '../kernel.ts';
import { addUdmabufDevice } from '../memory/udmabuf.ts';
import type { Fence } from '../sync/fence.ts';
import { SoftwareTimeline } from '../sync/software-timeline.ts';
import { createSyncFile } from '../sync/sync-file.ts';
import type { WwMutex } from '../sync/ww-mutex.ts';
import { KernelError } from './kernel-error.ts';
import { type Sleeping, waitUntil } from './kernel-thread.ts';
import type { Task } from './task.ts';
import { WaitQueue } from './wait-queue.ts';

export interface Fixture {
  readonly machine: VirtualMachine;
  readonly kernel: Kernel;
  readonly task: Task;
}

/** A kernel of 16 MiB under the virtual machine with one process: for tests. */
export function startKernel(options: Partial<KernelOptions> & { descriptorLimit?: number } = {}): Fixture {
  const { descriptorLimit, ...rest } = options;
  const machine = new VirtualMachine();
  const kernel = new Kernel({ machine, memoryBytes: 16 << 20, ...rest });
  addUdmabufDevice(kernel);
  const task = kernel.createTask({
    name: 'test',
    ...(descriptorLimit === undefined ? {} : { descriptorLimit }),
  });
  return { machine, kernel, task };
}

/** The errno that a call fails with, or null when it does not fail. */
export function errnoOf(call: () => unknown): string | null {
  try {
    call();
    return null;
  } catch (error) {
    if (error instanceof KernelError) return error.code;
    throw error;
  }
}

/** A memfd of `size` bytes with these seals. */
export function sealedMemfd(task: Task, size: number, seals = F_SEAL_SHRINK): number {
  const fd = task.memfdCreate('test');
  task.truncate(fd, BigInt(size));
  task.fcntl(fd, F_ADD_SEALS, seals);
  return fd;
}

/** A udmabuf of `size` bytes. */
export function createDmaBuf(task: Task, size = 16384): number {
  const device = task.open('/dev/udmabuf');
  const memfd = sealedMemfd(task, size);
  const fd = task.callForNumber(device, UDMABUF_CREATE, {
    memfd,
    size: BigInt(size),
    flags: UDMABUF_FLAGS_CLOEXEC,
  });
  task.close(memfd);
  task.close(device);
  return fd;
}

/** Another thread has the lock until the returned function is called and the machine gets on. */
export function lockElsewhere(kernel: Kernel, lock: WwMutex): () => void {
  const told = new WaitQueue();
  let done = false;
  const hold = function* (): Sleeping<void> {
    yield* lock.lock();
    yield* waitUntil(told, () => done, { what: 'the end of the test' });
    lock.unlock();
  };
  kernel.thread('holder of a lock', hold());
  return () => {
    done = true;
    told.wakeAll();
  };
}

/** A timeline, and fences of it as sync files of the process. */
export function createTimeline({ kernel, task }: Fixture, name = 'test') {
  const timeline = new SoftwareTimeline(kernel, { name });
  return {
    timeline,
    fence: (value: number): Fence => timeline.createFence(value),
    syncFile: (value: number): number => task.files.add(createSyncFile(kernel, timeline.createFence(value))),
  };
}
