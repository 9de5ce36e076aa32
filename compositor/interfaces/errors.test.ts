import { beforeEach, describe, expect, it } from 'vitest';
import { Kernel } from '../kernel/kernel.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { type TestClient, TestServer } from './testing.ts';

let test: TestServer;
let client: TestClient;
let bystander: TestClient;

beforeEach(() => {
  const machine = new VirtualMachine();
  const kernel = new Kernel({ machine, memoryBytes: 64 << 20 });
  test = new TestServer({ machine, kernel });
  bystander = test.connect('bystander');
  client = test.connect('offender');
});

/** [object, code, what the client does]. */
type Offence = [object: string, code: string, act: (client: TestClient) => void];

const positioned = (c: TestClient) => {
  const positioner = c.bind('xdg_wm_base').create_positioner();
  positioner.set_size(10, 10);
  positioner.set_anchor_rect(0, 0, 1, 1);
  return positioner;
};
const pool = (c: TestClient, size = 4096) => c.bind('wl_shm').create_pool(c.memory(size), size);
const params = (c: TestClient) => c.bind('zwp_linux_dmabuf_v1').create_params();
const withPlane = (c: TestClient, size = 64 * 64 * 4, offset = 0, stride = 256) => {
  const made = params(c);
  made.add(c.memory(size), 0, offset, stride, 0, 0);
  return made;
};
const syncFiles = (c: TestClient) => {
  const surface = c.surface();
  const sync = c.bind('zwp_linux_explicit_synchronization_v1').get_synchronization(surface);
  return { surface, sync };
};
const timelines = (c: TestClient) => {
  const surface = c.surface();
  const manager = c.bind('wp_linux_drm_syncobj_manager_v1');
  return { surface, sync: manager.get_surface(surface), timeline: manager.import_timeline(c.fence()) };
};
const captureSource = (c: TestClient) =>
  c.bind('ext_output_image_capture_source_manager_v1').create_source(c.bind('wl_output'));
const captureFrame = (c: TestClient) => {
  const source = captureSource(c);
  const session = c.bind('ext_image_copy_capture_manager_v1').create_session(source, 0);
  return { session, frame: session.create_frame() };
};
const viewport = (c: TestClient) => {
  const surface = c.surface();
  surface.attach(c.buffer(64, 64), 0, 0);
  return { surface, viewport: c.bind('wp_viewporter').get_viewport(surface) };
};

const offences: Offence[] = [
  ['wl_registry', '0', c => c.registry.bind(9999, 'wl_shm', 1)],
  ['wl_registry', '0', c => c.registry.bind(c.globals.get('wl_shm')!.name, 'wl_compositor', 1)],
  ['wl_surface', 'invalid_scale', c => c.surface().set_buffer_scale(0)],
  ['wl_surface', 'invalid_transform', c => c.surface().set_buffer_transform(8)],
  ['wl_surface', 'invalid_offset', c => c.surface().attach(null, 1, 0)],
  ['wl_surface', 'defunct_role_object', c => c.window().surface.destroy()],
  [
    'wl_surface',
    'invalid_size',
    c => {
      const surface = c.surface();
      surface.set_buffer_scale(3);
      surface.attach(c.buffer(64, 64), 0, 0);
      surface.commit();
    },
  ],
  ['wl_shm', 'invalid_stride', c => c.bind('wl_shm').create_pool(c.memory(64), 0)],
  ['wl_shm', 'invalid_stride', c => c.bind('wl_shm').create_pool(c.memory(64), -1)],
  ['wl_shm', 'invalid_fd', c => c.bind('wl_shm').create_pool(c.memory(64), 65)],
  ['wl_shm', 'invalid_fd', c => c.bind('wl_shm').create_pool(c.fence(), 64)],
  ['wl_display', 'invalid_method', c => c.bind('wl_shm').create_pool({ kind: 'task', fd: 77 }, 64)],
  // wl_shm_pool has no errors of its own: those of wl_shm are posted about it.
  ['wl_shm_pool', '0', c => pool(c).create_buffer(0, 1, 1, 4, 0x1234)],
  ['wl_shm_pool', '1', c => pool(c).create_buffer(0, 2, 1, 4, 0)],
  ['wl_shm_pool', '1', c => pool(c).create_buffer(0, 1, 1025, 4, 0)],
  ['wl_shm_pool', '1', c => pool(c).create_buffer(-4, 1, 1, 4, 0)],
  ['wl_shm_pool', '1', c => pool(c).create_buffer(0, 0, 1, 4, 0)],
  ['wl_shm_pool', '1', c => pool(c).create_buffer(0, 1, 0x7fffffff, 0x7fffffff, 0)],
  ['wl_shm_pool', '2', c => pool(c).resize(4095)],
  ['wl_shm_pool', '2', c => pool(c).resize(4097)],
  [
    'wl_subcompositor',
    'bad_surface',
    c => c.bind('wl_subcompositor').get_subsurface(c.window().surface, c.surface()),
  ],
  [
    'wl_subcompositor',
    'bad_parent',
    c => {
      const surface = c.surface();
      c.bind('wl_subcompositor').get_subsurface(surface, surface);
    },
  ],
  [
    'wl_subcompositor',
    'bad_parent',
    c => {
      const [a, b] = [c.surface(), c.surface()];
      c.bind('wl_subcompositor').get_subsurface(a, b);
      c.bind('wl_subcompositor').get_subsurface(b, a);
    },
  ],
  [
    'wl_subsurface',
    'bad_surface',
    c => c.bind('wl_subcompositor').get_subsurface(c.surface(), c.surface()).place_above(c.surface()),
  ],
  [
    'xdg_wm_base',
    'role',
    c => {
      const child = c.surface();
      c.bind('wl_subcompositor').get_subsurface(child, c.surface());
      c.bind('xdg_wm_base').get_xdg_surface(child);
    },
  ],
  [
    'xdg_wm_base',
    'invalid_surface_state',
    c => {
      const surface = c.surface();
      surface.attach(c.buffer(), 0, 0);
      c.bind('xdg_wm_base').get_xdg_surface(surface);
    },
  ],
  ['xdg_wm_base', 'defunct_surfaces', c => c.window().base.destroy()],
  [
    'xdg_wm_base',
    'invalid_popup_parent',
    c => {
      const surface = c.surface();
      c.bind('xdg_wm_base').get_xdg_surface(surface).get_popup(null, positioned(c));
      surface.commit();
    },
  ],
  [
    'xdg_wm_base',
    'invalid_positioner',
    c => {
      const base = c.bind('xdg_wm_base');
      base.get_xdg_surface(c.surface()).get_popup(c.window().xdg, base.create_positioner());
    },
  ],
  [
    'xdg_wm_base',
    'not_the_topmost_popup',
    c => {
      const base = c.bind('xdg_wm_base');
      const lower = base.get_xdg_surface(c.surface());
      const popup = lower.get_popup(c.window().xdg, positioned(c));
      base.get_xdg_surface(c.surface()).get_popup(lower, positioned(c));
      popup.destroy();
    },
  ],
  ['xdg_positioner', 'invalid_input', c => positioned(c).set_size(0, 1)],
  ['xdg_positioner', 'invalid_input', c => positioned(c).set_anchor_rect(0, 0, -1, 1)],
  ['xdg_positioner', 'invalid_input', c => positioned(c).set_gravity(9)],
  [
    'xdg_surface',
    'not_constructed',
    c => {
      const surface = c.surface();
      c.bind('xdg_wm_base').get_xdg_surface(surface);
      surface.commit();
    },
  ],
  [
    'xdg_surface',
    'not_constructed',
    c => c.bind('xdg_wm_base').get_xdg_surface(c.surface()).ack_configure(1),
  ],
  ['xdg_surface', 'already_constructed', c => c.window().xdg.get_toplevel()],
  ['xdg_surface', 'defunct_role_object', c => c.window().xdg.destroy()],
  ['xdg_surface', 'invalid_serial', c => c.window().xdg.ack_configure(123456)],
  ['xdg_surface', 'invalid_size', c => c.window().xdg.set_window_geometry(0, 0, 0, 10)],
  [
    'xdg_surface',
    'unconfigured_buffer',
    c => {
      const surface = c.surface();
      c.bind('xdg_wm_base').get_xdg_surface(surface).get_toplevel();
      surface.attach(c.buffer(), 0, 0);
      surface.commit();
    },
  ],
  ['xdg_toplevel', 'invalid_size', c => c.window().toplevel.set_min_size(-1, 0)],
  [
    'xdg_toplevel',
    'invalid_size',
    c => {
      const { toplevel, surface } = c.window();
      toplevel.set_min_size(100, 100);
      toplevel.set_max_size(50, 0);
      surface.commit();
    },
  ],
  [
    'xdg_toplevel',
    'invalid_parent',
    c => {
      const { toplevel } = c.window();
      toplevel.set_parent(toplevel);
    },
  ],
  ['wp_viewporter', 'viewport_exists', c => c.bind('wp_viewporter').get_viewport(at(c).surface)],
  ['wp_viewport', 'bad_value', c => viewport(c).viewport.set_destination(0, 1)],
  ['wp_viewport', 'bad_value', c => viewport(c).viewport.set_source(-1, 0, 1, 1)],
  [
    'wp_viewport',
    'bad_size',
    c => {
      const { surface, viewport: made } = viewport(c);
      made.set_source(0, 0, 1.5, 1);
      surface.commit();
    },
  ],
  [
    'wp_viewport',
    'out_of_buffer',
    c => {
      const { surface, viewport: made } = viewport(c);
      made.set_source(1, 0, 64, 64);
      surface.commit();
    },
  ],
  [
    'wp_viewport',
    'no_surface',
    c => {
      const { surface, viewport: made } = viewport(c);
      surface.destroy();
      made.set_destination(1, 1);
    },
  ],
  ['zwp_linux_buffer_params_v1', 'plane_idx', c => params(c).add(c.memory(64), 4, 0, 4, 0, 0)],
  ['zwp_linux_buffer_params_v1', 'plane_set', c => withPlane(c).add(c.memory(64), 0, 0, 4, 0, 0)],
  ['zwp_linux_buffer_params_v1', 'invalid_format', c => withPlane(c).add(c.memory(64), 1, 0, 4, 0, 7)],
  ['zwp_linux_buffer_params_v1', 'incomplete', c => params(c).create(1, 1, 0x34325258, 0)],
  ['zwp_linux_buffer_params_v1', 'incomplete', c => withPlane(c).create(4, 4, 0x3231564e, 0)],
  ['zwp_linux_buffer_params_v1', 'invalid_format', c => withPlane(c).create(4, 4, 0x11111111, 0)],
  ['zwp_linux_buffer_params_v1', 'invalid_dimensions', c => withPlane(c).create(0, 4, 0x34325258, 0)],
  ['zwp_linux_buffer_params_v1', 'out_of_bounds', c => withPlane(c).create(64, 65, 0x34325258, 0)],
  [
    'zwp_linux_buffer_params_v1',
    'out_of_bounds',
    c => withPlane(c, 16384, 0xffffffff).create(64, 1, 0x34325258, 0),
  ],
  [
    'zwp_linux_buffer_params_v1',
    'already_used',
    c => {
      const made = withPlane(c);
      made.create(64, 64, 0x34325258, 0);
      made.create(64, 64, 0x34325258, 0);
    },
  ],
  [
    'zwp_linux_buffer_params_v1',
    'invalid_wl_buffer',
    c => withPlane(c, 5000 * 4, 0, 5000 * 4).create_immed(5000, 1, 0x34325258, 0),
  ],
  [
    'zwp_linux_explicit_synchronization_v1',
    'synchronization_exists',
    c => c.bind('zwp_linux_explicit_synchronization_v1').get_synchronization(syncFiles(c).surface),
  ],
  [
    'zwp_linux_surface_synchronization_v1',
    'invalid_fence',
    c => syncFiles(c).sync.set_acquire_fence(c.memory(64)),
  ],
  [
    'zwp_linux_surface_synchronization_v1',
    'duplicate_fence',
    c => {
      const { sync } = syncFiles(c);
      sync.set_acquire_fence(c.fence());
      sync.set_acquire_fence(c.fence());
    },
  ],
  [
    'zwp_linux_surface_synchronization_v1',
    'duplicate_release',
    c => {
      const { sync } = syncFiles(c);
      sync.get_release();
      sync.get_release();
    },
  ],
  [
    'zwp_linux_surface_synchronization_v1',
    'no_buffer',
    c => {
      const { sync, surface } = syncFiles(c);
      sync.get_release();
      surface.commit();
    },
  ],
  [
    'zwp_linux_surface_synchronization_v1',
    'unsupported_buffer',
    c => {
      const { sync, surface } = syncFiles(c);
      sync.set_acquire_fence(c.fence());
      surface.attach(c.buffer(), 0, 0);
      surface.commit();
    },
  ],
  [
    'zwp_linux_surface_synchronization_v1',
    'no_surface',
    c => {
      const { sync, surface } = syncFiles(c);
      surface.destroy();
      sync.set_acquire_fence(c.fence());
    },
  ],
  [
    'wp_linux_drm_syncobj_manager_v1',
    'surface_exists',
    c => c.bind('wp_linux_drm_syncobj_manager_v1').get_surface(timelines(c).surface),
  ],
  [
    'wp_linux_drm_syncobj_manager_v1',
    'invalid_timeline',
    c => c.bind('wp_linux_drm_syncobj_manager_v1').import_timeline(c.memory(64)),
  ],
  [
    'wp_linux_drm_syncobj_surface_v1',
    'no_surface',
    c => {
      const { sync, surface, timeline } = timelines(c);
      surface.destroy();
      sync.set_acquire_point(timeline, 0, 1);
    },
  ],
  ...(
    [
      ['no_buffer', () => null, [1, null]],
      ['unsupported_buffer', c => c.buffer(), [1, 2]],
      ['no_acquire_point', c => c.dmabuf(), [null, 2]],
      ['no_release_point', c => c.dmabuf(), [1, null]],
      ['conflicting_points', c => c.dmabuf(), [2, 2]],
    ] as [string, (c: TestClient) => ReturnType<TestClient['buffer']> | null, (number | null)[]][]
  ).map(
    ([code, attach, [acquire, release]]): Offence => [
      'wp_linux_drm_syncobj_surface_v1',
      code,
      c => {
        const { sync, surface, timeline } = timelines(c);
        const buffer = attach(c);
        if (buffer) surface.attach(buffer, 0, 0);
        if (typeof acquire === 'number') sync.set_acquire_point(timeline, 0, acquire);
        if (typeof release === 'number') sync.set_release_point(timeline, 0, release);
        surface.commit();
      },
    ],
  ),
  ['ext_image_copy_capture_session_v1', 'duplicate_frame', c => captureFrame(c).session.create_frame()],
  ['ext_image_copy_capture_frame_v1', 'no_buffer', c => captureFrame(c).frame.capture()],
  [
    'ext_image_copy_capture_cursor_session_v1',
    'duplicate_session',
    c => {
      const manager = c.bind('ext_image_copy_capture_manager_v1');
      const pointer = c.bind('wl_seat').get_pointer();
      const session = manager.create_pointer_cursor_session(captureSource(c), pointer);
      session.get_capture_session();
      session.get_capture_session();
    },
  ],
  [
    'ext_image_copy_capture_frame_v1',
    'invalid_buffer_damage',
    c => captureFrame(c).frame.damage_buffer(-1, 0, 1, 1),
  ],
  [
    'ext_image_copy_capture_frame_v1',
    'already_captured',
    c => {
      const { frame } = captureFrame(c);
      frame.attach_buffer(c.buffer());
      frame.capture();
      frame.capture();
    },
  ],
  [
    'ext_image_copy_capture_manager_v1',
    'invalid_option',
    c => {
      const source = c.bind('ext_output_image_capture_source_manager_v1').create_source(c.bind('wl_output'));
      c.bind('ext_image_copy_capture_manager_v1').create_session(source, 2);
    },
  ],
];

/** A surface that has a viewport. */
function at(c: TestClient) {
  return viewport(c);
}

describe('a client that breaks a rule', () => {
  it.each(offences)('is told %s %s, and goes alone', (object, code, act) => {
    const files = test.task.files.size;
    act(client);
    test.machine.settle();
    expect(client.error && [client.error.interfaceName, client.error.codeName]).toEqual([object, code]);
    expect(client.closed).not.toBeNull();
    expect([...test.server.clients]).toEqual([bystander.client]);
    expect(client.client.task.exited).toBe(true);
    // Nothing of the offender is left in the compositor's process.
    expect(test.task.files.size).toBe(files);
    expect(test.trace.notes('fault')).toEqual([]);
    const surface = bystander.mapped().surface;
    expect(bystander.error).toBeNull();
    expect(surface.destroyed).toBe(false);
    expect(test.scene.stack.length).toBe(1);
  });
});
