import { describe, expect, it } from 'vitest';
import {
  _DRM_VBLANK_EVENT,
  _DRM_VBLANK_NEXTONMISS,
  _DRM_VBLANK_RELATIVE,
  DRM_CRTC_SEQUENCE_NEXT_ON_MISS,
  DRM_CRTC_SEQUENCE_RELATIVE,
  DRM_EVENT_CRTC_SEQUENCE,
  DRM_EVENT_VBLANK,
  drmIoctls,
} from '../../../../protocol/uapi/drm.ts';
import {
  DRM_MODE_ATOMIC_ALLOW_MODESET,
  DRM_MODE_PAGE_FLIP_EVENT,
  modeIoctls,
} from '../../../../protocol/uapi/drm-mode.ts';
import type { Ioctl } from '../../../../protocol/uapi/ioctl.ts';
import type { Struct, UserValue } from '../../../../protocol/uapi/struct.ts';
import { MILLISECOND } from '../../../machine/machine.ts';
import { KernelError } from '../../task/kernel-error.ts';
import { createDisplay } from './testing.ts';

const WIDTH = 64;
const HEIGHT = 48;

function dark() {
  const display = createDisplay();
  const { client, machine } = display;
  const ids = client.output();
  const [front, back] = [client.buffer(WIDTH, HEIGHT), client.buffer(WIDTH, HEIGHT)];
  /** Makes a call, lets it have its vblanks, and gives its errno. */
  const call = <S extends Struct>(ioctl: Ioctl<S>, value: UserValue<S>): string | null => {
    const thread = client.task.startCall(client.fd, ioctl, value);
    machine.advance(40n * MILLISECOND);
    try {
      thread.result();
      return null;
    } catch (error) {
      if (error instanceof KernelError) return error.code;
      throw error;
    }
  };
  const setCrtc = (change: object = {}) =>
    call(modeIoctls.DRM_IOCTL_MODE_SETCRTC, {
      crtc_id: ids.crtc,
      fb_id: front.fb,
      mode_valid: 1,
      mode: ids.modes[0]!,
      set_connectors_ptr: [ids.connector],
      ...change,
    });
  return { ...display, ids, front, back, call, setCrtc };
}

function lit() {
  const display = dark();
  expect(display.setCrtc()).toBeNull();
  return display;
}

describe('SETCRTC', () => {
  it('checks ids, mode with connectors, and the framebuffer against the mode', () => {
    const { setCrtc, ids, client } = dark();
    const cases: [object, string | null][] = [
      [{ crtc_id: 9999 }, 'ENOENT'],
      [{ fb_id: 9999 }, 'ENOENT'],
      [{ fb_id: ids.crtc }, 'ENOENT'],
      [{ fb_id: 0xffffffff }, 'EINVAL'],
      [{ set_connectors_ptr: [] }, 'EINVAL'],
      [{ mode_valid: 0 }, 'EINVAL'],
      [{ set_connectors_ptr: [9999] }, 'ENOENT'],
      [{ set_connectors_ptr: 0n, count_connectors: 1 }, 'EFAULT'],
      [{ set_connectors_ptr: [ids.connector, ids.connector] }, null],
      [{ mode: { ...ids.modes[0]!, htotal: 0 } }, 'EINVAL'],
      [{ fb_id: client.buffer(32, 32).fb }, 'ENOSPC'],
      [{ x: 8 }, 'ENOSPC'],
      [{ x: 0xffffffff }, 'ERANGE'],
      [{ fb_id: 0xffffffff }, null],
      [{ mode_valid: 0, set_connectors_ptr: [], fb_id: 0 }, null],
    ];
    for (const [change, errno] of cases)
      expect(setCrtc(change), JSON.stringify(Object.keys(change))).toBe(errno);
    expect(client.value(ids.crtc, 'ACTIVE')).toBe(0n);
  });

  it('shows in GETCRTC what it has set', () => {
    const { client, ids, front } = lit();
    const seen = client.task.call(client.fd, modeIoctls.DRM_IOCTL_MODE_GETCRTC, { crtc_id: ids.crtc });
    expect(seen).toMatchObject({ fb_id: front.fb, mode_valid: 1, gamma_size: 256 });
    expect(seen.mode?.hdisplay).toBe(WIDTH);
  });
});

describe('PAGE_FLIP', () => {
  it('flips without blocking, and is refused as Linux refuses it', () => {
    const { client, machine, ids, front, back, call, setCrtc } = dark();
    const flip = (change: object = {}) =>
      call(modeIoctls.DRM_IOCTL_MODE_PAGE_FLIP, { crtc_id: ids.crtc, fb_id: back.fb, ...change });
    expect(flip()).toBe('EBUSY');
    setCrtc();
    expect(flip({ flags: DRM_MODE_PAGE_FLIP_EVENT, user_data: 5n })).toBeNull();
    expect(client.events()).toMatchObject([{ userData: 5n }]);
    for (const change of [{ reserved: 1 }, { flags: 2 }, { flags: 4 }, { flags: 16 }])
      expect(flip(change)).toBe('EINVAL');
    for (const change of [{ crtc_id: 9999 }, { fb_id: 0 }]) expect(flip(change)).toBe('ENOENT');
    const pair = () =>
      client.task.call(client.fd, modeIoctls.DRM_IOCTL_MODE_PAGE_FLIP, {
        crtc_id: ids.crtc,
        fb_id: front.fb,
      });
    pair();
    expect(pair).toThrow('EBUSY');
    machine.advance(20n * MILLISECOND);
    expect(pair).not.toThrow();
  });
});

describe('planes and cursor', () => {
  it('are nowhere when they are switched off, but for a primary plane that goes off with its CRTC', () => {
    const { client, ids, front, call, setCrtc } = lit();
    const sizeOf = (plane: number) => [client.value(plane, 'CRTC_W'), client.value(plane, 'SRC_H')];
    const shown = [BigInt(WIDTH), BigInt(HEIGHT) << 16n];
    setCrtc({ mode_valid: 0, set_connectors_ptr: [], fb_id: 0, mode: {} });
    expect(sizeOf(ids.primary)).toEqual(shown);
    setCrtc();
    const off = { plane_id: ids.primary, crtc_id: ids.crtc, fb_id: 0 };
    expect(call(modeIoctls.DRM_IOCTL_MODE_SETPLANE, off)).toBeNull();
    expect(sizeOf(ids.primary)).toEqual([0n, 0n]);
    const cursor = { crtc_id: ids.crtc, flags: 1, handle: front.handle, width: 64, height: 48 };
    expect(call(modeIoctls.DRM_IOCTL_MODE_CURSOR, cursor)).toBeNull();
    expect(sizeOf(ids.cursor)).toEqual([64n, 48n << 16n]);
    expect(call(modeIoctls.DRM_IOCTL_MODE_CURSOR, { ...cursor, handle: 0 })).toBeNull();
    expect(sizeOf(ids.cursor)).toEqual([0n, 0n]);
  });

  it('are set and switched off', () => {
    const { client, ids, back, call } = lit();
    const [overlay] = ids.overlays as [number, number];
    const at = {
      plane_id: overlay,
      crtc_id: ids.crtc,
      fb_id: back.fb,
      crtc_w: 16,
      crtc_h: 16,
      src_w: 16 << 16,
      src_h: 16 << 16,
    };
    expect(call(modeIoctls.DRM_IOCTL_MODE_SETPLANE, at)).toBeNull();
    expect(client.value(overlay, 'FB_ID')).toBe(BigInt(back.fb));
    expect(call(modeIoctls.DRM_IOCTL_MODE_SETPLANE, { ...at, crtc_id: 0 })).toBe('ENOENT');
    expect(call(modeIoctls.DRM_IOCTL_MODE_SETPLANE, { ...at, fb_id: 0 })).toBeNull();
    expect(client.value(overlay, 'CRTC_ID')).toBe(0n);
    const cursor = { crtc_id: ids.crtc, handle: client.buffer(64, 64).handle, width: 64, height: 64 };
    expect(call(modeIoctls.DRM_IOCTL_MODE_CURSOR, { ...cursor, flags: 0 })).toBe('EINVAL');
    expect(call(modeIoctls.DRM_IOCTL_MODE_CURSOR, { ...cursor, flags: 1 })).toBeNull();
    expect(call(modeIoctls.DRM_IOCTL_MODE_CURSOR, { crtc_id: ids.crtc, flags: 2, x: -5, y: 7 })).toBeNull();
    expect(BigInt.asIntN(64, client.value(ids.cursor, 'CRTC_X'))).toBe(-5n);
    expect(call(modeIoctls.DRM_IOCTL_MODE_CURSOR, { ...cursor, flags: 1, handle: 999 })).toBe('ENOENT');
    expect(call(modeIoctls.DRM_IOCTL_MODE_CURSOR, { ...cursor, flags: 1, handle: 0 })).toBeNull();
    expect(client.value(ids.cursor, 'FB_ID')).toBe(0n);
  });

  it('are not paced when the cursor moves', () => {
    const { client, machine, ids, call, simkms } = lit();
    const handle = client.buffer(64, 64).handle;
    call(modeIoctls.DRM_IOCTL_MODE_CURSOR, { crtc_id: ids.crtc, handle, width: 64, height: 64, flags: 1 });
    const { flips } = simkms.statistics('Virtual-1');
    for (let x = 0; x < 50; x++)
      client.task.call(client.fd, modeIoctls.DRM_IOCTL_MODE_CURSOR, { crtc_id: ids.crtc, flags: 2, x, y: 0 });
    expect(client.value(ids.cursor, 'CRTC_X')).toBe(49n);
    machine.advance(40n * MILLISECOND);
    expect(simkms.statistics('Virtual-1').flips).toBe(flips);
  });
});

describe('gamma ramps', () => {
  it('read back as they were set', () => {
    const { client, ids, call } = lit();
    const ramp = Uint16Array.from({ length: 256 }, (_, index) => 65535 - index * 257);
    const set = { crtc_id: ids.crtc, gamma_size: 256, red: ramp, green: ramp, blue: ramp };
    expect(call(modeIoctls.DRM_IOCTL_MODE_SETGAMMA, set)).toBeNull();
    expect(call(modeIoctls.DRM_IOCTL_MODE_SETGAMMA, { ...set, gamma_size: 128 })).toBe('EINVAL');
    const room = () => new Uint16Array(256);
    const got = client.task.call(client.fd, modeIoctls.DRM_IOCTL_MODE_GETGAMMA, {
      crtc_id: ids.crtc,
      gamma_size: 256,
      red: room(),
      green: room(),
      blue: room(),
    });
    expect(Array.from(got.red as ArrayLike<number>)).toEqual([...ramp]);
  });
});

describe('vblank events', () => {
  it('come at the sequence asked for, or at once when it has passed', () => {
    const { client, machine, ids } = lit();
    const now = () =>
      client.task.call(client.fd, drmIoctls.DRM_IOCTL_CRTC_GET_SEQUENCE, { crtc_id: ids.crtc }).sequence!;
    const queue = (flags: number, sequence: bigint) =>
      client.task.call(client.fd, drmIoctls.DRM_IOCTL_CRTC_QUEUE_SEQUENCE, {
        crtc_id: ids.crtc,
        flags,
        sequence,
        user_data: 9n,
      });
    const start = now();
    queue(0, start - 1n);
    expect(client.events()).toMatchObject([{ type: DRM_EVENT_CRTC_SEQUENCE, sequence: start, userData: 9n }]);
    // A number of 64 bits that goes round: one before now.
    queue(DRM_CRTC_SEQUENCE_RELATIVE, 0xffff_ffff_ffff_ffffn);
    expect(client.events()).toMatchObject([{ sequence: start }]);
    queue(DRM_CRTC_SEQUENCE_RELATIVE, 3n);
    queue(DRM_CRTC_SEQUENCE_NEXT_ON_MISS, start);
    expect(client.events()).toEqual([]);
    machine.advance(70n * MILLISECOND);
    expect(client.events().map(event => event.sequence - start)).toEqual([1n, 3n]);
    expect(machine.nextTimer).toBeNull();
    expect(() => queue(4, 1n)).toThrow('EINVAL');
  });

  it('are waited for, and sent early when the CRTC is switched off', () => {
    const { client, machine, ids } = lit();
    const wait = (type: number, sequence: number) =>
      client.task.startCall(client.fd, drmIoctls.DRM_IOCTL_WAIT_VBLANK, {
        request: { type, sequence, signal: 3n },
      });
    const waiter = wait(_DRM_VBLANK_RELATIVE, 2);
    machine.advance(17n * MILLISECOND);
    expect(waiter.ended).toBe(false);
    machine.advance(20n * MILLISECOND);
    expect(waiter.result().reply!.sequence).toBeGreaterThan(0);
    expect(() => wait(0x2 | _DRM_VBLANK_RELATIVE, 1).result()).toThrow('EINVAL');
    wait(_DRM_VBLANK_EVENT | _DRM_VBLANK_RELATIVE | _DRM_VBLANK_NEXTONMISS, 100).result();
    expect(client.events()).toEqual([]);
    client.startCommit([[ids.crtc, { ACTIVE: 0 }]], DRM_MODE_ATOMIC_ALLOW_MODESET);
    machine.settle();
    expect(client.events()).toMatchObject([{ type: DRM_EVENT_VBLANK, userData: 3n }]);
    expect(() => wait(_DRM_VBLANK_RELATIVE, 1).result()).toThrow('EINVAL');
  });
});
