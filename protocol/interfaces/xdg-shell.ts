// xdg-shell.xml: windows.
import { array, defineInterface, int, newId, object, string, uint } from '../object/table.ts';

export const xdg_wm_base = defineInterface({
  name: 'xdg_wm_base',
  version: 6,
  requests: {
    destroy: { type: 'destructor', args: [] },
    create_positioner: { args: [newId('id', 'xdg_positioner')] },
    get_xdg_surface: { args: [newId('id', 'xdg_surface'), object('surface', 'wl_surface')] },
    pong: { args: [uint('serial')] },
  },
  events: { ping: { args: [uint('serial')] } },
  enums: {
    error: {
      role: 0,
      defunct_surfaces: 1,
      not_the_topmost_popup: 2,
      invalid_popup_parent: 3,
      invalid_surface_state: 4,
      invalid_positioner: 5,
      unresponsive: 6,
    },
  },
});

export const xdg_positioner = defineInterface({
  name: 'xdg_positioner',
  version: 6,
  requests: {
    destroy: { type: 'destructor', args: [] },
    set_size: { args: [int('width'), int('height')] },
    set_anchor_rect: { args: [int('x'), int('y'), int('width'), int('height')] },
    set_anchor: { args: [uint('anchor', { enum: 'anchor' })] },
    set_gravity: { args: [uint('gravity', { enum: 'gravity' })] },
    set_constraint_adjustment: {
      args: [uint('constraint_adjustment', { enum: 'constraint_adjustment' })],
    },
    set_offset: { args: [int('x'), int('y')] },
    set_reactive: { since: 3, args: [] },
    set_parent_size: { since: 3, args: [int('parent_width'), int('parent_height')] },
    set_parent_configure: { since: 3, args: [uint('serial')] },
  },
  events: {},
  enums: {
    error: { invalid_input: 0 },
    anchor: {
      none: 0,
      top: 1,
      bottom: 2,
      left: 3,
      right: 4,
      top_left: 5,
      bottom_left: 6,
      top_right: 7,
      bottom_right: 8,
    },
    gravity: {
      none: 0,
      top: 1,
      bottom: 2,
      left: 3,
      right: 4,
      top_left: 5,
      bottom_left: 6,
      top_right: 7,
      bottom_right: 8,
    },
    constraint_adjustment: {
      none: 0,
      slide_x: 1,
      slide_y: 2,
      flip_x: 4,
      flip_y: 8,
      resize_x: 16,
      resize_y: 32,
    },
  },
  bitfields: ['constraint_adjustment'],
});

export const xdg_surface = defineInterface({
  name: 'xdg_surface',
  version: 6,
  requests: {
    destroy: { type: 'destructor', args: [] },
    get_toplevel: { args: [newId('id', 'xdg_toplevel')] },
    get_popup: {
      args: [
        newId('id', 'xdg_popup'),
        object('parent', 'xdg_surface', { nullable: true }),
        object('positioner', 'xdg_positioner'),
      ],
    },
    set_window_geometry: { args: [int('x'), int('y'), int('width'), int('height')] },
    ack_configure: { args: [uint('serial')] },
  },
  events: { configure: { args: [uint('serial')] } },
  enums: {
    error: {
      not_constructed: 1,
      already_constructed: 2,
      unconfigured_buffer: 3,
      invalid_serial: 4,
      invalid_size: 5,
      defunct_role_object: 6,
    },
  },
});

export const xdg_toplevel = defineInterface({
  name: 'xdg_toplevel',
  version: 6,
  requests: {
    destroy: { type: 'destructor', args: [] },
    set_parent: { args: [object('parent', 'xdg_toplevel', { nullable: true })] },
    set_title: { args: [string('title')] },
    set_app_id: { args: [string('app_id')] },
    show_window_menu: { args: [object('seat', 'wl_seat'), uint('serial'), int('x'), int('y')] },
    move: { args: [object('seat', 'wl_seat'), uint('serial')] },
    resize: {
      args: [object('seat', 'wl_seat'), uint('serial'), uint('edges', { enum: 'resize_edge' })],
    },
    set_max_size: { args: [int('width'), int('height')] },
    set_min_size: { args: [int('width'), int('height')] },
    set_maximized: { args: [] },
    unset_maximized: { args: [] },
    set_fullscreen: { args: [object('output', 'wl_output', { nullable: true })] },
    unset_fullscreen: { args: [] },
    set_minimized: { args: [] },
  },
  events: {
    configure: { args: [int('width'), int('height'), array('states')] },
    close: { args: [] },
    configure_bounds: { since: 4, args: [int('width'), int('height')] },
    wm_capabilities: { since: 5, args: [array('capabilities')] },
  },
  enums: {
    error: { invalid_resize_edge: 0, invalid_parent: 1, invalid_size: 2 },
    resize_edge: {
      none: 0,
      top: 1,
      bottom: 2,
      left: 4,
      top_left: 5,
      bottom_left: 6,
      right: 8,
      top_right: 9,
      bottom_right: 10,
    },
    state: {
      maximized: 1,
      fullscreen: 2,
      resizing: 3,
      activated: 4,
      tiled_left: 5,
      tiled_right: 6,
      tiled_top: 7,
      tiled_bottom: 8,
      suspended: 9,
    },
    wm_capabilities: { window_menu: 1, maximize: 2, fullscreen: 3, minimize: 4 },
  },
});

export const xdg_popup = defineInterface({
  name: 'xdg_popup',
  version: 6,
  requests: {
    destroy: { type: 'destructor', args: [] },
    grab: { args: [object('seat', 'wl_seat'), uint('serial')] },
    reposition: { since: 3, args: [object('positioner', 'xdg_positioner'), uint('token')] },
  },
  events: {
    configure: { args: [int('x'), int('y'), int('width'), int('height')] },
    popup_done: { args: [] },
    repositioned: { since: 3, args: [uint('token')] },
  },
  enums: { error: { invalid_grab: 0 } },
});
