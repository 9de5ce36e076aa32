// wayland.xml: input devices.
import { array, defineInterface, fd, fixed, int, newId, object, string, uint } from '../object/table.ts';

export const wl_seat = defineInterface({
  name: 'wl_seat',
  version: 7,
  requests: {
    get_pointer: { args: [newId('id', 'wl_pointer')] },
    get_keyboard: { args: [newId('id', 'wl_keyboard')] },
    get_touch: { args: [newId('id', 'wl_touch')] },
    release: { type: 'destructor', since: 5, args: [] },
  },
  events: {
    capabilities: { args: [uint('capabilities', { enum: 'capability' })] },
    name: { since: 2, args: [string('name')] },
  },
  enums: { capability: { pointer: 1, keyboard: 2, touch: 4 }, error: { missing_capability: 0 } },
  bitfields: ['capability'],
});

export const wl_pointer = defineInterface({
  name: 'wl_pointer',
  version: 7,
  requests: {
    set_cursor: {
      args: [
        uint('serial'),
        object('surface', 'wl_surface', { nullable: true }),
        int('hotspot_x'),
        int('hotspot_y'),
      ],
    },
    release: { type: 'destructor', since: 3, args: [] },
  },
  events: {
    enter: {
      args: [uint('serial'), object('surface', 'wl_surface'), fixed('surface_x'), fixed('surface_y')],
    },
    leave: { args: [uint('serial'), object('surface', 'wl_surface')] },
    motion: { args: [uint('time'), fixed('surface_x'), fixed('surface_y')] },
    button: {
      args: [uint('serial'), uint('time'), uint('button'), uint('state', { enum: 'button_state' })],
    },
    axis: { args: [uint('time'), uint('axis', { enum: 'axis' }), fixed('value')] },
    frame: { since: 5, args: [] },
    axis_source: { since: 5, args: [uint('axis_source', { enum: 'axis_source' })] },
    axis_stop: { since: 5, args: [uint('time'), uint('axis', { enum: 'axis' })] },
    axis_discrete: { since: 5, args: [uint('axis', { enum: 'axis' }), int('discrete')] },
  },
  enums: {
    error: { role: 0 },
    button_state: { released: 0, pressed: 1 },
    axis: { vertical_scroll: 0, horizontal_scroll: 1 },
    axis_source: { wheel: 0, finger: 1, continuous: 2, wheel_tilt: 3 },
  },
});

export const wl_keyboard = defineInterface({
  name: 'wl_keyboard',
  version: 7,
  requests: { release: { type: 'destructor', since: 3, args: [] } },
  events: {
    keymap: { args: [uint('format', { enum: 'keymap_format' }), fd('fd'), uint('size')] },
    enter: { args: [uint('serial'), object('surface', 'wl_surface'), array('keys')] },
    leave: { args: [uint('serial'), object('surface', 'wl_surface')] },
    key: { args: [uint('serial'), uint('time'), uint('key'), uint('state', { enum: 'key_state' })] },
    modifiers: {
      args: [
        uint('serial'),
        uint('mods_depressed'),
        uint('mods_latched'),
        uint('mods_locked'),
        uint('group'),
      ],
    },
    repeat_info: { since: 4, args: [int('rate'), int('delay')] },
  },
  enums: { keymap_format: { no_keymap: 0, xkb_v1: 1 }, key_state: { released: 0, pressed: 1 } },
});

export const wl_touch = defineInterface({
  name: 'wl_touch',
  version: 7,
  requests: { release: { type: 'destructor', since: 3, args: [] } },
  events: {
    down: {
      args: [
        uint('serial'),
        uint('time'),
        object('surface', 'wl_surface'),
        int('id'),
        fixed('x'),
        fixed('y'),
      ],
    },
    up: { args: [uint('serial'), uint('time'), int('id')] },
    motion: { args: [uint('time'), int('id'), fixed('x'), fixed('y')] },
    frame: { args: [] },
    cancel: { args: [] },
    shape: { since: 6, args: [int('id'), fixed('major'), fixed('minor')] },
    orientation: { since: 6, args: [int('id'), fixed('orientation')] },
  },
  enums: {},
});
