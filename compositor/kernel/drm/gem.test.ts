import { describe, expect, it } from 'vitest';
import { drmIoctls } from '../../../protocol/uapi/drm.ts';
import { modeIoctls } from '../../../protocol/uapi/drm-mode.ts';
import { MAP_PRIVATE, PROT_READ } from '../../../protocol/uapi/fcntl.ts';
import { createDrmRig, type Opener, outcome } from './test-kit.ts';

const rig = () => createDrmRig(['gem', 'dumb', 'modeset']);

const create = ({ task, fd }: Opener, width: number, height: number, bpp = 32) =>
  task.call(fd, modeIoctls.DRM_IOCTL_MODE_CREATE_DUMB, { width, height, bpp });
const handleOf = (app: Opener, width = 64, height = 64) => create(app, width, height).handle!;
const close = ({ task, fd }: Opener, handle: number) =>
  task.call(fd, drmIoctls.DRM_IOCTL_GEM_CLOSE, { handle });
const offsetOf = ({ task, fd }: Opener, handle: number) =>
  task.call(fd, modeIoctls.DRM_IOCTL_MODE_MAP_DUMB, { handle, pad: 5 }).offset!;

describe('dumb buffers', () => {
  it('have the pitch and size that Linux gives them', () => {
    const app = rig().open('app');
    const shapes: readonly (readonly [number, number, number, number, bigint])[] = [
      [64, 64, 32, 256, 16384n],
      [1, 1, 32, 4, 4096n],
      [63, 1, 32, 252, 4096n],
      [100, 100, 24, 300, 32768n],
      [100, 100, 16, 200, 20480n],
      [10, 10, 1, 2, 4096n],
      [10, 10, 7, 10, 4096n],
      [10, 10, 9, 20, 4096n],
      [10, 10, 128, 160, 4096n],
      [1366, 768, 32, 5464, 4198400n],
    ];
    for (const [width, height, bpp, pitch, size] of shapes) {
      const made = create(app, width, height, bpp);
      expect(made).toMatchObject({ handle: 1, pitch, size });
      close(app, 1);
    }
  });

  it('do not overflow', () => {
    const { kernel, open } = rig();
    const app = open('app');
    const wrong: readonly (readonly [number, number, number])[] = [
      [0, 64, 32],
      [64, 0, 32],
      [64, 64, 0],
      [0xffff_ffff, 1, 32],
      [268435456, 256, 32],
      [1073741823, 2, 32],
      [1, 1, 0xffff_fff9],
      [1, 1, 0xffff_fff8],
    ];
    for (const [width, height, bpp] of wrong)
      expect(outcome(() => create(app, width, height, bpp))).toBe('EINVAL');
    expect(outcome(() => create(app, 16384, 16384))).toBe('ENOMEM');
    expect(kernel.memory.used).toBe(0);
  });
});

describe('handles', () => {
  it('are the lowest free numbers, and are closed once', () => {
    const app = rig().open('app');
    expect([handleOf(app), handleOf(app), handleOf(app)]).toEqual([1, 2, 3]);
    close(app, 2);
    expect(handleOf(app)).toBe(2);
    expect([0, 999].map(handle => outcome(() => close(app, handle)))).toEqual(['EINVAL', 'EINVAL']);
    close(app, 3);
    expect(outcome(() => close(app, 3))).toBe('EINVAL');
  });

  it('get names, which are gone with the last handle', () => {
    const { device, open } = rig();
    const [app, root] = [open('app'), open('root', undefined, 0)];
    const flink = (handle: number) => app.task.call(app.fd, drmIoctls.DRM_IOCTL_GEM_FLINK, { handle }).name;
    const openName = ({ task, fd }: Opener, name: number) =>
      task.call(fd, drmIoctls.DRM_IOCTL_GEM_OPEN, { name });
    const handle = handleOf(app);
    expect([flink(handle), flink(handle)]).toEqual([1, 1]);
    expect(outcome(() => flink(999))).toBe('ENOENT');
    expect(openName(app, 1)).toMatchObject({ handle: 2, size: 16384n });
    expect(openName(root, 1)).toMatchObject({ handle: 1, size: 16384n });
    close(app, 1);
    close(app, 2);
    expect(openName(root, 1).handle).toBe(2);
    root.task.exit();
    expect(outcome(() => openName(app, 1))).toBe('ENOENT');
    expect(device.objects.size).toBe(0);
  });

  it('can be moved to another number', () => {
    const app = rig().open('app');
    const move = (handle: number, new_handle: number) =>
      app.task.call(app.fd, drmIoctls.DRM_IOCTL_GEM_CHANGE_HANDLE, { handle, new_handle });
    const [first, second] = [handleOf(app), handleOf(app)];
    expect(outcome(() => move(first, second))).toBe('ENOSPC');
    expect(outcome(() => move(99, 5))).toBe('ENOENT');
    expect(outcome(() => move(first, 0))).toBe('EINVAL');
    move(first, 0x7fff_ffff);
    expect(outcome(() => close(app, first))).toBe('EINVAL');
    close(app, 0x7fff_ffff);
    expect(handleOf(app)).toBe(first);
  });
});

describe('mappings through the node', () => {
  it('begin where MAP_DUMB says and nowhere else', () => {
    const { open } = rig();
    const [app, other] = [open('app'), open('other')];
    const [first, second] = [handleOf(app), handleOf(app)];
    const offset = offsetOf(app, first);
    expect([offset, offsetOf(app, first), offsetOf(app, second)]).toEqual([
      0x1_0000_0000n,
      0x1_0000_0000n,
      0x1_0000_4000n,
    ]);
    expect([0, 999].map(handle => outcome(() => offsetOf(app, handle)))).toEqual(['ENOENT', 'ENOENT']);
    const map = ({ task, fd }: Opener, at: bigint, length = 16384, options = {}) =>
      outcome(() => typeof task.mmap(fd, length, { offset: at, ...options }));
    expect(map(app, offset)).toBe('bigint');
    expect(map(app, offset, 4096)).toBe('bigint');
    expect(map(app, offset + 16384n, 4096)).toBe('bigint');
    expect(map(app, offset, 20480)).toBe('EINVAL');
    expect(map(app, offset + 4096n, 4096)).toBe('EINVAL');
    expect(map(app, 0n)).toBe('EINVAL');
    expect(map(app, offset, 16384, { flags: MAP_PRIVATE, protection: PROT_READ })).toBe('EINVAL');
    expect(map(other, offset)).toBe('EACCES');
  });

  it('keep the object, and with it the memory, after its handle is closed', () => {
    const { kernel, device, open } = rig();
    const app = open('app');
    const handle = handleOf(app);
    const offset = offsetOf(app, handle);
    const address = app.task.mmap(app.fd, 16384, { offset });
    const view = app.task.memory.view(address, 1);
    expect(view[0]).toBe(0);
    view[0] = 0xab;
    close(app, handle);
    expect(app.task.memory.view(address, 1)[0]).toBe(0xab);
    expect(outcome(() => app.task.mmap(app.fd, 4096, { offset }))).toBe('EACCES');
    app.task.munmap(address + 4096n, 4096);
    expect(device.objects.size).toBe(1);
    app.task.munmap(address, 16384);
    expect(outcome(() => app.task.mmap(app.fd, 4096, { offset }))).toBe('EINVAL');
    expect([device.objects.size, kernel.memory.used]).toEqual([0, 0]);
  });

  it('keep the open file: a closed master with a mapping stays master until munmap', () => {
    const { device, open } = rig();
    const app = open('app');
    const address = app.task.mmap(app.fd, 16384, { offset: offsetOf(app, handleOf(app)) });
    app.task.close(app.fd);
    expect([device.files.size, device.master !== null]).toEqual([1, true]);
    app.task.munmap(address, 16384);
    expect([device.files.size, device.master !== null]).toEqual([0, false]);
  });
});
