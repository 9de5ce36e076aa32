import { describe, expect, it } from 'vitest';
import {
  DRM_MODE_ATOMIC_ALLOW_MODESET as ALLOW_MODESET,
  DRM_MODE_FB_MODIFIERS,
  modeIoctls,
  DRM_MODE_ATOMIC_NONBLOCK as NONBLOCK,
} from '../../../../protocol/uapi/drm-mode.ts';
import {
  DRM_FORMAT_NV12,
  DRM_FORMAT_RGB565,
  DRM_FORMAT_XRGB8888,
  fourcc,
} from '../../../../protocol/uapi/fourcc.ts';
import { MILLISECOND } from '../../../machine/machine.ts';
import { Usage } from '../../dma-buf/reservation.ts';
import { SoftwareTimeline } from '../../sync/software-timeline.ts';
import { KernelError } from '../../task/kernel-error.ts';
import { createDisplay, DisplayClient, lightUp } from './testing.ts';

function dark() {
  const display = createDisplay();
  const { task, fd } = display.client;
  const { handle } = task.call(fd, modeIoctls.DRM_IOCTL_MODE_CREATE_DUMB, { width: 64, height: 64, bpp: 32 });
  return { ...display, handle: handle! };
}

type Wish = {
  width?: number;
  height?: number;
  pixel_format?: number;
  flags?: number;
  handles?: number[];
  pitches?: number[];
  offsets?: number[];
  modifier?: bigint[];
};

/** ADDFB2 of a 64x64 buffer as it should be, but for what `wish` changes. */
function add({ task, fd }: DisplayClient, handle: number, wish: Wish): string | null {
  try {
    task.call(fd, modeIoctls.DRM_IOCTL_MODE_ADDFB2, {
      width: 64,
      height: 64,
      pixel_format: DRM_FORMAT_XRGB8888,
      handles: [handle, 0, 0, 0],
      pitches: [256, 0, 0, 0],
      offsets: [0, 0, 0, 0],
      modifier: [0n, 0n, 0n, 0n],
      ...wish,
    });
    return null;
  } catch (error) {
    if (error instanceof KernelError) return error.code;
    throw error;
  }
}

describe('ADDFB2', () => {
  it('refuses what a buffer cannot be shown as', () => {
    const { client, handle } = dark();
    const nv12 = {
      pixel_format: DRM_FORMAT_NV12,
      height: 42,
      pitches: [256, 256, 0, 0],
      offsets: [0, 10752, 0, 0],
    };
    const cases: [Wish, string | null][] = [
      [{}, null],
      [{ pixel_format: DRM_FORMAT_RGB565, pitches: [128, 0, 0, 0] }, null],
      [{ pixel_format: fourcc('YUYV') }, 'EINVAL'],
      [{ pixel_format: 0 }, 'EINVAL'],
      [{ ...nv12, handles: [handle, handle, 0, 0] }, null],
      [{ ...nv12, width: 63, height: 41, handles: [handle, handle, 0, 0] }, null],
      [{ ...nv12 }, 'EINVAL'],
      [{ width: 0 }, 'EINVAL'],
      [{ height: 9 }, 'EINVAL'],
      [{ width: 8193, height: 10, pitches: [32772, 0, 0, 0] }, 'EINVAL'],
      [{ height: 65 }, 'EINVAL'],
      [{ width: 65 }, 'EINVAL'],
      [{ offsets: [4, 0, 0, 0] }, 'EINVAL'],
      [{ height: 63, offsets: [256, 0, 0, 0] }, null],
      [{ offsets: [0xffffff00, 0, 0, 0] }, 'ERANGE'],
      [{ pitches: [0, 0, 0, 0] }, 'EINVAL'],
      [{ pitches: [252, 0, 0, 0] }, 'EINVAL'],
      [{ pitches: [0x80000000, 0, 0, 0] }, 'ERANGE'],
      [{ handles: [0, 0, 0, 0] }, 'EINVAL'],
      [{ handles: [999, 0, 0, 0] }, 'ENOENT'],
      [{ handles: [handle, 0, 0, 999] }, null],
      [{ pitches: [256, 256, 0, 0] }, null],
      [{ flags: 2, pitches: [256, 256, 0, 0] }, 'EINVAL'],
      [{ flags: 1 }, null],
      [{ flags: 2 }, null],
      [{ flags: 4 }, 'EINVAL'],
      [{ flags: 2, modifier: [1n, 0n, 0n, 0n] }, 'EINVAL'],
      [{ modifier: [1n, 0n, 0n, 0n] }, 'EINVAL'],
    ];
    for (const [wish, errno] of cases)
      expect(
        add(client, handle, wish),
        JSON.stringify(wish, (_, v) => (typeof v === 'bigint' ? `${v}` : v)),
      ).toBe(errno);
  });
});

describe('a framebuffer', () => {
  it('has room for four planes: a fifth cannot be said, nor one that the format has not', () => {
    const { client, handle } = dark();
    const five = { handles: [handle, handle, handle, handle, handle] };
    expect(() => add(client, handle, five)).toThrow('drm_mode_fb_cmd2.handles has room for 4 values, not 5');
    expect(() => add(client, handle, { pitches: [256, 0, 0, 0, 256] })).toThrow(RangeError);
    const two = { flags: DRM_MODE_FB_MODIFIERS, handles: [handle, handle, 0, 0], pitches: [256, 256, 0, 0] };
    expect(add(client, handle, two)).toBe('EINVAL');
  });

  it('keeps its buffer, tells its layout, and gives handles to the master alone', () => {
    const { client, kernel, handle } = dark();
    expect(add(client, handle, {})).toBeNull();
    const { task, fd } = client;
    task.call(fd, modeIoctls.DRM_IOCTL_MODE_DESTROY_DUMB, { handle });
    const list = task.call(fd, modeIoctls.DRM_IOCTL_MODE_GETRESOURCES, { fb_id_ptr: new Uint32Array(1) });
    const [fb_id] = Array.from(list.fb_id_ptr as ArrayLike<number>);
    const seen = task.call(fd, modeIoctls.DRM_IOCTL_MODE_GETFB2, { fb_id: fb_id! });
    expect(seen).toMatchObject({ width: 64, height: 64, pixel_format: DRM_FORMAT_XRGB8888, flags: 2 });
    expect(seen.handles?.[0]).toBeGreaterThan(0);
    const other = new DisplayClient(kernel.createTask({ name: 'other', credentials: { seat: true } }));
    const foreign = other.task.call(other.fd, modeIoctls.DRM_IOCTL_MODE_GETFB2, { fb_id: fb_id! });
    expect(foreign.handles?.[0]).toBe(0);
    expect(() => other.task.call(other.fd, modeIoctls.DRM_IOCTL_MODE_RMFB, { fb_id: fb_id! })).toThrow(
      'ENOENT',
    );
    task.call(fd, modeIoctls.DRM_IOCTL_MODE_RMFB, { fb_id: fb_id! });
    expect(() => task.call(fd, modeIoctls.DRM_IOCTL_MODE_GETFB2, { fb_id: fb_id! })).toThrow('ENOENT');
  });

  it('gives all memory back when its client is gone', () => {
    const { client, machine, simkms, handle } = dark();
    const ids = client.output();
    const { fb } = client.buffer(64, 48);
    add(client, handle, {});
    client.startCommit(lightUp(ids, fb, 64, 48), ALLOW_MODESET);
    machine.advance(40n * MILLISECOND);
    client.task.exit();
    machine.advance(40n * MILLISECOND);
    expect(simkms.device.objects.size).toBe(0);
  });

  it('with a writer pending in its buffer holds its flip, with a reader it does not', () => {
    const { client, machine, kernel, simkms } = dark();
    const ids = client.output();
    const [front, back] = [client.buffer(64, 48), client.buffer(64, 48)];
    client.startCommit(lightUp(ids, front.fb, 64, 48), ALLOW_MODESET);
    machine.advance(40n * MILLISECOND);
    const timeline = new SoftwareTimeline(kernel, { name: 'renderer' });
    const flips = () => simkms.statistics('Virtual-1').flips;
    const before = flips();
    const objects = [...simkms.device.objects];
    const [shown, next] = [objects.at(-2)!, objects.at(-1)!];
    next.reservation.publish(timeline.createFence(1), Usage.WRITE);
    client.commit([[ids.primary, { FB_ID: back.fb }]], NONBLOCK);
    machine.advance(40n * MILLISECOND);
    expect(flips()).toBe(before);
    timeline.increment();
    machine.advance(17n * MILLISECOND);
    expect(flips()).toBe(before + 1);
    shown.reservation.publish(timeline.createFence(2), Usage.READ);
    client.commit([[ids.primary, { FB_ID: front.fb }]], NONBLOCK);
    machine.advance(17n * MILLISECOND);
    expect(flips()).toBe(before + 2);
    expect(next.reservation.fences(Usage.BOOKKEEP)).toEqual([]);
  });
});
