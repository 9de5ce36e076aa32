// cursor-shape-v1.xml: cursors by name.
import { defineInterface, newId, object, uint } from '../object/table.ts';

export const wp_cursor_shape_manager_v1 = defineInterface({
  name: 'wp_cursor_shape_manager_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    get_pointer: {
      args: [newId('cursor_shape_device', 'wp_cursor_shape_device_v1'), object('pointer', 'wl_pointer')],
    },
  },
  events: {},
  enums: {},
});

export const wp_cursor_shape_device_v1 = defineInterface({
  name: 'wp_cursor_shape_device_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    set_shape: { args: [uint('serial'), uint('shape', { enum: 'shape' })] },
  },
  events: {},
  enums: {
    shape: {
      default: 1,
      context_menu: 2,
      help: 3,
      pointer: 4,
      progress: 5,
      wait: 6,
      cell: 7,
      crosshair: 8,
      text: 9,
      vertical_text: 10,
      alias: 11,
      copy: 12,
      move: 13,
      no_drop: 14,
      not_allowed: 15,
      grab: 16,
      grabbing: 17,
      e_resize: 18,
      n_resize: 19,
      ne_resize: 20,
      nw_resize: 21,
      s_resize: 22,
      se_resize: 23,
      sw_resize: 24,
      w_resize: 25,
      ew_resize: 26,
      ns_resize: 27,
      nesw_resize: 28,
      nwse_resize: 29,
      col_resize: 30,
      row_resize: 31,
      all_scroll: 32,
      zoom_in: 33,
      zoom_out: 34,
    },
    error: { invalid_shape: 1 },
  },
});
