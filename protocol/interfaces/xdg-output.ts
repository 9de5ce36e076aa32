// xdg-output-unstable-v1.xml: outputs in logical pixels.
import { defineInterface, int, newId, object, string } from '../object/table.ts';

export const zxdg_output_manager_v1 = defineInterface({
  name: 'zxdg_output_manager_v1',
  version: 3,
  requests: {
    destroy: { type: 'destructor', args: [] },
    get_xdg_output: { args: [newId('id', 'zxdg_output_v1'), object('output', 'wl_output')] },
  },
  events: {},
  enums: {},
});

export const zxdg_output_v1 = defineInterface({
  name: 'zxdg_output_v1',
  version: 3,
  requests: {
    destroy: { type: 'destructor', args: [] },
  },
  events: {
    logical_position: { args: [int('x'), int('y')] },
    logical_size: { args: [int('width'), int('height')] },
    done: { args: [] },
    name: { since: 2, args: [string('name')] },
    description: { since: 2, args: [string('description')] },
  },
  enums: {},
});
