// primary-selection-unstable-v1.xml: the selection that the middle button pastes.
import { defineInterface, fd, newId, object, string, uint } from '../object/table.ts';

export const zwp_primary_selection_device_manager_v1 = defineInterface({
  name: 'zwp_primary_selection_device_manager_v1',
  version: 1,
  requests: {
    create_source: { args: [newId('id', 'zwp_primary_selection_source_v1')] },
    get_device: { args: [newId('id', 'zwp_primary_selection_device_v1'), object('seat', 'wl_seat')] },
    destroy: { type: 'destructor', args: [] },
  },
  events: {},
  enums: {},
});

export const zwp_primary_selection_device_v1 = defineInterface({
  name: 'zwp_primary_selection_device_v1',
  version: 1,
  requests: {
    set_selection: {
      args: [object('source', 'zwp_primary_selection_source_v1', { nullable: true }), uint('serial')],
    },
    destroy: { type: 'destructor', args: [] },
  },
  events: {
    data_offer: { args: [newId('offer', 'zwp_primary_selection_offer_v1')] },
    selection: { args: [object('id', 'zwp_primary_selection_offer_v1', { nullable: true })] },
  },
  enums: {},
});

export const zwp_primary_selection_offer_v1 = defineInterface({
  name: 'zwp_primary_selection_offer_v1',
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

export const zwp_primary_selection_source_v1 = defineInterface({
  name: 'zwp_primary_selection_source_v1',
  version: 1,
  requests: {
    offer: { args: [string('mime_type')] },
    destroy: { type: 'destructor', args: [] },
  },
  events: {
    send: { args: [string('mime_type'), fd('fd')] },
    cancelled: { args: [] },
  },
  enums: {},
});
