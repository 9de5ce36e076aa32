// wayland.xml: buffers in shared memory.
import { defineInterface, fd, int, newId, uint } from '../object/table.ts';

export const wl_shm = defineInterface({
  name: 'wl_shm',
  version: 2,
  requests: {
    create_pool: { args: [newId('id', 'wl_shm_pool'), fd('fd'), int('size')] },
    release: { type: 'destructor', since: 2, args: [] },
  },
  events: { format: { args: [uint('format', { enum: 'format' })] } },
  enums: {
    error: { invalid_format: 0, invalid_stride: 1, invalid_fd: 2 },
    // Of the formats those in RGB of 16 bits and more, and nv12. But for the first two a value is the DRM fourcc code.
    format: {
      argb8888: 0,
      xrgb8888: 1,
      rgb565: 0x36314752,
      bgr565: 0x36314742,
      rgb888: 0x34324752,
      bgr888: 0x34324742,
      xbgr8888: 0x34324258,
      rgbx8888: 0x34325852,
      bgrx8888: 0x34325842,
      abgr8888: 0x34324241,
      rgba8888: 0x34324152,
      bgra8888: 0x34324142,
      xrgb2101010: 0x30335258,
      xbgr2101010: 0x30334258,
      rgbx1010102: 0x30335852,
      bgrx1010102: 0x30335842,
      argb2101010: 0x30335241,
      abgr2101010: 0x30334241,
      rgba1010102: 0x30334152,
      bgra1010102: 0x30334142,
      nv12: 0x3231564e,
      xrgb16161616: 0x38345258,
      xbgr16161616: 0x38344258,
      argb16161616: 0x38345241,
      abgr16161616: 0x38344241,
      xrgb16161616f: 0x48345258,
      xbgr16161616f: 0x48344258,
      argb16161616f: 0x48345241,
      abgr16161616f: 0x48344241,
    },
  },
});

export const wl_shm_pool = defineInterface({
  name: 'wl_shm_pool',
  version: 2,
  requests: {
    create_buffer: {
      args: [
        newId('id', 'wl_buffer'),
        int('offset'),
        int('width'),
        int('height'),
        int('stride'),
        uint('format', { enum: 'wl_shm.format' }),
      ],
    },
    destroy: { type: 'destructor', args: [] },
    resize: { args: [int('size')] },
  },
  events: {},
  enums: {},
});
