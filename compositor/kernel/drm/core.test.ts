import { describe, expect, it } from 'vitest';
import * as uapi from '../../../protocol/uapi/drm.ts';
import { modeIoctls } from '../../../protocol/uapi/drm-mode.ts';
import { drmIowr, type Ioctl, io } from '../../../protocol/uapi/ioctl.ts';
import { struct, u32, u64 } from '../../../protocol/uapi/struct.ts';
import type { DrmFeature } from './device.ts';
import { drmIoctl } from './ioctl.ts';
import { CARD, createDrmRig, type Opener, outcome, RENDER } from './test-kit.ts';

const { drmIoctls } = uapi;
const DISPLAY: DrmFeature[] = ['gem', 'dumb', 'modeset', 'atomic'];

const rig = (features: readonly DrmFeature[] = DISPLAY) => createDrmRig(features);

describe('dispatch', () => {
  it('knows calls by their number and answers EINVAL to others, ENOTTY to what is not DRM', () => {
    const { task, fd } = rig().open('app');
    expect(() => task.ioctl(fd, drmIowr('none', 0xff, struct('s', { a: u32 })).number, 0n)).toThrow('EINVAL');
    expect(() => task.ioctl(fd, io('none', 'x', 1).number, 0n)).toThrow('ENOTTY');
  });

  it('serves callers whose struct is shorter or longer than its own', () => {
    const { device, open } = rig();
    const now = struct('now', { a: u32, b: u32, c: u64 });
    const before = struct('before', { a: u32, b: u32 });
    const future = struct('future', { a: u32, b: u32, c: u64, d: u64 });
    device.ioctls.add(
      drmIoctl(drmIowr('TEST', 0x60, now, { permission: 'render' }), (_call, argument) => {
        argument.b = argument.a + Number(argument.c);
        argument.c = 9n;
      }),
    );
    const { task, fd } = open('app');
    expect(task.call(fd, drmIowr('OLD', 0x60, before), { a: 5, b: 1 })).toEqual({ a: 5, b: 5 });
    const full = { a: 5, b: 1, c: 2n, d: 3n };
    expect(task.call(fd, drmIowr('NEW', 0x60, future), full)).toEqual({ a: 5, b: 7, c: 9n, d: 3n });
  });

  it('copies the argument back after an error too, and finds bad addresses before missing permissions', () => {
    const { open } = rig();
    open('master');
    const { task, fd } = open('app');
    const cap = drmIoctls.DRM_IOCTL_GET_CAP;
    const address = task.memory.mapAnonymous(4096);
    task.memory.writeStruct(uapi.drm_get_cap, address, { capability: 0x99n, value: 5n });
    expect(() => task.ioctl(fd, cap.number, address)).toThrow('EINVAL');
    expect(task.memory.readStruct(uapi.drm_get_cap, address).value).toBe(0n);
    const auth = drmIoctls.DRM_IOCTL_AUTH_MAGIC;
    expect(() => task.ioctl(fd, auth.number, 0n)).toThrow('EFAULT');
    expect(() => task.ioctl(fd, auth.number, address)).toThrow('EACCES');
  });

  it('refuses mode setting on a device without, permissions first', () => {
    const { open } = createDrmRig(['gem', 'dumb', 'render']);
    const [master, app, render] = [open('master'), open('app'), open('app', RENDER)];
    const call = ({ task, fd }: typeof app, ioctl: Ioctl) =>
      outcome(() => task.ioctl(fd, ioctl.number, task.memory.mapAnonymous(4096)));
    const { DRM_IOCTL_MODE_GETRESOURCES, DRM_IOCTL_MODE_ATOMIC } = modeIoctls;
    const answers = [DRM_IOCTL_MODE_GETRESOURCES, DRM_IOCTL_MODE_ATOMIC, drmIoctls.DRM_IOCTL_WAIT_VBLANK].map(
      ioctl => [master, app, render].map(opener => call(opener, ioctl)),
    );
    const [E, P] = ['EOPNOTSUPP', 'EACCES'];
    expect(answers).toEqual([
      [E, E, P],
      [E, P, P],
      [E, E, P],
    ]);
  });

  it('lets a render node do what is meant for it alone', () => {
    const { task, fd } = rig().open('app', RENDER);
    const refused = [
      drmIoctls.DRM_IOCTL_GET_UNIQUE,
      drmIoctls.DRM_IOCTL_GET_MAGIC,
      drmIoctls.DRM_IOCTL_SET_MASTER,
      drmIoctls.DRM_IOCTL_SET_CLIENT_CAP,
      drmIoctls.DRM_IOCTL_GEM_FLINK,
      modeIoctls.DRM_IOCTL_MODE_CREATE_DUMB,
      modeIoctls.DRM_IOCTL_MODE_MAP_DUMB,
    ];
    const address = task.memory.mapAnonymous(4096);
    for (const ioctl of refused) expect(() => task.ioctl(fd, ioctl.number, address)).toThrow('EACCES');
    expect(task.call(fd, drmIoctls.DRM_IOCTL_VERSION, {}).version_minor).toBe(2);
  });
});

describe('what a device says of itself', () => {
  it('is its version, with the lengths of the whole texts', () => {
    const { task, fd } = rig().open('app');
    const answer = task.call(fd, drmIoctls.DRM_IOCTL_VERSION, {
      name: ' '.repeat(4),
      desc: ' '.repeat(64),
    });
    expect(answer).toMatchObject({ version_major: 1, version_patchlevel: 3, name: 'test', name_len: 7n });
    expect(answer.desc).toBe('A display for tests'.padEnd(64, ' '));
  });

  it('are its capabilities', () => {
    const { task, fd } = rig().open('app');
    const cap = (capability: bigint) => task.call(fd, drmIoctls.DRM_IOCTL_GET_CAP, { capability }).value;
    const numbers = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 0x10n, 0x11n, 0x12n, 0x13n, 0x14n, 0x15n];
    expect(numbers.map(cap)).toEqual([1n, 1n, 0n, 0n, 3n, 1n, 0n, 512n, 512n, 1n, 0n, 1n, 0n, 0n, 0n]);
    expect(() => cap(0n)).toThrow('EINVAL');
    expect(() => cap(0x99n)).toThrow('EINVAL');
  });

  it('are fewer without modes', () => {
    const { task, fd } = rig(['gem', 'render', 'syncobj']).open('app', RENDER);
    const cap = (capability: bigint) => task.call(fd, drmIoctls.DRM_IOCTL_GET_CAP, { capability }).value;
    expect([5n, 6n, 0x13n, 0x14n].map(cap)).toEqual([3n, 1n, 1n, 0n]);
    for (const capability of [0n, 1n, 8n, 0x99n]) expect(() => cap(capability)).toThrow('EOPNOTSUPP');
  });

  it('is a bus id once SET_VERSION was called', () => {
    const { task, fd } = rig().open('master');
    const unique = () => task.call(fd, drmIoctls.DRM_IOCTL_GET_UNIQUE, { unique: '.......' }).unique;
    expect(unique()).toBe('.......');
    const version = { drm_di_major: 1, drm_di_minor: 1, drm_dd_major: -1, drm_dd_minor: -1 };
    expect(task.call(fd, drmIoctls.DRM_IOCTL_SET_VERSION, version)).toEqual({
      drm_di_major: 1,
      drm_di_minor: 4,
      drm_dd_major: 1,
      drm_dd_minor: 2,
    });
    expect(unique()).toBe('testkms');
    const wrong = { ...version, drm_dd_major: 2, drm_dd_minor: 0 };
    expect(() => task.call(fd, drmIoctls.DRM_IOCTL_SET_VERSION, wrong)).toThrow('EINVAL');
  });
});

describe('client capabilities', () => {
  const set = ({ task, fd }: Opener, capability: bigint, value: bigint) =>
    outcome(() => task.call(fd, drmIoctls.DRM_IOCTL_SET_CLIENT_CAP, { capability, value }) && 0);

  it('are taken and refused as recorded from vkms', () => {
    const app = rig().open('app');
    const steps: (readonly [bigint, bigint, string | 0])[] = [
      [uapi.DRM_CLIENT_CAP_STEREO_3D, 1n, 0],
      [uapi.DRM_CLIENT_CAP_STEREO_3D, 2n, 'EINVAL'],
      [uapi.DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1n, 0],
      [uapi.DRM_CLIENT_CAP_UNIVERSAL_PLANES, 2n, 'EINVAL'],
      [uapi.DRM_CLIENT_CAP_UNIVERSAL_PLANES, 0n, 0],
      [uapi.DRM_CLIENT_CAP_WRITEBACK_CONNECTORS, 1n, 'EINVAL'],
      [uapi.DRM_CLIENT_CAP_ASPECT_RATIO, 2n, 'EINVAL'],
      [uapi.DRM_CLIENT_CAP_ATOMIC, 1n, 0],
      [uapi.DRM_CLIENT_CAP_ATOMIC, 2n, 0],
      [uapi.DRM_CLIENT_CAP_ATOMIC, 3n, 'EINVAL'],
      [uapi.DRM_CLIENT_CAP_WRITEBACK_CONNECTORS, 1n, 0],
      [uapi.DRM_CLIENT_CAP_WRITEBACK_CONNECTORS, 2n, 'EINVAL'],
      [uapi.DRM_CLIENT_CAP_CURSOR_PLANE_HOTSPOT, 1n, 'EOPNOTSUPP'],
      [uapi.DRM_CLIENT_CAP_PLANE_COLOR_PIPELINE, 1n, 'EOPNOTSUPP'],
      [99n, 1n, 'EINVAL'],
      [uapi.DRM_CLIENT_CAP_ATOMIC, 0n, 0],
    ];
    expect(steps.map(([capability, value]) => set(app, capability, value))).toEqual(
      steps.map(([, , answer]) => answer),
    );
  });

  it('distrust a process whose name begins with X', () => {
    const xorg = rig().open('Xorg');
    expect(set(xorg, uapi.DRM_CLIENT_CAP_ATOMIC, 1n)).toBe('EOPNOTSUPP');
    expect(set(xorg, uapi.DRM_CLIENT_CAP_ATOMIC, 2n)).toBe(0);
  });
});

describe('the master', () => {
  const master = ({ task, fd }: Opener) => ({
    set: () => task.ioctl(fd, drmIoctls.DRM_IOCTL_SET_MASTER.number, 0n),
    drop: () => task.ioctl(fd, drmIoctls.DRM_IOCTL_DROP_MASTER.number, 0n),
    auth: (magic: number) => task.call(fd, drmIoctls.DRM_IOCTL_AUTH_MAGIC, { magic }),
    magic: () => task.call(fd, drmIoctls.DRM_IOCTL_GET_MAGIC, {}).magic!,
  });

  it('is whoever opens a device that has none, and who was it once may be it again', () => {
    const { open } = rig();
    const [first, second, root] = [open('first'), open('second'), open('root', CARD, 0)];
    expect(() => master(second).set()).toThrow('EACCES');
    expect(() => master(root).set()).toThrow('EBUSY');
    master(first).drop();
    expect(() => master(first).drop()).toThrow('EINVAL');
    expect(() => master(second).set()).toThrow('EACCES');
    master(root).set();
    expect(() => master(first).set()).toThrow('EBUSY');
    master(root).drop();
    master(first).set();
    first.task.exit();
    const third = open('third');
    master(third).set();
    expect(() => master(third).auth(77)).toThrow('EINVAL');
  });

  it('vouches for others, once for each magic number', () => {
    const { open } = rig();
    const [boss, app] = [open('boss'), open('app')];
    const open1 = () => app.task.call(app.fd, drmIoctls.DRM_IOCTL_GEM_OPEN, { name: 1 });
    expect(open1).toThrow('EACCES');
    const magic = master(app).magic();
    expect(master(app).magic()).toBe(magic);
    expect(() => master(app).auth(magic)).toThrow('EACCES');
    master(boss).auth(magic);
    expect(() => master(boss).auth(magic)).toThrow('EINVAL');
    expect(open1).toThrow('ENOENT');
  });

  it('gives no magic number out twice while the file that got it is open', () => {
    const { open } = rig();
    const [boss, first, second] = [open('boss'), open('first'), open('second')];
    const magic = master(first).magic();
    master(boss).auth(magic);
    expect(master(second).magic()).not.toBe(magic);
    first.task.exit();
    // Its end does not take another's number away.
    master(boss).auth(master(second).magic());
  });

  it('tells a client about itself, and counts nothing', () => {
    const { open } = rig();
    const [boss, app] = [open('boss'), open('app')];
    const client = ({ task, fd }: Opener, idx = 0) =>
      task.call(fd, drmIoctls.DRM_IOCTL_GET_CLIENT, { idx, magic: 5n });
    expect(client(boss)).toMatchObject({ auth: 1, pid: BigInt(boss.task.pid), uid: 65534n, magic: 0n });
    expect(client(app)).toMatchObject({ auth: 0, pid: BigInt(app.task.pid) });
    expect(() => client(app, 1)).toThrow('EINVAL');
    expect(app.task.call(app.fd, drmIoctls.DRM_IOCTL_GET_STATS, { count: 3n }).count).toBe(0n);
  });
});

describe('a device that is removed', () => {
  it('answers ENODEV to those who have it open, and lets them close it', () => {
    const { open, device, kernel, machine } = rig();
    const { task, fd } = open('app');
    device[Symbol.dispose]();
    expect(() => task.open(CARD)).toThrow('ENOENT');
    expect(() => task.call(fd, drmIoctls.DRM_IOCTL_VERSION, {})).toThrow('ENODEV');
    expect(() => task.mmap(fd, 4096)).toThrow('ENODEV');
    expect(() => task.read(fd, 4096)).toThrow('EAGAIN');
    task.close(fd);
    machine.settle();
    expect([device.files.size, kernel.threads.size]).toEqual([0, 0]);
  });
});
