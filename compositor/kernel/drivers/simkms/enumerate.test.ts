import { describe, expect, it } from 'vitest';
import {
  DRM_CLIENT_CAP_ATOMIC,
  DRM_CLIENT_CAP_UNIVERSAL_PLANES,
  drmIoctls,
} from '../../../../protocol/uapi/drm.ts';
import {
  DRM_MODE_CONNECTED,
  DRM_MODE_OBJECT_ANY,
  DRM_MODE_OBJECT_PLANE,
  modeIoctls,
} from '../../../../protocol/uapi/drm-mode.ts';
import {
  simkms_histogram_caps,
  simkms_histogram_mode,
  simkms_histogram_record,
} from '../../../../protocol/uapi/simkms.ts';
import { createDisplay } from './testing.ts';

describe('what a client sees of the display', () => {
  it('grows with what it has asked to see', () => {
    const { client, kernel } = createDisplay();
    const { task } = client;
    const ids = client.output();
    const fd = task.open('/dev/dri/card0');
    const planes = () => task.call(fd, modeIoctls.DRM_IOCTL_MODE_GETPLANERESOURCES, {}).count_planes;
    const connectors = () => task.call(fd, modeIoctls.DRM_IOCTL_MODE_GETRESOURCES, {}).count_connectors;
    const properties = (obj_id: number) =>
      task.call(fd, modeIoctls.DRM_IOCTL_MODE_OBJ_GETPROPERTIES, { obj_id, obj_type: DRM_MODE_OBJECT_ANY })
        .count_props!;
    const ask = (capability: bigint) =>
      task.call(fd, drmIoctls.DRM_IOCTL_SET_CLIENT_CAP, { capability, value: 1n });
    expect([planes(), connectors()]).toEqual([2, 1]);
    ask(DRM_CLIENT_CAP_UNIVERSAL_PLANES);
    expect(planes()).toBe(4);
    const legacy = properties(ids.crtc);
    ask(DRM_CLIENT_CAP_ATOMIC);
    expect(properties(ids.crtc)).toBe(legacy + 3);
    const own = task.call(client.fd, modeIoctls.DRM_IOCTL_MODE_OBJ_GETPROPERTIES, {
      obj_id: ids.crtc,
      obj_type: DRM_MODE_OBJECT_ANY,
    });
    expect(own.count_props).toBe(legacy + 7);
    expect(kernel.nodes).toContain('/dev/dri/card0');
  });

  it('is its native mode first, on a connected connector', () => {
    const { client } = createDisplay({ outputs: [{ width: 1920, height: 1080, refresh: 59_940 }] });
    const ids = client.output();
    const answer = client.task.call(client.fd, modeIoctls.DRM_IOCTL_MODE_GETCONNECTOR, {
      connector_id: ids.connector,
    });
    expect(answer).toMatchObject({
      connection: DRM_MODE_CONNECTED,
      connector_type: 15,
      connector_type_id: 1,
    });
    expect(ids.modes.map(mode => mode.name)).toEqual([
      '1920x1080',
      '1600x900',
      '1280x720',
      '1024x768',
      '800x600',
      '640x480',
    ]);
    expect(ids.modes[0]!.type & 8).toBe(8);
  });

  it('is filled in as far as there is room, but formats and modes only as a whole', () => {
    const { client } = createDisplay();
    const { task, fd } = client;
    const room = new Uint32Array([7, 7, 7]);
    const answer = task.call(fd, modeIoctls.DRM_IOCTL_MODE_GETPLANERESOURCES, { plane_id_ptr: room });
    expect(answer.count_planes).toBe(4);
    expect(new Set([...Array.from(answer.plane_id_ptr as ArrayLike<number>), 7])).toHaveProperty('size', 4);
    const { primary, connector } = client.output();
    const plane = { plane_id: primary, format_type_ptr: room.slice(), count_format_types: 3 };
    const { format_type_ptr, count_format_types } = task.call(fd, modeIoctls.DRM_IOCTL_MODE_GETPLANE, plane);
    expect([...Array.from(format_type_ptr as ArrayLike<number>), count_format_types]).toEqual([7, 7, 7, 6]);
    const objects = { obj_id: connector, props_ptr: room.slice(), prop_values_ptr: new BigUint64Array(3) };
    const some = task.call(fd, modeIoctls.DRM_IOCTL_MODE_OBJ_GETPROPERTIES, { ...objects, count_props: 2 });
    expect(some.count_props).toBe(6);
    const ids = Array.from(some.props_ptr as ArrayLike<number>);
    expect([ids[0] === 7, ids[2]]).toEqual([false, 7]);
    expect(() =>
      task.call(fd, modeIoctls.DRM_IOCTL_MODE_GETPLANERESOURCES, { plane_id_ptr: 0n, count_planes: 9 }),
    ).toThrow('EFAULT');
  });

  it('is described well enough to use the histogram from its caps alone', () => {
    const { client } = createDisplay();
    const ids = client.output();
    const blob_id = Number(client.value(ids.crtc, 'HISTOGRAM_CAPS'));
    const length = simkms_histogram_caps.size + simkms_histogram_mode.size;
    const { data } = client.task.call(client.fd, modeIoctls.DRM_IOCTL_MODE_GETPROPBLOB, {
      blob_id,
      data: new Uint8Array(length),
    });
    const view = new DataView((data as Uint8Array).slice().buffer);
    const caps = simkms_histogram_caps.read(view, 0);
    expect(caps.mode_count).toBe(1);
    expect(simkms_histogram_mode.read(view, caps.modes_offset)).toMatchObject({
      mode: 1,
      bin_count: 256,
      record_size: simkms_histogram_record.size,
    });
  });

  it('is an object of the type it was asked for, or ENOENT; EINVAL where there are no properties', () => {
    const { client } = createDisplay();
    const ids = client.output();
    const ask = (obj_id: number, obj_type: number) => () =>
      client.task.call(client.fd, modeIoctls.DRM_IOCTL_MODE_OBJ_GETPROPERTIES, { obj_id, obj_type });
    expect(ask(ids.primary, DRM_MODE_OBJECT_PLANE)).not.toThrow();
    expect(ask(ids.crtc, DRM_MODE_OBJECT_PLANE)).toThrow('ENOENT');
    expect(ask(9999, DRM_MODE_OBJECT_ANY)).toThrow('ENOENT');
    expect(ask(ids.mode, DRM_MODE_OBJECT_ANY)).toThrow('EINVAL');
  });
});
