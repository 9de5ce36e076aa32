import { describe, expect, it } from 'vitest';
import {
  DRM_MODE_ATOMIC_ALLOW_MODESET as ALLOW_MODESET,
  DRM_MODE_PAGE_FLIP_ASYNC as ASYNC,
  drm_mode_rect,
  DRM_MODE_PAGE_FLIP_EVENT as EVENT,
  modeIoctls,
  DRM_MODE_ATOMIC_NONBLOCK as NONBLOCK,
  DRM_MODE_ATOMIC_TEST_ONLY as TEST_ONLY,
} from '../../../../protocol/uapi/drm-mode.ts';
import { MILLISECOND } from '../../../machine/machine.ts';
import { KernelError } from '../../task/kernel-error.ts';
import { createDisplay, DisplayClient, lightUp, type Properties, planeOf } from './testing.ts';

const WIDTH = 64;
const HEIGHT = 48;

function dark() {
  const display = createDisplay();
  const ids = display.client.output();
  const { fb } = display.client.buffer(WIDTH, HEIGHT);
  return { ...display, ids, fb };
}

function lit() {
  const display = dark();
  display.client.startCommit(lightUp(display.ids, display.fb, WIDTH, HEIGHT), ALLOW_MODESET);
  display.machine.advance(40n * MILLISECOND);
  return display;
}

describe('flags of an atomic request', () => {
  it('are refused when unknown or contradictory', () => {
    const { client } = lit();
    for (const flags of [0x4, 0x800, 0x80000000, ASYNC, TEST_ONLY | EVENT, EVENT, EVENT | NONBLOCK])
      expect(client.errno([], flags), `0x${flags.toString(16)}`).toBe('EINVAL');
    for (const flags of [0, TEST_ONLY, NONBLOCK, TEST_ONLY | NONBLOCK | ALLOW_MODESET])
      expect(client.errno([], flags), `0x${flags.toString(16)}`).toBeNull();
  });

  it('do not matter to a client that is not the master: EACCES first', () => {
    const { kernel, client } = lit();
    const other = new DisplayClient(kernel.createTask({ name: 'other', credentials: { seat: true } }));
    expect(other.errno([], 0x4)).toBe('EACCES');
    expect(client.errno([], 0)).toBeNull();
  });
});

describe('ids and values', () => {
  const raw = ({ client }: ReturnType<typeof lit>, object: number, property: number, value = 0n) => {
    try {
      client.task.call(client.fd, modeIoctls.DRM_IOCTL_MODE_ATOMIC, {
        flags: TEST_ONLY,
        objs_ptr: [object],
        count_props_ptr: [1],
        props_ptr: [property],
        prop_values_ptr: [value],
      });
      return null;
    } catch (error) {
      if (error instanceof KernelError) return error.code;
      throw error;
    }
  };

  it('of objects and properties that do not fit are ENOENT', () => {
    const display = lit();
    const { client, ids, fb } = display;
    const crtcX = client.property(ids.primary, 'CRTC_X');
    for (const object of [0, 9999, fb, ids.mode])
      expect(raw(display, object, crtcX), `${object}`).toBe('ENOENT');
    for (const property of [0, 9999, ids.crtc, client.property(ids.crtc, 'ACTIVE')])
      expect(raw(display, ids.primary, property), `${property}`).toBe('ENOENT');
  });

  it('that point to memory that is not there are EFAULT', () => {
    const { client, ids } = lit();
    const call = (argument: object) => () =>
      client.task.call(client.fd, modeIoctls.DRM_IOCTL_MODE_ATOMIC, { flags: TEST_ONLY, ...argument });
    expect(call({ count_objs: 1, objs_ptr: 0n })).toThrow('EFAULT');
    expect(call({ objs_ptr: [ids.crtc], count_props_ptr: 0n })).toThrow('EFAULT');
    expect(call({ objs_ptr: [ids.crtc], count_props_ptr: [1], props_ptr: 0n })).toThrow('EFAULT');
    const values = { objs_ptr: [ids.primary], count_props_ptr: [1], prop_values_ptr: 0n };
    expect(call({ ...values, props_ptr: [client.property(ids.primary, 'CRTC_X')] })).toThrow('EFAULT');
    // The property is looked up before its value is read.
    expect(call({ ...values, props_ptr: [9999] })).toThrow('ENOENT');
    expect(call({ count_objs: 0xffffffff, objs_ptr: [9999], count_props_ptr: [0] })).toThrow('ENOENT');
  });

  it('are checked against the type of their property and then their place', () => {
    const { client, ids, fb } = lit();
    const cases: [Properties, string | null][] = [
      [{ FB_ID: 99999 }, 'EINVAL'],
      [{ FB_ID: ids.crtc }, 'EINVAL'],
      [{ FB_ID: 0x1_0000_0000 }, 'EINVAL'],
      [{ FB_ID: 0 }, 'EINVAL'],
      [{ CRTC_ID: 0 }, 'EINVAL'],
      [{ FB_ID: 0, CRTC_ID: 0 }, null],
      [{ type: 1 }, 'EINVAL'],
      [{ zpos: 0 }, 'EINVAL'],
      [{ rotation: 0 }, 'EINVAL'],
      [{ rotation: 3 }, 'EINVAL'],
      [{ rotation: 16 }, 'EINVAL'],
      [{ rotation: 49 }, null],
      [{ rotation: 64 }, 'EINVAL'],
      [{ SRC_X: -1 }, 'EINVAL'],
      [{ SRC_X: 0xffffffff }, 'ENOSPC'],
      [{ SRC_W: 0 }, 'ERANGE'],
      [{ CRTC_W: 0 }, null],
      [{ CRTC_X: -1 }, null],
      [{ CRTC_X: 0xffffffff }, 'EINVAL'],
      [{ CRTC_X: 0x7fffffff }, 'ERANGE'],
      [{ CRTC_X: 0x7fffffff, SRC_X: 0xffffffff }, 'ERANGE'],
      [{ SRC_X: 0x7fffffff, CRTC_W: 1 }, 'ENOSPC'],
      [{ CRTC_W: WIDTH + 1 }, 'ERANGE'],
      [{ alpha: 0x10000 }, 'EINVAL'],
      [{ COLOR_ENCODING: 3 }, 'EINVAL'],
      [{ FB_ID: fb }, null],
    ];
    for (const [properties, errno] of cases.filter(([, code]) => code !== 'unknown'))
      expect(client.errno([[ids.primary, properties]], TEST_ONLY), JSON.stringify(properties)).toBe(errno);
  });

  it('of a damage blob are rectangles inside of the framebuffer', () => {
    const { client, ids } = lit();
    const damage = (x1: number, y1: number, x2: number, y2: number) => {
      const bytes = new Uint8Array(drm_mode_rect.size);
      drm_mode_rect.write(new DataView(bytes.buffer), 0, { x1, y1, x2, y2 });
      return client.errno([[ids.primary, { FB_DAMAGE_CLIPS: client.blob(bytes) }]], TEST_ONLY);
    };
    expect(damage(0, 0, 10, 10)).toBeNull();
    expect(damage(5, 5, 5, 10)).toBe('EINVAL');
    expect(damage(-1, 0, 5, 5)).toBe('EINVAL');
    expect(
      client.errno([[ids.primary, { FB_DAMAGE_CLIPS: client.blob(new Uint8Array(15)) }]], TEST_ONLY),
    ).toBe('EINVAL');
  });
});

describe('a modeset', () => {
  it('has to be allowed', () => {
    const { client, ids, fb } = dark();
    const request = lightUp(ids, fb, WIDTH, HEIGHT);
    expect(client.errno(request, TEST_ONLY)).toBe('EINVAL');
    expect(client.errno(request, TEST_ONLY | ALLOW_MODESET)).toBeNull();
  });

  it('takes connector, mode and activity together', () => {
    const { client, ids } = lit();
    const off = [
      [ids.connector, { CRTC_ID: 0 }],
      [ids.crtc, { ACTIVE: 0, MODE_ID: 0 }],
    ] as const;
    const flags = TEST_ONLY | ALLOW_MODESET;
    expect(client.errno([off[0]], flags)).toBe('EINVAL');
    expect(client.errno([[ids.crtc, { MODE_ID: 0 }]], flags)).toBe('EINVAL');
    expect(client.errno([off[1]], flags)).toBe('EINVAL');
    expect(client.errno(off, flags)).toBeNull();
    expect(client.errno([[ids.crtc, { ACTIVE: 0 }]], flags)).toBeNull();
  });

  it('is none with another blob of the same timings', () => {
    const { client, ids } = lit();
    expect(client.errno([[ids.crtc, { MODE_ID: client.output().mode }]], TEST_ONLY)).toBeNull();
  });

  it('leaves no trace when it is only tested', () => {
    const { client, machine, ids, fb } = dark();
    client.commit(lightUp(ids, fb, WIDTH, HEIGHT), TEST_ONLY | ALLOW_MODESET);
    expect(client.value(ids.crtc, 'ACTIVE')).toBe(0n);
    expect(client.value(ids.primary, 'FB_ID')).toBe(0n);
    expect(machine.nextTimer).toBeNull();
    expect(client.errno([[ids.primary, { FB_ID: fb, CRTC_ID: ids.crtc }]], EVENT)).toBe('EINVAL');
  });
});

describe('what the hardware cannot do', () => {
  it('is drawing beyond what its coordinates reach, be it by the width alone: ERANGE', () => {
    const { client, ids } = lit();
    const wide = client.buffer(8192, 10);
    const grown = { ...planeOf(ids.crtc, wide.fb, { width: 8192, height: 10, x: -100 }), CRTC_W: 4 * 8192 };
    expect(client.errno([[ids.overlays[0]!, grown]], TEST_ONLY)).toBe('ERANGE');
  });

  it('is reading more overlay pixels than its bandwidth allows: ENOSPC', () => {
    const { client, ids } = lit();
    const large = client.buffer(128, 128);
    const shrunk = { ...planeOf(ids.crtc, large.fb, { width: 128, height: 128 }), CRTC_W: 32, CRTC_H: 32 };
    expect(client.errno([[ids.overlays[0]!, shrunk]], TEST_ONLY)).toBe('ENOSPC');
    const part = { ...shrunk, SRC_W: 64 * 65536, SRC_H: 64 * 65536 };
    expect(client.errno([[ids.overlays[0]!, part]], TEST_ONLY)).toBeNull();
  });

  it('is scaling more than four times, and a cursor beyond 256 pixels', () => {
    const { client, ids } = lit();
    const small = client.buffer(10, 10);
    const grown = (side: number) => ({
      ...planeOf(ids.crtc, small.fb, { width: 10, height: 10 }),
      CRTC_W: side,
      CRTC_H: side,
    });
    expect(client.errno([[ids.overlays[0]!, grown(40)]], TEST_ONLY)).toBeNull();
    expect(client.errno([[ids.overlays[0]!, grown(41)]], TEST_ONLY)).toBe('ERANGE');
    expect(client.errno([[ids.cursor, grown(11)]], TEST_ONLY)).toBe('ERANGE');
    const huge = client.buffer(300, 16);
    expect(
      client.errno([[ids.cursor, planeOf(ids.crtc, huge.fb, { width: 16, height: 16 })]], TEST_ONLY),
    ).toBe('EINVAL');
  });
});

describe('blobs', () => {
  it('belong to their maker, and stay while a state refers to them', () => {
    const { client, kernel, machine, ids } = lit();
    const other = new DisplayClient(kernel.createTask({ name: 'other', credentials: { seat: true } }));
    const destroy = ({ task, fd }: DisplayClient) =>
      task.call(fd, modeIoctls.DRM_IOCTL_MODE_DESTROYPROPBLOB, { blob_id: ids.mode });
    const length = () =>
      other.task.call(other.fd, modeIoctls.DRM_IOCTL_MODE_GETPROPBLOB, { blob_id: ids.mode }).length;
    expect(() => destroy(other)).toThrow('EPERM');
    destroy(client);
    expect(length()).toBe(68);
    const off = client.startCommit(
      [
        [ids.connector, { CRTC_ID: 0 }],
        [ids.crtc, { ACTIVE: 0, MODE_ID: 0 }],
      ],
      ALLOW_MODESET,
    );
    machine.advance(40n * MILLISECOND);
    off.result();
    expect(length).toThrow('ENOENT');
  });

  it('of no length are EINVAL, and of bad memory EFAULT', () => {
    const { client } = dark();
    const create = (argument: { length: number; data: bigint }) => () =>
      client.task.call(client.fd, modeIoctls.DRM_IOCTL_MODE_CREATEPROPBLOB, argument);
    expect(create({ length: 0, data: 0n })).toThrow('EINVAL');
    expect(create({ length: 0xffffffff, data: 0n })).toThrow('EINVAL');
    expect(create({ length: 16, data: 0n })).toThrow('EFAULT');
  });
});
