// single-pixel-buffer-v1.xml: a buffer of one colour without memory.
import { defineInterface, newId, uint } from '../object/table.ts';

export const wp_single_pixel_buffer_manager_v1 = defineInterface({
  name: 'wp_single_pixel_buffer_manager_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    create_u32_rgba_buffer: {
      args: [newId('id', 'wl_buffer'), uint('r'), uint('g'), uint('b'), uint('a')],
    },
  },
  events: {},
  enums: {},
});
