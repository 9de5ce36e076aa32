/**
 * The tables against Linux. The values below were printed by a C program compiled by gcc on x86-64: each request's
 * number, each struct's `sizeof` and its fields' `offsetof`. Its headers were `linux/dma-buf.h`, `linux/dma-heap.h`,
 * `linux/sync_file.h` and `linux/udmabuf.h` of Linux 6.1, `drm.h` and `drm_mode.h` of libdrm 2.4.131. What these do
 * not have, SYNC_IOC_SET_DEADLINE, `vgem_drm.h` and the HDR metadata, the program declared itself, as Linux's source does.
 */
import { describe, expect, it } from 'vitest';
import * as dmaBuf from './dma-buf.ts';
import * as dmaHeap from './dma-heap.ts';
import * as drm from './drm.ts';
import * as mode from './drm-mode.ts';
import * as fourcc from './fourcc.ts';
import { decode, encode, type Ioctl } from './ioctl.ts';
import { simgpuIoctls } from './simgpu.ts';
import * as simkms from './simkms.ts';
import type { Struct } from './struct.ts';
import { swSyncIoctls } from './sw-sync.ts';
import * as syncFile from './sync-file.ts';
import * as syncobj from './syncobj.ts';
import * as udmabuf from './udmabuf.ts';
import * as vgem from './vgem.ts';

const numbers: readonly (readonly [name: string, number: number])[] = [
  ['DMA_BUF_IOCTL_SYNC', 0x40086200],
  ['DMA_BUF_SET_NAME_A', 0x40046201],
  ['DMA_BUF_SET_NAME_B', 0x40086201],
  ['DMA_BUF_IOCTL_EXPORT_SYNC_FILE', 0xc0086202],
  ['DMA_BUF_IOCTL_IMPORT_SYNC_FILE', 0x40086203],
  ['SYNC_IOC_MERGE', 0xc0303e03],
  ['SYNC_IOC_FILE_INFO', 0xc0383e04],
  ['SYNC_IOC_SET_DEADLINE', 0x40103e05],
  ['UDMABUF_CREATE', 0x40187542],
  ['UDMABUF_CREATE_LIST', 0x40087543],
  ['DMA_HEAP_IOCTL_ALLOC', 0xc0184800],
  ['DRM_IOCTL_VERSION', 0xc0406400],
  ['DRM_IOCTL_GET_UNIQUE', 0xc0106401],
  ['DRM_IOCTL_GET_MAGIC', 0x80046402],
  ['DRM_IOCTL_GET_CLIENT', 0xc0286405],
  ['DRM_IOCTL_GET_STATS', 0x80f86406],
  ['DRM_IOCTL_SET_VERSION', 0xc0106407],
  ['DRM_IOCTL_GEM_CLOSE', 0x40086409],
  ['DRM_IOCTL_GEM_FLINK', 0xc008640a],
  ['DRM_IOCTL_GEM_OPEN', 0xc010640b],
  ['DRM_IOCTL_GET_CAP', 0xc010640c],
  ['DRM_IOCTL_SET_CLIENT_CAP', 0x4010640d],
  ['DRM_IOCTL_AUTH_MAGIC', 0x40046411],
  ['DRM_IOCTL_SET_MASTER', 0x0000641e],
  ['DRM_IOCTL_DROP_MASTER', 0x0000641f],
  ['DRM_IOCTL_PRIME_HANDLE_TO_FD', 0xc00c642d],
  ['DRM_IOCTL_PRIME_FD_TO_HANDLE', 0xc00c642e],
  ['DRM_IOCTL_WAIT_VBLANK', 0xc018643a],
  ['DRM_IOCTL_CRTC_GET_SEQUENCE', 0xc018643b],
  ['DRM_IOCTL_CRTC_QUEUE_SEQUENCE', 0xc018643c],
  ['DRM_IOCTL_SET_CLIENT_NAME', 0xc01064d1],
  ['DRM_IOCTL_GEM_CHANGE_HANDLE', 0xc00864d2],
  ['DRM_IOCTL_SYNCOBJ_CREATE', 0xc00864bf],
  ['DRM_IOCTL_SYNCOBJ_DESTROY', 0xc00864c0],
  ['DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD', 0xc01864c1],
  ['DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE', 0xc01864c2],
  ['DRM_IOCTL_SYNCOBJ_WAIT', 0xc02864c3],
  ['DRM_IOCTL_SYNCOBJ_RESET', 0xc01064c4],
  ['DRM_IOCTL_SYNCOBJ_SIGNAL', 0xc01064c5],
  ['DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT', 0xc03064ca],
  ['DRM_IOCTL_SYNCOBJ_QUERY', 0xc01864cb],
  ['DRM_IOCTL_SYNCOBJ_TRANSFER', 0xc02064cc],
  ['DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL', 0xc01864cd],
  ['DRM_IOCTL_SYNCOBJ_EVENTFD', 0xc01864cf],
  ['DRM_IOCTL_MODE_GETRESOURCES', 0xc04064a0],
  ['DRM_IOCTL_MODE_GETCRTC', 0xc06864a1],
  ['DRM_IOCTL_MODE_SETCRTC', 0xc06864a2],
  ['DRM_IOCTL_MODE_CURSOR', 0xc01c64a3],
  ['DRM_IOCTL_MODE_GETGAMMA', 0xc02064a4],
  ['DRM_IOCTL_MODE_SETGAMMA', 0xc02064a5],
  ['DRM_IOCTL_MODE_GETENCODER', 0xc01464a6],
  ['DRM_IOCTL_MODE_GETCONNECTOR', 0xc05064a7],
  ['DRM_IOCTL_MODE_GETPROPERTY', 0xc04064aa],
  ['DRM_IOCTL_MODE_SETPROPERTY', 0xc01064ab],
  ['DRM_IOCTL_MODE_GETPROPBLOB', 0xc01064ac],
  ['DRM_IOCTL_MODE_GETFB', 0xc01c64ad],
  ['DRM_IOCTL_MODE_ADDFB', 0xc01c64ae],
  ['DRM_IOCTL_MODE_RMFB', 0xc00464af],
  ['DRM_IOCTL_MODE_PAGE_FLIP', 0xc01864b0],
  ['DRM_IOCTL_MODE_DIRTYFB', 0xc01864b1],
  ['DRM_IOCTL_MODE_CREATE_DUMB', 0xc02064b2],
  ['DRM_IOCTL_MODE_MAP_DUMB', 0xc01064b3],
  ['DRM_IOCTL_MODE_DESTROY_DUMB', 0xc00464b4],
  ['DRM_IOCTL_MODE_GETPLANERESOURCES', 0xc01064b5],
  ['DRM_IOCTL_MODE_GETPLANE', 0xc02064b6],
  ['DRM_IOCTL_MODE_SETPLANE', 0xc03064b7],
  ['DRM_IOCTL_MODE_ADDFB2', 0xc06864b8],
  ['DRM_IOCTL_MODE_OBJ_GETPROPERTIES', 0xc02064b9],
  ['DRM_IOCTL_MODE_OBJ_SETPROPERTY', 0xc01864ba],
  ['DRM_IOCTL_MODE_CURSOR2', 0xc02464bb],
  ['DRM_IOCTL_MODE_ATOMIC', 0xc03864bc],
  ['DRM_IOCTL_MODE_CREATEPROPBLOB', 0xc01064bd],
  ['DRM_IOCTL_MODE_DESTROYPROPBLOB', 0xc00464be],
  ['DRM_IOCTL_MODE_CREATE_LEASE', 0xc01864c6],
  ['DRM_IOCTL_MODE_LIST_LESSEES', 0xc01064c7],
  ['DRM_IOCTL_MODE_GET_LEASE', 0xc01064c8],
  ['DRM_IOCTL_MODE_REVOKE_LEASE', 0xc00464c9],
  ['DRM_IOCTL_MODE_GETFB2', 0xc06864ce],
  ['DRM_IOCTL_MODE_CLOSEFB', 0xc00864d0],
  ['DRM_IOCTL_VGEM_FENCE_ATTACH', 0xc0106441],
  ['DRM_IOCTL_VGEM_FENCE_SIGNAL', 0x40086442],
];

const layouts: readonly (readonly [name: string, size: number, offsets: readonly number[]])[] = [
  ['dma_buf_export_sync_file', 8, [0, 4]],
  ['dma_buf_import_sync_file', 8, [0, 4]],
  ['dma_buf_sync', 8, [0]],
  ['sync_fence_info', 80, [0, 32, 64, 68, 72]],
  ['sync_file_info', 56, [0, 32, 36, 40, 44, 48]],
  ['sync_merge_data', 48, [0, 32, 36, 40, 44]],
  ['sync_set_deadline', 16, [0, 8]],
  ['udmabuf_create', 24, [0, 4, 8, 16]],
  ['udmabuf_create_item', 24, [0, 4, 8, 16]],
  ['udmabuf_create_list', 8, [0, 4, 8]],
  ['dma_heap_allocation_data', 24, [0, 8, 12, 16]],
  ['drm_auth', 4, [0]],
  ['drm_client', 40, [0, 4, 8, 16, 24, 32]],
  ['drm_stats', 248, [0, 8]],
  ['drm_crtc_get_sequence', 24, [0, 4, 8, 16]],
  ['drm_crtc_queue_sequence', 24, [0, 4, 8, 16]],
  ['drm_event', 8, [0, 4]],
  ['drm_event_crtc_sequence', 32, [0, 8, 16, 24]],
  ['drm_event_vblank', 32, [0, 8, 16, 20, 24, 28]],
  ['drm_gem_change_handle', 8, [0, 4]],
  ['drm_gem_close', 8, [0, 4]],
  ['drm_gem_flink', 8, [0, 4]],
  ['drm_gem_open', 16, [0, 4, 8]],
  ['drm_get_cap', 16, [0, 8]],
  ['drm_prime_handle', 12, [0, 4, 8]],
  ['drm_set_client_cap', 16, [0, 8]],
  ['drm_set_client_name', 16, [0, 8]],
  ['drm_set_version', 16, [0, 4, 8, 12]],
  ['drm_unique', 16, [0, 8]],
  ['drm_version', 64, [0, 4, 8, 16, 24, 32, 40, 48, 56]],
  ['drm_wait_vblank', 24, [0, 0]],
  ['drm_wait_vblank_reply', 24, [0, 4, 8, 16]],
  ['drm_wait_vblank_request', 16, [0, 4, 8]],
  ['drm_syncobj_array', 16, [0, 8, 12]],
  ['drm_syncobj_create', 8, [0, 4]],
  ['drm_syncobj_destroy', 8, [0, 4]],
  ['drm_syncobj_eventfd', 24, [0, 4, 8, 16, 20]],
  ['drm_syncobj_handle', 24, [0, 4, 8, 12, 16]],
  ['drm_syncobj_timeline_array', 24, [0, 8, 16, 20]],
  ['drm_syncobj_timeline_wait', 48, [0, 8, 16, 24, 28, 32, 36, 40]],
  ['drm_syncobj_transfer', 32, [0, 4, 8, 16, 24, 28]],
  ['drm_syncobj_wait', 40, [0, 8, 16, 20, 24, 28, 32]],
  ['drm_clip_rect', 8, [0, 2, 4, 6]],
  ['drm_color_ctm', 72, [0]],
  ['drm_color_lut', 8, [0, 2, 4, 6]],
  ['drm_format_modifier', 24, [0, 8, 12, 16]],
  ['drm_format_modifier_blob', 24, [0, 4, 8, 12, 16, 20]],
  ['drm_mode_atomic', 56, [0, 4, 8, 16, 24, 32, 40, 48]],
  ['drm_mode_card_res', 64, [0, 8, 16, 24, 32, 36, 40, 44, 48, 52, 56, 60]],
  ['drm_mode_closefb', 8, [0, 4]],
  ['drm_mode_connector_set_property', 16, [0, 8, 12]],
  ['drm_mode_create_blob', 16, [0, 8, 12]],
  ['drm_mode_create_dumb', 32, [0, 4, 8, 12, 16, 20, 24]],
  ['drm_mode_create_lease', 24, [0, 8, 12, 16, 20]],
  ['drm_mode_crtc', 104, [0, 8, 12, 16, 20, 24, 28, 32, 36]],
  ['drm_mode_crtc_lut', 32, [0, 4, 8, 16, 24]],
  ['drm_mode_crtc_page_flip', 24, [0, 4, 8, 12, 16]],
  ['drm_mode_cursor', 28, [0, 4, 8, 12, 16, 20, 24]],
  ['drm_mode_cursor2', 36, [0, 4, 8, 12, 16, 20, 24, 28, 32]],
  ['drm_mode_destroy_blob', 4, [0]],
  ['drm_mode_destroy_dumb', 4, [0]],
  ['drm_mode_fb_cmd', 28, [0, 4, 8, 12, 16, 20, 24]],
  ['drm_mode_fb_cmd2', 104, [0, 4, 8, 12, 16, 20, 36, 52, 72]],
  ['drm_mode_fb_dirty_cmd', 24, [0, 4, 8, 12, 16]],
  ['drm_mode_get_blob', 16, [0, 4, 8]],
  ['drm_mode_get_connector', 80, [0, 8, 16, 24, 32, 36, 40, 44, 48, 52, 56, 60, 64, 68, 72, 76]],
  ['drm_mode_get_encoder', 20, [0, 4, 8, 12, 16]],
  ['drm_mode_get_lease', 16, [0, 4, 8]],
  ['drm_mode_get_plane', 32, [0, 4, 8, 12, 16, 20, 24]],
  ['drm_mode_get_plane_res', 16, [0, 8]],
  ['drm_mode_get_property', 64, [0, 8, 16, 20, 24, 56, 60]],
  ['drm_mode_list_lessees', 16, [0, 4, 8]],
  ['drm_mode_map_dumb', 16, [0, 4, 8]],
  ['drm_mode_modeinfo', 68, [0, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 28, 32, 36]],
  ['drm_mode_obj_get_properties', 32, [0, 8, 16, 20, 24]],
  ['drm_mode_obj_set_property', 24, [0, 8, 12, 16]],
  ['drm_mode_property_enum', 40, [0, 8]],
  ['drm_mode_rect', 16, [0, 4, 8, 12]],
  ['drm_mode_revoke_lease', 4, [0]],
  ['drm_mode_set_plane', 48, [0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44]],
  ['hdr_metadata_infoframe', 26, [0, 1, 2, 14, 18, 20, 22, 24]],
  ['hdr_output_metadata', 32, [0, 4]],
  ['drm_vgem_fence_attach', 16, [0, 4, 8, 12]],
  ['drm_vgem_fence_signal', 8, [0, 4]],
];

/** Ours alone: what stands for an argument that is no struct in the headers. */
const unnamed = ['dma_buf_name', 'drm_mode_rmfb', 'hdr_chromaticity'];

const families: readonly { readonly [name: string]: Ioctl }[] = [
  dmaBuf.dmaBufIoctls,
  syncFile.syncFileIoctls,
  udmabuf.udmabufIoctls,
  dmaHeap.dmaHeapIoctls,
  drm.drmIoctls,
  syncobj.syncobjIoctls,
  mode.modeIoctls,
  vgem.vgemIoctls,
];
const isStruct = (value: unknown): value is Struct =>
  typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'struct';
const structs = new Map(
  [dmaBuf, syncFile, udmabuf, dmaHeap, drm, syncobj, mode, vgem]
    .flatMap(module => Object.values<unknown>(module))
    .filter(isStruct)
    .map(struct => [struct.name, struct]),
);

describe('numbers and layouts', () => {
  it('have the number of Linux for every call, and no call besides', () => {
    const ours = families.flatMap(family => Object.values(family)).map(ioctl => [ioctl.name, ioctl.number]);
    expect(new Map(ours as [string, number][])).toEqual(new Map(numbers));
  });

  it('name each call as its key does', () => {
    for (const family of families)
      for (const [key, ioctl] of Object.entries(family)) expect(ioctl.name).toBe(key);
  });

  it.each(layouts)('lays out %s as the C compiler', (name, size, offsets) => {
    const struct = structs.get(name)!;
    expect({ size: struct.size, offsets: Object.values(struct.offsets) }).toEqual({ size, offsets });
  });

  it('lays out nothing that was not compared', () => {
    const compared = new Set([...layouts.map(([name]) => name), ...unnamed]);
    expect([...structs.keys()].filter(name => !compared.has(name))).toEqual([]);
  });

  it('are no two alike across all devices', () => {
    const all = [...families, simgpuIoctls, swSyncIoctls].flatMap(family => Object.values<Ioctl>(family));
    const names = new Map<number, string>();
    for (const { name, number } of all) {
      expect(`${number}: ${names.get(number) ?? name}`).toBe(`${number}: ${name}`);
      names.set(number, name);
    }
  });

  it('takes a number apart and together', () => {
    expect(decode(0x40086200)).toEqual({ read: false, write: true, type: 'b', nr: 0, size: 8 });
    expect(encode(3, 'd', 0xbc, 56)).toBe(0xc03864bc);
    expect(() => encode(1, 'd', 1, 0x4000)).toThrow(RangeError);
  });
});

describe('permissions and sleep', () => {
  const all = families.flatMap(family => Object.values(family));
  const named = (pick: (ioctl: (typeof all)[number]) => boolean) =>
    all.filter(pick).map(ioctl => ioctl.name.replace('DRM_IOCTL_', '').replace('MODE_', ''));

  it('are those of drivers/gpu/drm/drm_ioctl.c', () => {
    const masters =
      'SET_VERSION AUTH_MAGIC SETCRTC CURSOR SETGAMMA SETPROPERTY PAGE_FLIP DIRTYFB SETPLANE OBJ_SETPROPERTY CURSOR2 ATOMIC';
    expect(named(ioctl => ioctl.permission === 'master')).toEqual(masters.split(' '));
    expect(named(ioctl => ioctl.permission === 'auth')).toEqual(['GEM_FLINK', 'GEM_OPEN']);
    expect(
      named(ioctl => ioctl.permission === 'render').filter(name => !/^(SYNCOBJ|VGEM)_/.test(name)),
    ).toEqual(
      'VERSION GEM_CLOSE GET_CAP PRIME_HANDLE_TO_FD PRIME_FD_TO_HANDLE SET_CLIENT_NAME GEM_CHANGE_HANDLE'.split(
        ' ',
      ),
    );
  });

  it('say of the calls that wait for fences or vblanks that they may sleep', () => {
    const sleepers = named(ioctl => ioctl.sleeps);
    expect(sleepers).toEqual(
      expect.arrayContaining(['DMA_BUF_IOCTL_SYNC', 'WAIT_VBLANK', 'SYNCOBJ_WAIT', 'ATOMIC']),
    );
    for (const name of ['DMA_BUF_IOCTL_EXPORT_SYNC_FILE', 'PAGE_FLIP', 'SYNCOBJ_EVENTFD', 'SYNCOBJ_QUERY'])
      expect(sleepers).not.toContain(name);
  });
});

describe('pixel formats', () => {
  it('are the letters of drm_fourcc.h as little-endian numbers', () => {
    expect(fourcc.DRM_FORMAT_XRGB8888).toBe(0x34325258);
    expect(fourcc.DRM_FORMAT_NV12).toBe(0x3231564e);
    expect(fourcc.DRM_FORMAT_ABGR16161616F).toBe(0x48344241);
    expect(fourcc.fourccText(fourcc.DRM_FORMAT_R8)).toBe('R8  ');
    expect(fourcc.DRM_FORMAT_MOD_INVALID).toBe((1n << 56n) - 1n);
  });
});

describe('our own devices', () => {
  it('keep the layouts that clients are compiled against', () => {
    const { SIMGPU_SUBMIT, SIMGPU_GEM_CREATE } = simgpuIoctls;
    expect(SIMGPU_GEM_CREATE.number).toBe(0xc0106450);
    expect(SIMGPU_SUBMIT.number).toBe(0xc0386456);
    expect(SIMGPU_SUBMIT.struct.offsets).toMatchObject({ in_syncs: 32, out_syncs: 40, commands: 48 });
    expect(simkms.simkms_histogram_record.size).toBe(64 + 4 * 256);
    expect(simkms.simkms_histogram_record.offsets).toMatchObject({ sequence: 8, pixels: 56, bins: 64 });
    expect(simkms.simkms_histogram_mode.size).toBe(32);
  });

  it('sits in the range that DRM leaves to drivers, usable on render nodes', () => {
    for (const { number, permission } of Object.values(simgpuIoctls)) {
      expect(decode(number).nr).toBeGreaterThanOrEqual(drm.DRM_COMMAND_BASE);
      expect(decode(number).nr).toBeLessThan(drm.DRM_COMMAND_END);
      expect(permission).toBe('render');
    }
  });
});
