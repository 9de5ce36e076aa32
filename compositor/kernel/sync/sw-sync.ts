import {
  SW_SYNC_GET_DEADLINE,
  SW_SYNC_IOC_CREATE_FENCE,
  SW_SYNC_IOC_INC,
  sw_sync_create_fence_data,
  sw_sync_get_deadline,
  sw_sync_inc,
} from '../../../protocol/uapi/sw-sync.ts';
import type { Kernel } from '../kernel.ts';
import { KernelError, require } from '../task/kernel-error.ts';
import type { FileCall, FileOperations, FileStatus, OpenFile } from '../task/open-file.ts';
import type { Task } from '../task/task.ts';
import { TextDirectory } from '../task/text-file.ts';
import { SoftwareFence, SoftwareTimeline } from './software-timeline.ts';
import { createSyncFile, fenceOf } from './sync-file.ts';
import { TimelineList } from './timeline-list.ts';

const DIRECTORY = '/sys/kernel/debug/sync';
/** Where debugfs shows it. */
export const SW_SYNC_PATH = `${DIRECTORY}/sw_sync`;

/**
 * Adds the debugfs file that makes software timelines, for root alone (`drivers/dma-buf/sw_sync.c`). Their fences wait
 * for the process as long as it likes, which is why Linux keeps them in debugfs.
 */
export function addSwSync(kernel: Kernel): Disposable {
  const timelines = new TimelineList(kernel);
  kernel.mount(DIRECTORY, new TextDirectory(kernel, DIRECTORY, { info: () => timelines.info() }, 'root'));
  return kernel.addNode({
    path: SW_SYNC_PATH,
    access: 'root',
    open: task => new SwSyncFile(kernel, timelines, task.name),
  });
}

/** One timeline, named after the process that opened it; closing it ends its pending fences with ENOENT. */
class SwSyncFile implements FileOperations {
  readonly kind = 'sw_sync';
  readonly #kernel: Kernel;
  readonly #inode: bigint;
  readonly #timelines: TimelineList;
  readonly #timeline: SoftwareTimeline;

  constructor(kernel: Kernel, timelines: TimelineList, name: string) {
    this.#kernel = kernel;
    this.#inode = kernel.allocateInode();
    this.#timelines = timelines;
    this.#timeline = new SoftwareTimeline(kernel, { name, lifetime: null });
    timelines.opened(this.#timeline);
  }

  describe(): string {
    return SW_SYNC_PATH;
  }

  status(): FileStatus {
    return { inode: this.#inode, size: 0n, mode: 0o100644 };
  }

  ioctl({ task }: FileCall, request: number, argument: bigint): number {
    if (request === SW_SYNC_IOC_CREATE_FENCE.number) return this.#create(task, argument);
    if (request === SW_SYNC_IOC_INC.number) {
      this.#timeline.increment(task.memory.readStruct(sw_sync_inc, argument).value);
      return 0;
    }
    if (request === SW_SYNC_GET_DEADLINE.number) return this.#deadline(task, argument);
    throw new KernelError('ENOTTY', `sw_sync has no ioctl 0x${request.toString(16)}`);
  }

  release(): void {
    this.#timeline[Symbol.dispose]();
    this.#timelines.closed(this.#timeline);
  }

  #create(task: Task, address: bigint): number {
    const fd = task.files.reserve();
    let file: OpenFile | null = null;
    try {
      const data = task.memory.readStruct(sw_sync_create_fence_data, address);
      this.#kernel.mayAllocate('sw_sync fence');
      file = createSyncFile(this.#kernel, this.#timeline.createFence(data.value));
      task.memory.writeStruct(sw_sync_create_fence_data, address, { ...data, fence: fd });
    } catch (error) {
      file?.put();
      task.files.unreserve(fd);
      throw error;
    }
    task.files.install(fd, file);
    return 0;
  }

  /** EINVAL for what is no fence of a software timeline, ENOENT when nobody has given it a deadline. */
  #deadline(task: Task, address: bigint): number {
    const data = task.memory.readStruct(sw_sync_get_deadline, address);
    require(data.deadline_ns === 0n && data.pad === 0, 'EINVAL', 'deadline_ns and pad have to be 0');
    const fence = fenceOf(task, data.fence_fd);
    require(fence instanceof SoftwareFence, 'EINVAL', `${fence.describe()} is not of a software timeline`);
    if (fence.deadline === null) throw new KernelError('ENOENT', `${fence.describe()} has no deadline`);
    task.memory.writeStruct(sw_sync_get_deadline, address, { ...data, deadline_ns: fence.deadline });
    return 0;
  }
}
