import { F_SEAL_FUTURE_WRITE, F_SEAL_SHRINK, F_SEAL_WRITE } from '../../../protocol/uapi/fcntl.ts';
import {
  UDMABUF_CREATE,
  UDMABUF_CREATE_LIST,
  UDMABUF_FLAGS_CLOEXEC,
  udmabuf_create,
  udmabuf_create_item,
  udmabuf_create_list,
} from '../../../protocol/uapi/udmabuf.ts';
import { type DmaBufOperations, exportDmaBuf } from '../dma-buf/dma-buf.ts';
import type { Kernel } from '../kernel.ts';
import { PAGE_SIZE } from '../task/address-space.ts';
import { KernelError, require } from '../task/kernel-error.ts';
import type { FileCall, FileOperations, FileStatus, MapRequest } from '../task/open-file.ts';
import type { Task } from '../task/task.ts';
import { TextDirectory } from '../task/text-file.ts';
import { MemFile } from './memfd.ts';
import { PageList, type PageSource } from './page-list.ts';

/** Items of one CREATE_LIST; the module parameter `list_limit`. */
const LIST_LIMIT = 1024;
/** Bytes of one udmabuf; the module parameter `size_limit_mb`. */
const SIZE_LIMIT = 64n << 20n;
const LIST_HEADER = udmabuf_create_list.size;

interface Item {
  readonly memfd: number;
  readonly offset: bigint;
  readonly size: bigint;
}

/**
 * Adds `/dev/udmabuf`, which makes dma-bufs of the pages of memfds (`drivers/dma-buf/udmabuf.c`), and the module's
 * parameters in /sys.
 */
export function addUdmabufDevice(kernel: Kernel): Disposable {
  const parameters = new TextDirectory(kernel, '/sys/module/udmabuf/parameters', {
    list_limit: () => `${LIST_LIMIT}\n`,
    size_limit_mb: () => `${SIZE_LIMIT >> 20n}\n`,
  });
  kernel.mount(parameters.path, parameters);
  return kernel.addNode({ path: '/dev/udmabuf', access: 'everybody', open: () => new UdmabufDevice(kernel) });
}

class UdmabufDevice implements FileOperations {
  readonly kind = 'udmabuf device';
  readonly #kernel: Kernel;
  readonly #inode: bigint;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#inode = kernel.allocateInode();
  }

  describe(): string {
    return '/dev/udmabuf';
  }

  status(): FileStatus {
    return { inode: this.#inode, size: 0n, mode: 0o20666 };
  }

  ioctl({ task }: FileCall, request: number, argument: bigint): number {
    if (request === UDMABUF_CREATE.number) {
      const item = task.memory.readStruct(udmabuf_create, argument);
      return createUdmabuf(this.#kernel, task, [item], item.flags);
    }
    if (request === UDMABUF_CREATE_LIST.number) {
      const { flags, count } = task.memory.readStruct(udmabuf_create_list, argument);
      require(count <= LIST_LIMIT, 'EINVAL', `a list has at most ${LIST_LIMIT} items, got ${count}`);
      const items = Array.from({ length: count }, (_, at) =>
        task.memory.readStruct(
          udmabuf_create_item,
          argument + BigInt(LIST_HEADER + at * udmabuf_create_item.size),
        ),
      );
      return createUdmabuf(this.#kernel, task, items, flags);
    }
    throw new KernelError('ENOTTY', `/dev/udmabuf has no ioctl 0x${request.toString(16)}`);
  }
}

/** Checks in the order of `udmabuf_create`: all ranges first, then each memfd. Unknown flags are ignored. */
function createUdmabuf(kernel: Kernel, task: Task, items: readonly Item[], flags: number): number {
  requireRanges(items);
  const sources: PageSource[] = [];
  for (const item of items) {
    const file = requireMemfd(task, item);
    sources.push({ backing: file.backing, offset: Number(item.offset), length: Number(item.size) });
  }
  const list = new PageList(kernel.memory, sources);
  try {
    const buffer = exportDmaBuf(kernel, udmabufOperations(list));
    return task.files.add(buffer.file, (flags & UDMABUF_FLAGS_CLOEXEC) !== 0);
  } catch (error) {
    list[Symbol.dispose]();
    throw error;
  }
}

/** EINVAL for what is not whole pages, for no pages, and beyond the limit. */
function requireRanges(items: readonly Item[]): void {
  let total = 0n;
  for (const { offset, size } of items) {
    require(offset % BigInt(PAGE_SIZE) === 0n &&
      size % BigInt(PAGE_SIZE) === 0n, 'EINVAL', `offset ${offset} and size ${size} have to be whole pages`);
    total += size;
    require(total <= SIZE_LIMIT, 'EINVAL', `a udmabuf has at most ${SIZE_LIMIT} bytes`);
  }
  require(total > 0n, 'EINVAL', 'a udmabuf needs at least one page');
}

/** EBADFD for what is not a memfd; EINVAL for its seals and its size (`check_memfd_seals`). */
function requireMemfd(task: Task, item: Item): MemFile {
  const file = task.files.find(item.memfd);
  if (!(file?.operations instanceof MemFile))
    throw new KernelError(
      'EBADFD',
      `descriptor ${item.memfd | 0} is ${file ? `a ${file.operations.kind}` : 'not open'}, not a memfd`,
    );
  const memfd = file.operations;
  const seals = memfd.seals();
  require((seals & F_SEAL_SHRINK) !== 0, 'EINVAL', 'the memfd has to be sealed with F_SEAL_SHRINK');
  require((seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) ===
    0, 'EINVAL', 'the memfd must not be sealed against writing');
  require(item.offset + item.size <= BigInt(memfd.size) &&
    item.size >
      0n, 'EINVAL', `bytes ${item.offset} to ${item.offset + item.size} of a memfd of ${memfd.size}`);
  return memfd;
}

function udmabufOperations(list: PageList): DmaBufOperations {
  let begun = false;
  return {
    exporter: 'udmabuf',
    backing: list,
    mayMap: (request: MapRequest) =>
      require(request.shared, 'EINVAL', 'a udmabuf can be mapped with MAP_SHARED only'),
    beginCpuAccess: () => {
      begun = true;
    },
    endCpuAccess: () => require(begun, 'EINVAL', 'CPU access to this udmabuf was never begun'),
    hostDescriptor: () => list.hostRange(),
    release: () => list[Symbol.dispose](),
  };
}
