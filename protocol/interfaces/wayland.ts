// wayland.xml: the display, globals, surfaces and what surfaces are made of.
import { defineInterface, int, newId, object, string, uint } from '../object/table.ts';

export const wl_display = defineInterface({
  name: 'wl_display',
  version: 1,
  requests: {
    sync: { args: [newId('callback', 'wl_callback')] },
    get_registry: { args: [newId('registry', 'wl_registry')] },
  },
  events: {
    error: { args: [object('object_id', undefined), uint('code'), string('message')] },
    delete_id: { args: [uint('id')] },
  },
  enums: { error: { invalid_object: 0, invalid_method: 1, no_memory: 2, implementation: 3 } },
});

export const wl_registry = defineInterface({
  name: 'wl_registry',
  version: 1,
  requests: { bind: { args: [uint('name'), newId('id')] } },
  events: {
    global: { args: [uint('name'), string('interface'), uint('version')] },
    global_remove: { args: [uint('name')] },
  },
  enums: {},
});

export const wl_callback = defineInterface({
  name: 'wl_callback',
  version: 1,
  requests: {},
  events: { done: { type: 'destructor', args: [uint('callback_data')] } },
  enums: {},
});

export const wl_compositor = defineInterface({
  name: 'wl_compositor',
  version: 6,
  requests: {
    create_surface: { args: [newId('id', 'wl_surface')] },
    create_region: { args: [newId('id', 'wl_region')] },
  },
  events: {},
  enums: {},
});

export const wl_region = defineInterface({
  name: 'wl_region',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    add: { args: [int('x'), int('y'), int('width'), int('height')] },
    subtract: { args: [int('x'), int('y'), int('width'), int('height')] },
  },
  events: {},
  enums: {},
});

export const wl_buffer = defineInterface({
  name: 'wl_buffer',
  version: 1,
  requests: { destroy: { type: 'destructor', args: [] } },
  events: { release: { args: [] } },
  enums: {},
});

export const wl_surface = defineInterface({
  name: 'wl_surface',
  version: 6,
  requests: {
    destroy: { type: 'destructor', args: [] },
    attach: { args: [object('buffer', 'wl_buffer', { nullable: true }), int('x'), int('y')] },
    damage: { args: [int('x'), int('y'), int('width'), int('height')] },
    frame: { args: [newId('callback', 'wl_callback')] },
    set_opaque_region: { args: [object('region', 'wl_region', { nullable: true })] },
    set_input_region: { args: [object('region', 'wl_region', { nullable: true })] },
    commit: { args: [] },
    set_buffer_transform: { since: 2, args: [int('transform', { enum: 'wl_output.transform' })] },
    set_buffer_scale: { since: 3, args: [int('scale')] },
    damage_buffer: { since: 4, args: [int('x'), int('y'), int('width'), int('height')] },
    offset: { since: 5, args: [int('x'), int('y')] },
  },
  events: {
    enter: { args: [object('output', 'wl_output')] },
    leave: { args: [object('output', 'wl_output')] },
    preferred_buffer_scale: { since: 6, args: [int('factor')] },
    preferred_buffer_transform: { since: 6, args: [uint('transform', { enum: 'wl_output.transform' })] },
  },
  enums: {
    error: {
      invalid_scale: 0,
      invalid_transform: 1,
      invalid_size: 2,
      invalid_offset: 3,
      defunct_role_object: 4,
    },
  },
});

export const wl_subcompositor = defineInterface({
  name: 'wl_subcompositor',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    get_subsurface: {
      args: [newId('id', 'wl_subsurface'), object('surface', 'wl_surface'), object('parent', 'wl_surface')],
    },
  },
  events: {},
  enums: { error: { bad_surface: 0, bad_parent: 1 } },
});

export const wl_subsurface = defineInterface({
  name: 'wl_subsurface',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    set_position: { args: [int('x'), int('y')] },
    place_above: { args: [object('sibling', 'wl_surface')] },
    place_below: { args: [object('sibling', 'wl_surface')] },
    set_sync: { args: [] },
    set_desync: { args: [] },
  },
  events: {},
  enums: { error: { bad_surface: 0 } },
});

export const wl_output = defineInterface({
  name: 'wl_output',
  version: 4,
  requests: { release: { type: 'destructor', since: 3, args: [] } },
  events: {
    geometry: {
      args: [
        int('x'),
        int('y'),
        int('physical_width'),
        int('physical_height'),
        int('subpixel', { enum: 'subpixel' }),
        string('make'),
        string('model'),
        int('transform', { enum: 'transform' }),
      ],
    },
    mode: { args: [uint('flags', { enum: 'mode' }), int('width'), int('height'), int('refresh')] },
    done: { since: 2, args: [] },
    scale: { since: 2, args: [int('factor')] },
    name: { since: 4, args: [string('name')] },
    description: { since: 4, args: [string('description')] },
  },
  enums: {
    subpixel: { unknown: 0, none: 1, horizontal_rgb: 2, horizontal_bgr: 3, vertical_rgb: 4, vertical_bgr: 5 },
    transform: {
      normal: 0,
      '90': 1,
      '180': 2,
      '270': 3,
      flipped: 4,
      flipped_90: 5,
      flipped_180: 6,
      flipped_270: 7,
    },
    mode: { current: 0x1, preferred: 0x2 },
  },
  bitfields: ['mode'],
});
