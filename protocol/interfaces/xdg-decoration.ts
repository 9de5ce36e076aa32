// xdg-decoration-unstable-v1.xml: who draws the decorations of a window.
import { defineInterface, newId, object, uint } from '../object/table.ts';

export const zxdg_decoration_manager_v1 = defineInterface({
  name: 'zxdg_decoration_manager_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    get_toplevel_decoration: {
      args: [newId('id', 'zxdg_toplevel_decoration_v1'), object('toplevel', 'xdg_toplevel')],
    },
  },
  events: {},
  enums: {},
});

export const zxdg_toplevel_decoration_v1 = defineInterface({
  name: 'zxdg_toplevel_decoration_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    set_mode: { args: [uint('mode', { enum: 'mode' })] },
    unset_mode: { args: [] },
  },
  events: {
    configure: { args: [uint('mode', { enum: 'mode' })] },
  },
  enums: {
    error: { unconfigured_buffer: 0, already_constructed: 1, orphaned: 2 },
    mode: { client_side: 1, server_side: 2 },
  },
});
