// wlr-foreign-toplevel-management-unstable-v1.xml: the windows of all clients, for task bars.
import { array, defineInterface, int, newId, object, string } from '../object/table.ts';

export const zwlr_foreign_toplevel_manager_v1 = defineInterface({
  name: 'zwlr_foreign_toplevel_manager_v1',
  version: 3,
  requests: {
    stop: { args: [] },
  },
  events: {
    toplevel: { args: [newId('toplevel', 'zwlr_foreign_toplevel_handle_v1')] },
    finished: { args: [] },
  },
  enums: {},
});

export const zwlr_foreign_toplevel_handle_v1 = defineInterface({
  name: 'zwlr_foreign_toplevel_handle_v1',
  version: 3,
  requests: {
    set_maximized: { args: [] },
    unset_maximized: { args: [] },
    set_minimized: { args: [] },
    unset_minimized: { args: [] },
    activate: { args: [object('seat', 'wl_seat')] },
    close: { args: [] },
    set_rectangle: {
      args: [object('surface', 'wl_surface'), int('x'), int('y'), int('width'), int('height')],
    },
    destroy: { type: 'destructor', args: [] },
    set_fullscreen: { since: 2, args: [object('output', 'wl_output', { nullable: true })] },
    unset_fullscreen: { since: 2, args: [] },
  },
  events: {
    title: { args: [string('title')] },
    app_id: { args: [string('app_id')] },
    output_enter: { args: [object('output', 'wl_output')] },
    output_leave: { args: [object('output', 'wl_output')] },
    state: { args: [array('state')] },
    done: { args: [] },
    closed: { args: [] },
    parent: { since: 3, args: [object('parent', 'zwlr_foreign_toplevel_handle_v1', { nullable: true })] },
  },
  enums: {
    state: { maximized: 0, minimized: 1, activated: 2, fullscreen: 3 },
    error: { invalid_rectangle: 0 },
  },
});
