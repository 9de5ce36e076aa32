/** Dma-bufs from a heap's own memory, `include/uapi/linux/dma-heap.h`; the nodes are `/dev/dma_heap/<name>`. */
import { iowr } from './ioctl.ts';
import { struct, u32, u64 } from './struct.ts';

/** O_CLOEXEC and the access mode. */
export const DMA_HEAP_VALID_FD_FLAGS = 0o2000003;
export const DMA_HEAP_VALID_HEAP_FLAGS = 0n;

/** `fd` is the answer; `len` is rounded up to whole pages. */
export const dma_heap_allocation_data = struct('dma_heap_allocation_data', {
  len: u64,
  fd: u32,
  fd_flags: u32,
  heap_flags: u64,
});

export const DMA_HEAP_IOCTL_ALLOC = iowr('DMA_HEAP_IOCTL_ALLOC', 'H', 0x0, dma_heap_allocation_data);

export const dmaHeapIoctls = { DMA_HEAP_IOCTL_ALLOC };
