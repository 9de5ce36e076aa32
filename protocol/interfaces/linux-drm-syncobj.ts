// linux-drm-syncobj-v1.xml: acquire and release points on syncobj timelines.
import { defineInterface, fd, newId, object, uint } from '../object/table.ts';

export const wp_linux_drm_syncobj_manager_v1 = defineInterface({
  name: 'wp_linux_drm_syncobj_manager_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    get_surface: {
      args: [newId('id', 'wp_linux_drm_syncobj_surface_v1'), object('surface', 'wl_surface')],
    },
    import_timeline: { args: [newId('id', 'wp_linux_drm_syncobj_timeline_v1'), fd('fd')] },
  },
  events: {},
  enums: { error: { surface_exists: 0, invalid_timeline: 1 } },
});

export const wp_linux_drm_syncobj_timeline_v1 = defineInterface({
  name: 'wp_linux_drm_syncobj_timeline_v1',
  version: 1,
  requests: { destroy: { type: 'destructor', args: [] } },
  events: {},
  enums: {},
});

export const wp_linux_drm_syncobj_surface_v1 = defineInterface({
  name: 'wp_linux_drm_syncobj_surface_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    set_acquire_point: {
      args: [object('timeline', 'wp_linux_drm_syncobj_timeline_v1'), uint('point_hi'), uint('point_lo')],
    },
    set_release_point: {
      args: [object('timeline', 'wp_linux_drm_syncobj_timeline_v1'), uint('point_hi'), uint('point_lo')],
    },
  },
  events: {},
  enums: {
    error: {
      no_surface: 1,
      unsupported_buffer: 2,
      no_buffer: 3,
      no_acquire_point: 4,
      no_release_point: 5,
      conflicting_points: 6,
    },
  },
});
