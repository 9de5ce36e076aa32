// wlr-data-control-unstable-v1.xml: the clipboard for programs without a focus.
import { defineInterface, fd, newId, object, string } from '../object/table.ts';

export const zwlr_data_control_manager_v1 = defineInterface({
  name: 'zwlr_data_control_manager_v1',
  version: 2,
  requests: {
    create_data_source: { args: [newId('id', 'zwlr_data_control_source_v1')] },
    get_data_device: { args: [newId('id', 'zwlr_data_control_device_v1'), object('seat', 'wl_seat')] },
    destroy: { type: 'destructor', args: [] },
  },
  events: {},
  enums: {},
});

export const zwlr_data_control_device_v1 = defineInterface({
  name: 'zwlr_data_control_device_v1',
  version: 2,
  requests: {
    set_selection: { args: [object('source', 'zwlr_data_control_source_v1', { nullable: true })] },
    destroy: { type: 'destructor', args: [] },
    set_primary_selection: {
      since: 2,
      args: [object('source', 'zwlr_data_control_source_v1', { nullable: true })],
    },
  },
  events: {
    data_offer: { args: [newId('id', 'zwlr_data_control_offer_v1')] },
    selection: { args: [object('id', 'zwlr_data_control_offer_v1', { nullable: true })] },
    finished: { args: [] },
    primary_selection: { since: 2, args: [object('id', 'zwlr_data_control_offer_v1', { nullable: true })] },
  },
  enums: {
    error: { used_source: 1 },
  },
});

export const zwlr_data_control_source_v1 = defineInterface({
  name: 'zwlr_data_control_source_v1',
  version: 1,
  requests: {
    offer: { args: [string('mime_type')] },
    destroy: { type: 'destructor', args: [] },
  },
  events: {
    send: { args: [string('mime_type'), fd('fd')] },
    cancelled: { args: [] },
  },
  enums: {
    error: { invalid_offer: 1 },
  },
});

export const zwlr_data_control_offer_v1 = defineInterface({
  name: 'zwlr_data_control_offer_v1',
  version: 1,
  requests: {
    receive: { args: [string('mime_type'), fd('fd')] },
    destroy: { type: 'destructor', args: [] },
  },
  events: {
    offer: { args: [string('mime_type')] },
  },
  enums: {},
});
