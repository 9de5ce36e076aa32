// relative-pointer-unstable-v1.xml: motion that no edge of the screen stops.
import { defineInterface, fixed, newId, object, uint } from '../object/table.ts';

export const zwp_relative_pointer_manager_v1 = defineInterface({
  name: 'zwp_relative_pointer_manager_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    get_relative_pointer: { args: [newId('id', 'zwp_relative_pointer_v1'), object('pointer', 'wl_pointer')] },
  },
  events: {},
  enums: {},
});

export const zwp_relative_pointer_v1 = defineInterface({
  name: 'zwp_relative_pointer_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
  },
  events: {
    relative_motion: {
      args: [
        uint('utime_hi'),
        uint('utime_lo'),
        fixed('dx'),
        fixed('dy'),
        fixed('dx_unaccel'),
        fixed('dy_unaccel'),
      ],
    },
  },
  enums: {},
});
