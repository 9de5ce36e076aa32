import { describe, expect, it } from 'vitest';
import { DRM_CLOEXEC, DRM_RDWR, drmIoctls } from '../../../protocol/uapi/drm.ts';
import { modeIoctls } from '../../../protocol/uapi/drm-mode.ts';
import { MAP_PRIVATE, PROT_READ } from '../../../protocol/uapi/fcntl.ts';
import { dmaBufOf } from '../dma-buf/dma-buf.ts';
import { createDrmDevice } from './core.ts';
import type { GemObject } from './gem.ts';
import { createDrmRig, type Opener, outcome } from './test-kit.ts';

function rig() {
  const all = createDrmRig(['gem', 'dumb', 'modeset']);
  const second = createDrmDevice(
    all.kernel,
    {
      ...all.device.driver,
      name: 'othergpu',
      features: new Set(['gem', 'dumb', 'modeset', 'render'] as const),
    },
    [{ kind: 'primary', path: '/dev/dri/card1', access: 'everybody' }],
  );
  return { ...all, second };
}

const create = ({ task, fd }: Opener) =>
  task.call(fd, modeIoctls.DRM_IOCTL_MODE_CREATE_DUMB, { width: 64, height: 64, bpp: 32 }).handle!;
const toFd = ({ task, fd }: Opener, handle: number, flags = DRM_RDWR | DRM_CLOEXEC) =>
  task.call(fd, drmIoctls.DRM_IOCTL_PRIME_HANDLE_TO_FD, { handle, flags, fd: -1 }).fd!;
const toHandle = ({ task, fd }: Opener, dmabuf: number) =>
  task.call(fd, drmIoctls.DRM_IOCTL_PRIME_FD_TO_HANDLE, { fd: dmabuf }).handle!;
const close = ({ task, fd }: Opener, handle: number) =>
  task.call(fd, drmIoctls.DRM_IOCTL_GEM_CLOSE, { handle });

describe('PRIME on one device', () => {
  it('gives dma-bufs that are mapped shared or not at all', () => {
    const { task, fd } = rig().open('app');
    const dmabuf = toFd({ task, fd }, create({ task, fd }));
    expect(outcome(() => task.mmap(dmabuf, 4096, { protection: PROT_READ, flags: MAP_PRIVATE }))).toBe(
      'EINVAL',
    );
    expect(outcome(() => typeof task.mmap(dmabuf, 4096, { protection: PROT_READ }))).toBe('bigint');
  });

  it('gives the same dma-buf for a handle and the same handle for a dma-buf', () => {
    const app = rig().open('app');
    const handle = create(app);
    const [one, two] = [toFd(app, handle), toFd(app, handle)];
    expect(one).not.toBe(two);
    expect(app.task.status(one).inode).toBe(app.task.status(two).inode);
    expect([toHandle(app, one), toHandle(app, two)]).toEqual([handle, handle]);
    close(app, handle);
    expect(toHandle(app, one)).toBe(handle);
  });

  it('finds the first of several handles, and another when that one is closed', () => {
    const { open, device } = rig();
    const app = open('app', undefined, 0);
    const first = create(app);
    const { name } = app.task.call(app.fd, drmIoctls.DRM_IOCTL_GEM_FLINK, { handle: first });
    const second = app.task.call(app.fd, drmIoctls.DRM_IOCTL_GEM_OPEN, { name: name! }).handle!;
    const dmabufs = [toFd(app, first), toFd(app, second)];
    expect(dmabufs.map(dmabuf => toHandle(app, dmabuf))).toEqual([first, first]);
    close(app, first);
    expect(dmabufs.map(dmabuf => toHandle(app, dmabuf))).toEqual([second, second]);
    app.task.exit();
    expect(device.objects.size).toBe(0);
  });

  it('gives another file the very object', () => {
    const { device, open } = rig();
    const [app, other] = [open('app'), open('other')];
    const dmabuf = app.task.send(toFd(app, create(app)), other.task);
    create(other);
    const handle = toHandle(other, dmabuf);
    expect(handle).toBe(2);
    expect(device.objects.size).toBe(2);
    expect(other.task.status(toFd(other, handle)).inode).toBe(other.task.status(dmabuf).inode);
    // The exporter's own handle may go: dma-buf and importer keep the object.
    app.task.exit();
    other.task.close(dmabuf);
    expect(device.objects.size).toBe(2);
    other.task.exit();
    expect(device.objects.size).toBe(0);
  });

  it('refuses what it cannot mean', () => {
    const app = rig().open('app');
    const handle = create(app);
    expect(outcome(() => toFd(app, 99))).toBe('ENOENT');
    expect(outcome(() => toFd(app, handle, 1))).toBe('EINVAL');
    expect(outcome(() => toHandle(app, 77))).toBe('EBADF');
    expect(outcome(() => toHandle(app, app.fd))).toBe('EINVAL');
  });

  it('changes nothing when the descriptor table is full', () => {
    const { kernel, open } = rig();
    const app = open('app');
    const handle = create(app);
    while (app.task.files.size < app.task.files.limit) app.task.eventfd();
    expect(outcome(() => toFd(app, handle))).toBe('EMFILE');
    expect(outcome(() => toFd(app, 99))).toBe('EMFILE');
    expect(kernel.dmaBufs.size).toBe(0);
    app.task.close(10);
    kernel.failAllocation = what => what === 'dma-buf';
    expect(outcome(() => toFd(app, handle))).toBe('ENOMEM');
    kernel.failAllocation = null;
    expect(toFd(app, handle)).toBe(10);
  });

  it('makes mappings that may not write unless asked for them', () => {
    const app = rig().open('app');
    const dmabuf = toFd(app, create(app), DRM_CLOEXEC);
    expect(outcome(() => app.task.mmap(dmabuf, 4096))).toBe('EACCES');
    app.task.mmap(dmabuf, 4096, { protection: PROT_READ });
  });
});

describe('PRIME between devices', () => {
  it('attaches to the exporter: the same memory, the same reservation, mapped through the dma-buf alone', () => {
    const { device, second, open } = rig();
    const [app, other] = [open('app'), open('other', '/dev/dri/card1')];
    const handle = create(app);
    const dmabuf = toFd(app, handle);
    const imported = toHandle(other, app.task.send(dmabuf, other.task));
    const [own] = device.objects as Set<GemObject> & Iterable<GemObject>;
    const [foreign] = second.objects;
    expect(foreign!.reservation).toBe(own!.reservation);
    expect(foreign!.importedFrom).toBe(dmaBufOf(app.task.files.get(dmabuf)));
    const [there, here] = [foreign!.pin(), own!.pin()];
    expect(there.address).toBe(here.address);
    for (const pin of [there, here]) pin[Symbol.dispose]();
    const map = () => other.task.call(other.fd, modeIoctls.DRM_IOCTL_MODE_MAP_DUMB, { handle: imported });
    expect(outcome(map)).toBe('EINVAL');
    expect(app.task.status(dmabuf).inode).toBe(other.task.status(toFd(other, imported)).inode);
  });

  it('keeps the memory until the importer lets go', () => {
    const { kernel, device, second, open } = rig();
    const [app, other] = [open('app'), open('other', '/dev/dri/card1')];
    const fd = app.task.send(toFd(app, create(app)), other.task);
    const handle = toHandle(other, fd);
    other.task.close(fd);
    app.task.exit();
    expect([device.objects.size, second.objects.size, kernel.dmaBufs.size]).toEqual([1, 1, 1]);
    close(other, handle);
    expect([device.objects.size, second.objects.size, kernel.dmaBufs.size]).toEqual([0, 0, 0]);
    expect(kernel.memory.used).toBe(0);
  });

  it('comes back to the exporter as its own object', () => {
    const { second, open } = rig();
    const [app, other] = [open('app'), open('other', '/dev/dri/card1')];
    const handle = create(app);
    const there = toHandle(other, app.task.send(toFd(app, handle), other.task));
    expect(toHandle(app, other.task.send(toFd(other, there), app.task))).toBe(handle);
    expect(second.objects.size).toBe(1);
  });
});
