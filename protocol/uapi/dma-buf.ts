/** Calls on a dma-buf descriptor, `include/uapi/linux/dma-buf.h`. */
import { type Ioctl, iow, iowr } from './ioctl.ts';
import { chars, s32, struct, u32, u64 } from './struct.ts';

/** Flags of {@link DMA_BUF_IOCTL_SYNC} (READ, WRITE, RW with START or END) and of the sync-file calls (READ, WRITE, RW). */
export const DMA_BUF_SYNC_READ = 1;
export const DMA_BUF_SYNC_WRITE = 2;
export const DMA_BUF_SYNC_RW = DMA_BUF_SYNC_READ | DMA_BUF_SYNC_WRITE;
export const DMA_BUF_SYNC_START = 0;
export const DMA_BUF_SYNC_END = 4;
export const DMA_BUF_SYNC_VALID_FLAGS_MASK = DMA_BUF_SYNC_RW | DMA_BUF_SYNC_END;

/** Length of a dma-buf's name, the terminating NUL counted. */
export const DMA_BUF_NAME_LEN = 32;

export const dma_buf_sync = struct('dma_buf_sync', { flags: u64 });
export const dma_buf_export_sync_file = struct('dma_buf_export_sync_file', { flags: u32, fd: s32 });
export const dma_buf_import_sync_file = struct('dma_buf_import_sync_file', { flags: u32, fd: s32 });

/** The text `DMA_BUF_SET_NAME` reads: text that fills all 32 bytes has no NUL, and the kernel answers EINVAL to it. */
export const dma_buf_name = struct('dma_buf_name', { name: chars(DMA_BUF_NAME_LEN) });

const BASE = 'b';

/** Opens or closes a bracket of CPU access. START waits for the fences of the buffer. */
export const DMA_BUF_IOCTL_SYNC = iow('DMA_BUF_IOCTL_SYNC', BASE, 0, dma_buf_sync, { sleeps: true });

const nameCall = (name: string, encodedSize: number): Ioctl<typeof dma_buf_name> =>
  iow(name, BASE, 1, dma_buf_name, { encodedSize });

/** The argument is the text itself; the number says `__u32` (A) or `__u64` (B) since it differed between 32 and 64 bits. */
export const DMA_BUF_SET_NAME_A = nameCall('DMA_BUF_SET_NAME_A', 4);
export const DMA_BUF_SET_NAME_B = nameCall('DMA_BUF_SET_NAME_B', 8);

/**
 * A sync file with a snapshot of the fences that an access of the given kind must wait for: READ waits for writers,
 * WRITE for writers and readers.
 */
export const DMA_BUF_IOCTL_EXPORT_SYNC_FILE = iowr(
  'DMA_BUF_IOCTL_EXPORT_SYNC_FILE',
  BASE,
  2,
  dma_buf_export_sync_file,
);

/** Adds the fence of a sync file to the buffer, as a reader (READ) or a writer (WRITE). */
export const DMA_BUF_IOCTL_IMPORT_SYNC_FILE = iow(
  'DMA_BUF_IOCTL_IMPORT_SYNC_FILE',
  BASE,
  3,
  dma_buf_import_sync_file,
);

export const dmaBufIoctls = {
  DMA_BUF_IOCTL_SYNC,
  DMA_BUF_SET_NAME_A,
  DMA_BUF_SET_NAME_B,
  DMA_BUF_IOCTL_EXPORT_SYNC_FILE,
  DMA_BUF_IOCTL_IMPORT_SYNC_FILE,
};
