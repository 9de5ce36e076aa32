// wlr-screencopy-unstable-v1.xml: pictures of an output.
import { defineInterface, int, newId, object, uint } from '../object/table.ts';

export const zwlr_screencopy_manager_v1 = defineInterface({
  name: 'zwlr_screencopy_manager_v1',
  version: 3,
  requests: {
    capture_output: {
      args: [
        newId('frame', 'zwlr_screencopy_frame_v1'),
        int('overlay_cursor'),
        object('output', 'wl_output'),
      ],
    },
    capture_output_region: {
      args: [
        newId('frame', 'zwlr_screencopy_frame_v1'),
        int('overlay_cursor'),
        object('output', 'wl_output'),
        int('x'),
        int('y'),
        int('width'),
        int('height'),
      ],
    },
    destroy: { type: 'destructor', args: [] },
  },
  events: {},
  enums: {},
});

export const zwlr_screencopy_frame_v1 = defineInterface({
  name: 'zwlr_screencopy_frame_v1',
  version: 3,
  requests: {
    copy: { args: [object('buffer', 'wl_buffer')] },
    destroy: { type: 'destructor', args: [] },
    copy_with_damage: { since: 2, args: [object('buffer', 'wl_buffer')] },
  },
  events: {
    buffer: {
      args: [uint('format', { enum: 'wl_shm.format' }), uint('width'), uint('height'), uint('stride')],
    },
    flags: { args: [uint('flags', { enum: 'flags' })] },
    ready: { args: [uint('tv_sec_hi'), uint('tv_sec_lo'), uint('tv_nsec')] },
    failed: { args: [] },
    damage: { since: 2, args: [uint('x'), uint('y'), uint('width'), uint('height')] },
    linux_dmabuf: { since: 3, args: [uint('format'), uint('width'), uint('height')] },
    buffer_done: { since: 3, args: [] },
  },
  enums: {
    error: { already_used: 0, invalid_buffer: 1 },
    flags: { y_invert: 1 },
  },
  bitfields: ['flags'],
});
