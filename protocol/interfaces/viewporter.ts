// viewporter.xml: cropping and scaling of a surface.
import { defineInterface, fixed, int, newId, object } from '../object/table.ts';

export const wp_viewporter = defineInterface({
  name: 'wp_viewporter',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    get_viewport: { args: [newId('id', 'wp_viewport'), object('surface', 'wl_surface')] },
  },
  events: {},
  enums: { error: { viewport_exists: 0 } },
});

export const wp_viewport = defineInterface({
  name: 'wp_viewport',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    set_source: { args: [fixed('x'), fixed('y'), fixed('width'), fixed('height')] },
    set_destination: { args: [int('width'), int('height')] },
  },
  events: {},
  enums: { error: { bad_value: 0, bad_size: 1, out_of_buffer: 2, no_surface: 3 } },
});
