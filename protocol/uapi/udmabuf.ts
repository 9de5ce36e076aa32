/**
 * Dma-bufs from the pages of memfds, `include/uapi/linux/udmabuf.h`. The memfd must carry F_SEAL_SHRINK and must not
 * carry F_SEAL_WRITE, offset and size must be whole pages (`drivers/dma-buf/udmabuf.c`). Both calls return the descriptor.
 */
import { iow } from './ioctl.ts';
import { flexible, struct, u32, u64 } from './struct.ts';

export const UDMABUF_FLAGS_CLOEXEC = 1;

export const udmabuf_create = struct('udmabuf_create', { memfd: u32, flags: u32, offset: u64, size: u64 });
export const udmabuf_create_item = struct('udmabuf_create_item', {
  memfd: u32,
  __pad: u32,
  offset: u64,
  size: u64,
});
/** The items follow the header in memory. */
export const udmabuf_create_list = struct('udmabuf_create_list', {
  flags: u32,
  count: u32,
  list: flexible(udmabuf_create_item, 'count'),
});

export const UDMABUF_CREATE = iow('UDMABUF_CREATE', 'u', 0x42, udmabuf_create);
export const UDMABUF_CREATE_LIST = iow('UDMABUF_CREATE_LIST', 'u', 0x43, udmabuf_create_list);

export const udmabufIoctls = { UDMABUF_CREATE, UDMABUF_CREATE_LIST };
