// pointer-constraints-unstable-v1.xml: a pointer that stays in a surface, or stands still.
import { defineInterface, fixed, newId, object, uint } from '../object/table.ts';

export const zwp_pointer_constraints_v1 = defineInterface({
  name: 'zwp_pointer_constraints_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    lock_pointer: {
      args: [
        newId('id', 'zwp_locked_pointer_v1'),
        object('surface', 'wl_surface'),
        object('pointer', 'wl_pointer'),
        object('region', 'wl_region', { nullable: true }),
        uint('lifetime', { enum: 'lifetime' }),
      ],
    },
    confine_pointer: {
      args: [
        newId('id', 'zwp_confined_pointer_v1'),
        object('surface', 'wl_surface'),
        object('pointer', 'wl_pointer'),
        object('region', 'wl_region', { nullable: true }),
        uint('lifetime', { enum: 'lifetime' }),
      ],
    },
  },
  events: {},
  enums: {
    error: { already_constrained: 1 },
    lifetime: { oneshot: 1, persistent: 2 },
  },
});

export const zwp_locked_pointer_v1 = defineInterface({
  name: 'zwp_locked_pointer_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    set_cursor_position_hint: { args: [fixed('surface_x'), fixed('surface_y')] },
    set_region: { args: [object('region', 'wl_region', { nullable: true })] },
  },
  events: {
    locked: { args: [] },
    unlocked: { args: [] },
  },
  enums: {},
});

export const zwp_confined_pointer_v1 = defineInterface({
  name: 'zwp_confined_pointer_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    set_region: { args: [object('region', 'wl_region', { nullable: true })] },
  },
  events: {
    confined: { args: [] },
    unconfined: { args: [] },
  },
  enums: {},
});
