// fractional-scale-v1.xml: the scale that a surface had best be drawn at.
import { defineInterface, newId, object, uint } from '../object/table.ts';

export const wp_fractional_scale_manager_v1 = defineInterface({
  name: 'wp_fractional_scale_manager_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    get_fractional_scale: { args: [newId('id', 'wp_fractional_scale_v1'), object('surface', 'wl_surface')] },
  },
  events: {},
  enums: {
    error: { fractional_scale_exists: 0 },
  },
});

export const wp_fractional_scale_v1 = defineInterface({
  name: 'wp_fractional_scale_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
  },
  events: {
    preferred_scale: { args: [uint('scale')] },
  },
  enums: {},
});
