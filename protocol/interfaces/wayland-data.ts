// wayland.xml: clipboard, and drag and drop.
import { defineInterface, fd, fixed, newId, object, string, uint } from '../object/table.ts';

export const wl_data_offer = defineInterface({
  name: 'wl_data_offer',
  version: 3,
  requests: {
    accept: { args: [uint('serial'), string('mime_type', { nullable: true })] },
    receive: { args: [string('mime_type'), fd('fd')] },
    destroy: { type: 'destructor', args: [] },
    finish: { since: 3, args: [] },
    set_actions: {
      since: 3,
      args: [
        uint('dnd_actions', { enum: 'wl_data_device_manager.dnd_action' }),
        uint('preferred_action', { enum: 'wl_data_device_manager.dnd_action' }),
      ],
    },
  },
  events: {
    offer: { args: [string('mime_type')] },
    source_actions: {
      since: 3,
      args: [uint('source_actions', { enum: 'wl_data_device_manager.dnd_action' })],
    },
    action: { since: 3, args: [uint('dnd_action', { enum: 'wl_data_device_manager.dnd_action' })] },
  },
  enums: {
    error: { invalid_finish: 0, invalid_action_mask: 1, invalid_action: 2, invalid_offer: 3 },
  },
});

export const wl_data_source = defineInterface({
  name: 'wl_data_source',
  version: 3,
  requests: {
    offer: { args: [string('mime_type')] },
    destroy: { type: 'destructor', args: [] },
    set_actions: { since: 3, args: [uint('dnd_actions', { enum: 'wl_data_device_manager.dnd_action' })] },
  },
  events: {
    target: { args: [string('mime_type', { nullable: true })] },
    send: { args: [string('mime_type'), fd('fd')] },
    cancelled: { args: [] },
    dnd_drop_performed: { since: 3, args: [] },
    dnd_finished: { since: 3, args: [] },
    action: { since: 3, args: [uint('dnd_action', { enum: 'wl_data_device_manager.dnd_action' })] },
  },
  enums: {
    error: { invalid_action_mask: 0, invalid_source: 1 },
  },
});

export const wl_data_device = defineInterface({
  name: 'wl_data_device',
  version: 3,
  requests: {
    start_drag: {
      args: [
        object('source', 'wl_data_source', { nullable: true }),
        object('origin', 'wl_surface'),
        object('icon', 'wl_surface', { nullable: true }),
        uint('serial'),
      ],
    },
    set_selection: { args: [object('source', 'wl_data_source', { nullable: true }), uint('serial')] },
    release: { type: 'destructor', since: 2, args: [] },
  },
  events: {
    data_offer: { args: [newId('id', 'wl_data_offer')] },
    enter: {
      args: [
        uint('serial'),
        object('surface', 'wl_surface'),
        fixed('x'),
        fixed('y'),
        object('id', 'wl_data_offer', { nullable: true }),
      ],
    },
    leave: { args: [] },
    motion: { args: [uint('time'), fixed('x'), fixed('y')] },
    drop: { args: [] },
    selection: { args: [object('id', 'wl_data_offer', { nullable: true })] },
  },
  enums: {
    error: { role: 0 },
  },
});

export const wl_data_device_manager = defineInterface({
  name: 'wl_data_device_manager',
  version: 3,
  requests: {
    create_data_source: { args: [newId('id', 'wl_data_source')] },
    get_data_device: { args: [newId('id', 'wl_data_device'), object('seat', 'wl_seat')] },
  },
  events: {},
  enums: {
    dnd_action: { none: 0, copy: 1, move: 2, ask: 4 },
  },
  bitfields: ['dnd_action'],
});
