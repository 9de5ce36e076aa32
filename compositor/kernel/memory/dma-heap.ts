import {
  DMA_HEAP_IOCTL_ALLOC,
  DMA_HEAP_VALID_FD_FLAGS,
  DMA_HEAP_VALID_HEAP_FLAGS,
  dma_heap_allocation_data,
} from '../../../protocol/uapi/dma-heap.ts';
import { O_ACCMODE, O_CLOEXEC } from '../../../protocol/uapi/fcntl.ts';
import { decode } from '../../../protocol/uapi/ioctl.ts';
import { type DmaBufOperations, exportDmaBuf } from '../dma-buf/dma-buf.ts';
import type { Kernel } from '../kernel.ts';
import { PAGE_SIZE } from '../task/address-space.ts';
import { KernelError, require } from '../task/kernel-error.ts';
import type { FileCall, FileOperations, FileStatus, MapRequest, OpenFile } from '../task/open-file.ts';
import type { Task } from '../task/task.ts';
import type { Backing } from './backing.ts';
import { createBacking } from './create-backing.ts';

/** Adds `/dev/dma_heap/system`, which makes dma-bufs of new zeroed memory (`drivers/dma-buf/dma-heap.c`). */
export function addSystemHeap(kernel: Kernel): Disposable {
  const path = '/dev/dma_heap/system';
  return kernel.addNode({ path, access: 'everybody', open: () => new SystemHeap(kernel, path) });
}

class SystemHeap implements FileOperations {
  readonly kind = 'dma heap';
  readonly #kernel: Kernel;
  readonly #path: string;
  readonly #inode: bigint;

  constructor(kernel: Kernel, path: string) {
    this.#kernel = kernel;
    this.#path = path;
    this.#inode = kernel.allocateInode();
  }

  describe(): string {
    return this.#path;
  }

  status(): FileStatus {
    return { inode: this.#inode, size: 0n, mode: 0o20666 };
  }

  /**
   * `dma_heap_ioctl`: the number alone says which call it is, callers may have a shorter or a longer struct, and a
   * descriptor whose number could not be copied out stays open.
   */
  ioctl({ task }: FileCall, request: number, argument: bigint): number {
    const { nr, size, read, write } = decode(request);
    require(nr ===
      decode(DMA_HEAP_IOCTL_ALLOC.number)
        .nr, 'EINVAL', `${this.#path} has no ioctl 0x${request.toString(16)}`);
    const bytes = new Uint8Array(Math.max(size, dma_heap_allocation_data.size));
    bytes.set(task.memory.copyFromUser(argument, write ? size : 0));
    const view = new DataView(bytes.buffer);
    const data = dma_heap_allocation_data.read(view, 0);
    require(data.fd === 0, 'EINVAL', `fd is the answer and has to be 0, not ${data.fd}`);
    require((data.fd_flags & ~DMA_HEAP_VALID_FD_FLAGS) ===
      0, 'EINVAL', `fd_flags are O_CLOEXEC and an access mode, got 0x${data.fd_flags.toString(16)}`);
    require((data.heap_flags & ~DMA_HEAP_VALID_HEAP_FLAGS) ===
      0n, 'EINVAL', `a heap knows no flags, got 0x${data.heap_flags.toString(16)}`);
    const fd = this.#allocate(task, data.len, data.fd_flags);
    dma_heap_allocation_data.write(view, 0, { ...data, fd });
    task.memory.copyToUser(argument, bytes.subarray(0, read ? size : 0));
    return 0;
  }

  /** EINVAL for no bytes, ENOMEM, EMFILE. */
  #allocate(task: Task, length: bigint, flags: number): number {
    const page = BigInt(PAGE_SIZE);
    const size = BigInt.asUintN(64, length + page - 1n) & -page;
    require(size > 0n, 'EINVAL', `${length} bytes are no whole pages of memory`);
    if (size > BigInt(this.#kernel.memory.size))
      throw new KernelError('ENOMEM', `${size} bytes are more than all of physical memory`);
    const fd = task.files.reserve();
    try {
      return task.files.install(fd, this.#export(Number(size), flags & O_ACCMODE), (flags & O_CLOEXEC) !== 0);
    } catch (error) {
      task.files.unreserve(fd);
      throw error;
    }
  }

  #export(size: number, flags: number): OpenFile {
    const backing = createBacking(this.#kernel, size, { shareable: true, name: 'system heap' });
    try {
      return exportDmaBuf(this.#kernel, heapOperations(backing), { flags }).file;
    } catch (error) {
      backing[Symbol.dispose]();
      throw error;
    }
  }
}

const heapOperations = (backing: Backing): DmaBufOperations => ({
  exporter: 'system',
  backing,
  // `remap_pfn_range`.
  pages: 'device',
  mayMap: (request: MapRequest) =>
    require(request.shared, 'EINVAL', 'memory of a heap can be mapped with MAP_SHARED only'),
  release: () => backing[Symbol.dispose](),
});
