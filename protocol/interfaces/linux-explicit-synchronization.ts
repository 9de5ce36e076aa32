// linux-explicit-synchronization-unstable-v1.xml: acquire fences and release fences as sync files.
import { defineInterface, fd, newId, object } from '../object/table.ts';

export const zwp_linux_explicit_synchronization_v1 = defineInterface({
  name: 'zwp_linux_explicit_synchronization_v1',
  version: 2,
  requests: {
    destroy: { type: 'destructor', args: [] },
    get_synchronization: {
      args: [newId('id', 'zwp_linux_surface_synchronization_v1'), object('surface', 'wl_surface')],
    },
  },
  events: {},
  enums: { error: { synchronization_exists: 0 } },
});

export const zwp_linux_surface_synchronization_v1 = defineInterface({
  name: 'zwp_linux_surface_synchronization_v1',
  version: 2,
  requests: {
    destroy: { type: 'destructor', args: [] },
    set_acquire_fence: { args: [fd('fd')] },
    get_release: { args: [newId('release', 'zwp_linux_buffer_release_v1')] },
  },
  events: {},
  enums: {
    error: {
      invalid_fence: 0,
      duplicate_fence: 1,
      duplicate_release: 2,
      no_surface: 3,
      unsupported_buffer: 4,
      no_buffer: 5,
    },
  },
});

export const zwp_linux_buffer_release_v1 = defineInterface({
  name: 'zwp_linux_buffer_release_v1',
  version: 1,
  requests: {},
  // The XML is older than destructor events, but its text says that either event destroys the object.
  events: {
    fenced_release: { type: 'destructor', args: [fd('fence')] },
    immediate_release: { type: 'destructor', args: [] },
  },
  enums: {},
});
