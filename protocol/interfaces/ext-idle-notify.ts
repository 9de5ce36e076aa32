// ext-idle-notify-v1.xml: who is told that nobody uses the seat.
import { defineInterface, newId, object, uint } from '../object/table.ts';

export const ext_idle_notifier_v1 = defineInterface({
  name: 'ext_idle_notifier_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    get_idle_notification: {
      args: [newId('id', 'ext_idle_notification_v1'), uint('timeout'), object('seat', 'wl_seat')],
    },
  },
  events: {},
  enums: {},
});

export const ext_idle_notification_v1 = defineInterface({
  name: 'ext_idle_notification_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
  },
  events: {
    idled: { args: [] },
    resumed: { args: [] },
  },
  enums: {},
});
