// virtual-keyboard-unstable-v1.xml: a keyboard that a program types on.
import { defineInterface, fd, newId, object, uint } from '../object/table.ts';

export const zwp_virtual_keyboard_v1 = defineInterface({
  name: 'zwp_virtual_keyboard_v1',
  version: 1,
  requests: {
    keymap: { args: [uint('format'), fd('fd'), uint('size')] },
    key: { args: [uint('time'), uint('key'), uint('state')] },
    modifiers: { args: [uint('mods_depressed'), uint('mods_latched'), uint('mods_locked'), uint('group')] },
    destroy: { type: 'destructor', args: [] },
  },
  events: {},
  enums: {
    error: { no_keymap: 0 },
  },
});

export const zwp_virtual_keyboard_manager_v1 = defineInterface({
  name: 'zwp_virtual_keyboard_manager_v1',
  version: 1,
  requests: {
    create_virtual_keyboard: { args: [object('seat', 'wl_seat'), newId('id', 'zwp_virtual_keyboard_v1')] },
  },
  events: {},
  enums: {
    error: { unauthorized: 0 },
  },
});
