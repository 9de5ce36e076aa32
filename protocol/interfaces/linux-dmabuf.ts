// linux-dmabuf-v1.xml: buffers made of dma-bufs, and which of them suit a surface.
import { array, defineInterface, fd, int, newId, object, uint } from '../object/table.ts';

export const zwp_linux_dmabuf_v1 = defineInterface({
  name: 'zwp_linux_dmabuf_v1',
  version: 4,
  requests: {
    destroy: { type: 'destructor', args: [] },
    create_params: { args: [newId('params_id', 'zwp_linux_buffer_params_v1')] },
    get_default_feedback: { since: 4, args: [newId('id', 'zwp_linux_dmabuf_feedback_v1')] },
    get_surface_feedback: {
      since: 4,
      args: [newId('id', 'zwp_linux_dmabuf_feedback_v1'), object('surface', 'wl_surface')],
    },
  },
  events: {
    format: { args: [uint('format')] },
    modifier: { since: 3, args: [uint('format'), uint('modifier_hi'), uint('modifier_lo')] },
  },
  enums: {},
});

export const zwp_linux_buffer_params_v1 = defineInterface({
  name: 'zwp_linux_buffer_params_v1',
  version: 4,
  requests: {
    destroy: { type: 'destructor', args: [] },
    add: {
      args: [
        fd('fd'),
        uint('plane_idx'),
        uint('offset'),
        uint('stride'),
        uint('modifier_hi'),
        uint('modifier_lo'),
      ],
    },
    create: { args: [int('width'), int('height'), uint('format'), uint('flags', { enum: 'flags' })] },
    create_immed: {
      since: 2,
      args: [
        newId('buffer_id', 'wl_buffer'),
        int('width'),
        int('height'),
        uint('format'),
        uint('flags', { enum: 'flags' }),
      ],
    },
  },
  events: { created: { args: [newId('buffer', 'wl_buffer')] }, failed: { args: [] } },
  enums: {
    error: {
      already_used: 0,
      plane_idx: 1,
      plane_set: 2,
      incomplete: 3,
      invalid_format: 4,
      invalid_dimensions: 5,
      out_of_bounds: 6,
      invalid_wl_buffer: 7,
    },
    flags: { y_invert: 1, interlaced: 2, bottom_first: 4 },
  },
  bitfields: ['flags'],
});

export const zwp_linux_dmabuf_feedback_v1 = defineInterface({
  name: 'zwp_linux_dmabuf_feedback_v1',
  version: 4,
  requests: { destroy: { type: 'destructor', args: [] } },
  events: {
    done: { args: [] },
    format_table: { args: [fd('fd'), uint('size')] },
    main_device: { args: [array('device')] },
    tranche_done: { args: [] },
    tranche_target_device: { args: [array('device')] },
    tranche_formats: { args: [array('indices')] },
    tranche_flags: { args: [uint('flags', { enum: 'tranche_flags' })] },
  },
  enums: { tranche_flags: { scanout: 1 } },
  bitfields: ['tranche_flags'],
});
