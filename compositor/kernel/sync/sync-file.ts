import { ERRNO } from '../../../protocol/uapi/errno.ts';
import { O_RDONLY, POLLIN } from '../../../protocol/uapi/fcntl.ts';
import {
  SYNC_IOC_FILE_INFO,
  SYNC_IOC_MERGE,
  SYNC_IOC_SET_DEADLINE,
  sync_fence_info,
  sync_file_info,
  sync_merge_data,
  sync_set_deadline,
} from '../../../protocol/uapi/sync-file.ts';
import type { Kernel } from '../kernel.ts';
import type { AddressSpace } from '../task/address-space.ts';
import { KernelError, require } from '../task/kernel-error.ts';
import type { FileCall, FileOperations, FileStatus, OpenFile, PollAnswer } from '../task/open-file.ts';
import type { Task } from '../task/task.ts';
import { WaitQueue } from '../task/wait-queue.ts';
import type { Fence } from './fence.ts';
import { namesOf } from './fence-names.ts';
import { mergeFences, unwrap } from './fence-unwrap.ts';

const NAME_LENGTH = 31;

/** A fence as a file (`drivers/dma-buf/sync_file.c`): immutable, readable once its fence has signalled. */
export class SyncFile implements FileOperations {
  readonly kind = 'sync_file';
  readonly fence: Fence;
  readonly #kernel: Kernel;
  readonly #inode: bigint;
  readonly #name: string;
  readonly #queue = new WaitQueue();
  #forget: (() => void) | null = null;

  /** Made by `createSyncFile`. */
  constructor(kernel: Kernel, fence: Fence, name: string) {
    this.#kernel = kernel;
    this.#inode = kernel.allocateInode();
    this.#name = name.slice(0, NAME_LENGTH);
    this.fence = fence;
  }

  /** The name it was merged under, or one made of the fence's driver, timeline, context and number. */
  get name(): string {
    if (this.#name !== '') return this.#name;
    const { driver, timeline } = namesOf(this.#kernel, this.fence);
    return `${driver}-${timeline}${this.fence.context}-${this.fence.seqno}`.slice(0, NAME_LENGTH);
  }

  describe(): string {
    return 'anon_inode:sync_file';
  }

  status(): FileStatus {
    return { inode: this.#inode, size: 0n, mode: 0o600 };
  }

  fences(): Iterable<Fence> {
    return [this.fence];
  }

  poll(): PollAnswer {
    if (!this.#forget) this.#forget = this.fence.addCallback(() => this.#queue.wakeAll());
    return { mask: this.fence.signalled ? POLLIN : 0, queue: this.#queue };
  }

  ioctl(call: FileCall, request: number, argument: bigint): number {
    if (request === SYNC_IOC_MERGE.number) return this.#merge(call.task, argument);
    if (request === SYNC_IOC_FILE_INFO.number) return this.#info(call.task.memory, argument);
    if (request === SYNC_IOC_SET_DEADLINE.number) return this.#setDeadline(call.task.memory, argument);
    throw new KernelError('ENOTTY', `a sync file has no ioctl 0x${request.toString(16)}`);
  }

  release(): void {
    this.#forget?.();
  }

  /** The number is taken first and given its file last: nothing can leak in between. */
  #merge(task: Task, address: bigint): number {
    const fd = task.files.reserve();
    let merged: OpenFile | null = null;
    try {
      const data = task.memory.readStruct(sync_merge_data, address);
      require(data.flags === 0 && data.pad === 0, 'EINVAL', 'flags and pad have to be 0');
      const other = fenceOf(task, data.fd2, 'ENOENT');
      merged = createSyncFile(this.#kernel, mergeFences(this.#kernel, this.fence, other), data.name);
      task.memory.writeStruct(sync_merge_data, address, { ...data, fence: fd });
    } catch (error) {
      merged?.put();
      task.files.unreserve(fd);
      throw error;
    }
    task.files.install(fd, merged);
    return 0;
  }

  #info(memory: AddressSpace, address: bigint): number {
    const info = memory.readStruct(sync_file_info, address);
    require(info.flags === 0 && info.pad === 0, 'EINVAL', 'flags and pad have to be 0');
    const fences = [...unwrap(this.fence)];
    let status = statusNumber(this.fence);
    if (info.num_fences > 0) {
      require(info.num_fences >=
        fences.length, 'EINVAL', `there is room for ${info.num_fences} fences and there are ${fences.length}`);
      for (const [at, fence] of fences.entries())
        this.#writeFenceInfo(memory, info.sync_fence_info + BigInt(at * sync_fence_info.size), fence);
      status = overallStatus(fences);
    }
    const answer = { ...info, name: this.name, status, num_fences: fences.length };
    memory.writeStruct(sync_file_info, address, answer);
    return 0;
  }

  #writeFenceInfo(memory: AddressSpace, address: bigint, fence: Fence): void {
    const { driver, timeline } = namesOf(this.#kernel, fence);
    memory.writeStruct(sync_fence_info, address, {
      obj_name: timeline.slice(0, NAME_LENGTH),
      driver_name: driver.slice(0, NAME_LENGTH),
      status: statusNumber(fence),
      flags: 0,
      timestamp_ns: fence.timestamp ?? 0n,
    });
  }

  #setDeadline(memory: AddressSpace, address: bigint): number {
    const deadline = memory.readStruct(sync_set_deadline, address);
    require(deadline.pad === 0n, 'EINVAL', 'pad has to be 0');
    this.fence.setDeadline(deadline.deadline_ns);
    return 0;
  }
}

/** A sync file of a fence, with one reference: the caller's. `name` empty: named after the fence. ENOMEM. */
export function createSyncFile(kernel: Kernel, fence: Fence, name = ''): OpenFile {
  kernel.mayAllocate('sync_file');
  return kernel.file(new SyncFile(kernel, fence, name), O_RDONLY);
}

/**
 * `sync_file_get_fence`: the fence of a process's sync file. `code` (callers differ: EINVAL, ENOENT) when the number is
 * not open or names something else.
 */
export function fenceOf(task: Task, fd: number, code: 'EINVAL' | 'ENOENT' = 'EINVAL'): Fence {
  const file = task.files.find(fd);
  if (file?.operations instanceof SyncFile) return file.operations.fence;
  throw new KernelError(
    code,
    `descriptor ${fd} is ${file ? `a ${file.operations.kind}` : 'not open'}, not a sync file`,
  );
}

/** `status` as the UAPI has it: 0 pending, 1 signalled, negative errno. */
function statusNumber(fence: Fence): number {
  const { status } = fence;
  return typeof status === 'string' ? -ERRNO[status] : status;
}

/** The first that is not simply signalled decides. */
function overallStatus(fences: readonly Fence[]): number {
  let overall = 1;
  for (const fence of fences) if (overall > 0) overall = statusNumber(fence);
  return overall;
}
