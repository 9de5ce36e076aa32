// wlr-layer-shell-unstable-v1.xml: panels, wallpapers and launchers.
import { defineInterface, int, newId, object, string, uint } from '../object/table.ts';

export const zwlr_layer_shell_v1 = defineInterface({
  name: 'zwlr_layer_shell_v1',
  version: 4,
  requests: {
    get_layer_surface: {
      args: [
        newId('id', 'zwlr_layer_surface_v1'),
        object('surface', 'wl_surface'),
        object('output', 'wl_output', { nullable: true }),
        uint('layer', { enum: 'layer' }),
        string('namespace'),
      ],
    },
    destroy: { type: 'destructor', since: 3, args: [] },
  },
  events: {},
  enums: {
    error: { role: 0, invalid_layer: 1, already_constructed: 2 },
    layer: { background: 0, bottom: 1, top: 2, overlay: 3 },
  },
});

export const zwlr_layer_surface_v1 = defineInterface({
  name: 'zwlr_layer_surface_v1',
  version: 4,
  requests: {
    set_size: { args: [uint('width'), uint('height')] },
    set_anchor: { args: [uint('anchor', { enum: 'anchor' })] },
    set_exclusive_zone: { args: [int('zone')] },
    set_margin: { args: [int('top'), int('right'), int('bottom'), int('left')] },
    set_keyboard_interactivity: {
      args: [uint('keyboard_interactivity', { enum: 'keyboard_interactivity' })],
    },
    get_popup: { args: [object('popup', 'xdg_popup')] },
    ack_configure: { args: [uint('serial')] },
    destroy: { type: 'destructor', args: [] },
    set_layer: { since: 2, args: [uint('layer', { enum: 'zwlr_layer_shell_v1.layer' })] },
  },
  events: {
    configure: { args: [uint('serial'), uint('width'), uint('height')] },
    closed: { args: [] },
  },
  enums: {
    keyboard_interactivity: { none: 0, exclusive: 1, on_demand: 2 },
    error: {
      invalid_surface_state: 0,
      invalid_size: 1,
      invalid_anchor: 2,
      invalid_keyboard_interactivity: 3,
    },
    anchor: { top: 1, bottom: 2, left: 4, right: 8 },
  },
  bitfields: ['anchor'],
});
