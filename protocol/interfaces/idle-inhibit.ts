// idle-inhibit-unstable-v1.xml: surfaces that keep the session from counting as idle.
import { defineInterface, newId, object } from '../object/table.ts';

export const zwp_idle_inhibit_manager_v1 = defineInterface({
  name: 'zwp_idle_inhibit_manager_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    create_inhibitor: { args: [newId('id', 'zwp_idle_inhibitor_v1'), object('surface', 'wl_surface')] },
  },
  events: {},
  enums: {},
});

export const zwp_idle_inhibitor_v1 = defineInterface({
  name: 'zwp_idle_inhibitor_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
  },
  events: {},
  enums: {},
});
