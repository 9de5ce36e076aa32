// pointer-gestures-unstable-v1.xml: swipes, pinches and holds of a touchpad.
import { defineInterface, fixed, int, newId, object, uint } from '../object/table.ts';

export const zwp_pointer_gestures_v1 = defineInterface({
  name: 'zwp_pointer_gestures_v1',
  version: 3,
  requests: {
    get_swipe_gesture: {
      args: [newId('id', 'zwp_pointer_gesture_swipe_v1'), object('pointer', 'wl_pointer')],
    },
    get_pinch_gesture: {
      args: [newId('id', 'zwp_pointer_gesture_pinch_v1'), object('pointer', 'wl_pointer')],
    },
    release: { type: 'destructor', since: 2, args: [] },
    get_hold_gesture: {
      since: 3,
      args: [newId('id', 'zwp_pointer_gesture_hold_v1'), object('pointer', 'wl_pointer')],
    },
  },
  events: {},
  enums: {},
});

export const zwp_pointer_gesture_swipe_v1 = defineInterface({
  name: 'zwp_pointer_gesture_swipe_v1',
  version: 2,
  requests: {
    destroy: { type: 'destructor', args: [] },
  },
  events: {
    begin: { args: [uint('serial'), uint('time'), object('surface', 'wl_surface'), uint('fingers')] },
    update: { args: [uint('time'), fixed('dx'), fixed('dy')] },
    end: { args: [uint('serial'), uint('time'), int('cancelled')] },
  },
  enums: {},
});

export const zwp_pointer_gesture_pinch_v1 = defineInterface({
  name: 'zwp_pointer_gesture_pinch_v1',
  version: 2,
  requests: {
    destroy: { type: 'destructor', args: [] },
  },
  events: {
    begin: { args: [uint('serial'), uint('time'), object('surface', 'wl_surface'), uint('fingers')] },
    update: { args: [uint('time'), fixed('dx'), fixed('dy'), fixed('scale'), fixed('rotation')] },
    end: { args: [uint('serial'), uint('time'), int('cancelled')] },
  },
  enums: {},
});

export const zwp_pointer_gesture_hold_v1 = defineInterface({
  name: 'zwp_pointer_gesture_hold_v1',
  version: 3,
  requests: {
    destroy: { type: 'destructor', since: 3, args: [] },
  },
  events: {
    begin: {
      since: 3,
      args: [uint('serial'), uint('time'), object('surface', 'wl_surface'), uint('fingers')],
    },
    end: { since: 3, args: [uint('serial'), uint('time'), int('cancelled')] },
  },
  enums: {},
});
