// wlr-virtual-pointer-unstable-v1.xml: a pointer that a program moves.
import { defineInterface, fixed, int, newId, object, uint } from '../object/table.ts';

export const zwlr_virtual_pointer_v1 = defineInterface({
  name: 'zwlr_virtual_pointer_v1',
  version: 2,
  requests: {
    motion: { args: [uint('time'), fixed('dx'), fixed('dy')] },
    motion_absolute: { args: [uint('time'), uint('x'), uint('y'), uint('x_extent'), uint('y_extent')] },
    button: { args: [uint('time'), uint('button'), uint('state', { enum: 'wl_pointer.button_state' })] },
    axis: { args: [uint('time'), uint('axis', { enum: 'wl_pointer.axis' }), fixed('value')] },
    frame: { args: [] },
    axis_source: { args: [uint('axis_source', { enum: 'wl_pointer.axis_source' })] },
    axis_stop: { args: [uint('time'), uint('axis', { enum: 'wl_pointer.axis' })] },
    axis_discrete: {
      args: [uint('time'), uint('axis', { enum: 'wl_pointer.axis' }), fixed('value'), int('discrete')],
    },
    destroy: { type: 'destructor', args: [] },
  },
  events: {},
  enums: {
    error: { invalid_axis: 0, invalid_axis_source: 1 },
  },
});

export const zwlr_virtual_pointer_manager_v1 = defineInterface({
  name: 'zwlr_virtual_pointer_manager_v1',
  version: 2,
  requests: {
    create_virtual_pointer: {
      args: [object('seat', 'wl_seat', { nullable: true }), newId('id', 'zwlr_virtual_pointer_v1')],
    },
    destroy: { type: 'destructor', args: [] },
    create_virtual_pointer_with_output: {
      since: 2,
      args: [
        object('seat', 'wl_seat', { nullable: true }),
        object('output', 'wl_output', { nullable: true }),
        newId('id', 'zwlr_virtual_pointer_v1'),
      ],
    },
  },
  events: {},
  enums: {},
});
