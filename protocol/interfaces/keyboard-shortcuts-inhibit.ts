// keyboard-shortcuts-inhibit-unstable-v1.xml: surfaces that want the keys of the compositor too.
import { defineInterface, newId, object } from '../object/table.ts';

export const zwp_keyboard_shortcuts_inhibit_manager_v1 = defineInterface({
  name: 'zwp_keyboard_shortcuts_inhibit_manager_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    inhibit_shortcuts: {
      args: [
        newId('id', 'zwp_keyboard_shortcuts_inhibitor_v1'),
        object('surface', 'wl_surface'),
        object('seat', 'wl_seat'),
      ],
    },
  },
  events: {},
  enums: {
    error: { already_inhibited: 0 },
  },
});

export const zwp_keyboard_shortcuts_inhibitor_v1 = defineInterface({
  name: 'zwp_keyboard_shortcuts_inhibitor_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
  },
  events: {
    active: { args: [] },
    inactive: { args: [] },
  },
  enums: {},
});
