import { describe, expect, it } from 'vitest';
import { ClientProxy } from '../object/proxy.ts';
import { signatureOf } from '../object/signature.ts';
import type { Argument, InterfaceDefinition } from '../object/table.ts';
import { interfaces } from './index.ts';

const tables = Object.entries<InterfaceDefinition>(interfaces);
const messagesOf = (table: InterfaceDefinition) =>
  [...Object.entries(table.requests), ...Object.entries(table.events)].map(([name, message]) => ({
    name,
    ...message,
  }));

/** As the generated headers of libwayland and wayland-protocols number them. */
const requestOpcodes: [string, string, number][] = [
  ['wl_display', 'sync', 0],
  ['wl_display', 'get_registry', 1],
  ['wl_registry', 'bind', 0],
  ['wl_shm', 'release', 1],
  ['wl_shm_pool', 'create_buffer', 0],
  ['wl_shm_pool', 'destroy', 1],
  ['wl_shm_pool', 'resize', 2],
  ['wl_surface', 'attach', 1],
  ['wl_surface', 'frame', 3],
  ['wl_surface', 'commit', 6],
  ['wl_surface', 'set_buffer_scale', 8],
  ['wl_surface', 'damage_buffer', 9],
  ['wl_surface', 'offset', 10],
  ['wl_subsurface', 'place_below', 3],
  ['wl_subsurface', 'set_desync', 5],
  ['xdg_wm_base', 'get_xdg_surface', 2],
  ['xdg_wm_base', 'pong', 3],
  ['xdg_positioner', 'set_parent_configure', 9],
  ['xdg_surface', 'get_toplevel', 1],
  ['xdg_surface', 'ack_configure', 4],
  ['xdg_toplevel', 'set_title', 2],
  ['xdg_toplevel', 'move', 5],
  ['xdg_toplevel', 'set_fullscreen', 11],
  ['xdg_toplevel', 'set_minimized', 13],
  ['xdg_popup', 'reposition', 2],
  ['zwp_linux_dmabuf_v1', 'get_surface_feedback', 3],
  ['zwp_linux_buffer_params_v1', 'add', 1],
  ['zwp_linux_buffer_params_v1', 'create_immed', 3],
  ['zwp_linux_surface_synchronization_v1', 'get_release', 2],
  ['wp_linux_drm_syncobj_manager_v1', 'import_timeline', 2],
  ['wp_linux_drm_syncobj_surface_v1', 'set_release_point', 2],
  ['wp_presentation', 'feedback', 1],
  ['wp_viewport', 'set_destination', 2],
  ['ext_output_image_capture_source_manager_v1', 'create_source', 0],
  ['ext_image_copy_capture_manager_v1', 'destroy', 2],
  ['ext_image_copy_capture_session_v1', 'create_frame', 0],
  ['ext_image_copy_capture_frame_v1', 'capture', 3],
];
const eventOpcodes: [string, string, number][] = [
  ['wl_display', 'error', 0],
  ['wl_display', 'delete_id', 1],
  ['wl_surface', 'preferred_buffer_transform', 3],
  ['wl_output', 'description', 5],
  ['wl_pointer', 'axis_discrete', 8],
  ['xdg_toplevel', 'wm_capabilities', 3],
  ['zwp_linux_dmabuf_feedback_v1', 'format_table', 1],
  ['zwp_linux_dmabuf_feedback_v1', 'tranche_flags', 6],
  ['zwp_linux_buffer_release_v1', 'immediate_release', 1],
  ['wp_presentation_feedback', 'presented', 1],
  ['ext_image_copy_capture_session_v1', 'done', 4],
  ['ext_image_copy_capture_frame_v1', 'ready', 3],
];
const versions: [keyof typeof interfaces, number][] = [
  ['wl_compositor', 6],
  ['wl_shm', 2],
  ['wl_output', 4],
  ['wl_seat', 7],
  ['xdg_wm_base', 6],
  ['zwp_linux_dmabuf_v1', 4],
  ['zwp_linux_explicit_synchronization_v1', 2],
  ['zwp_linux_buffer_release_v1', 1],
  ['wp_linux_drm_syncobj_manager_v1', 1],
];

describe('interface tables', () => {
  it.each(requestOpcodes)('%s.%s is request %i', (name, request, opcode) => {
    expect(signatureOf(name).requests.findIndex(message => message.name === request)).toBe(opcode);
  });

  it.each(eventOpcodes)('%s.%s is event %i', (name, event, opcode) => {
    expect(signatureOf(name).events.findIndex(message => message.name === event)).toBe(opcode);
  });

  it.each(versions)('%s is version %i', (name, version) => {
    expect(interfaces[name].version).toBe(version);
  });

  it.each(tables)('%s is registered under its own name', (name, table) => {
    expect(table.name).toBe(name);
  });

  it.each(tables)('%s names only interfaces and enums that exist', (_, table) => {
    const missing = (argument: Argument) => {
      if ('interface' in argument)
        return argument.interface !== undefined && !(argument.interface in interfaces);
      if (!('enum' in argument) || argument.enum === undefined) return false;
      const [owner, entry] = argument.enum.includes('.')
        ? argument.enum.split('.')
        : [table.name, argument.enum];
      const definitions: Record<string, InterfaceDefinition> = interfaces;
      return definitions[owner!]?.enums[entry!] === undefined;
    };
    expect(messagesOf(table).flatMap(({ args }) => args.filter(missing))).toEqual([]);
    expect((table.bitfields ?? []).filter(name => !(name in table.enums))).toEqual([]);
  });

  it.each(tables)('%s adds messages only at the end, within its version', (_, table) => {
    for (const messages of [table.requests, table.events]) {
      const since = Object.values(messages).map(message => message.since ?? 1);
      expect(since).toEqual([...since].sort((a, b) => a - b));
      expect(Math.max(1, ...since)).toBeLessThanOrEqual(table.version);
    }
  });

  // An object puts integer-like keys first, which would renumber opcodes.
  it.each(tables)('%s has no message whose name JavaScript would reorder', (_, table) => {
    expect(messagesOf(table).filter(({ name }) => /^\d/.test(name))).toEqual([]);
  });

  it.each(tables)('%s has no request that would hide a member of its proxies', (_, table) => {
    const proxy = new ClientProxy({ sendRequest: () => undefined }, signatureOf(table.name), 1, 1);
    expect(Object.keys(table.requests).filter(name => name in proxy)).toEqual([]);
  });
});
