// xdg-activation-v1.xml: one window hands the focus to another.
import { defineInterface, newId, object, string, uint } from '../object/table.ts';

export const xdg_activation_v1 = defineInterface({
  name: 'xdg_activation_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    get_activation_token: { args: [newId('id', 'xdg_activation_token_v1')] },
    activate: { args: [string('token'), object('surface', 'wl_surface')] },
  },
  events: {},
  enums: {},
});

export const xdg_activation_token_v1 = defineInterface({
  name: 'xdg_activation_token_v1',
  version: 1,
  requests: {
    set_serial: { args: [uint('serial'), object('seat', 'wl_seat')] },
    set_app_id: { args: [string('app_id')] },
    set_surface: { args: [object('surface', 'wl_surface')] },
    commit: { args: [] },
    destroy: { type: 'destructor', args: [] },
  },
  events: {
    done: { args: [string('token')] },
  },
  enums: {
    error: { already_used: 0 },
  },
});
