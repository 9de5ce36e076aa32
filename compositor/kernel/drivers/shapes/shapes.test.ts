import { describe, expect, it } from 'vitest';
import { DRM_RDWR, drmIoctls } from '../../../../protocol/uapi/drm.ts';
import { modeIoctls } from '../../../../protocol/uapi/drm-mode.ts';
import { syncobjIoctls } from '../../../../protocol/uapi/syncobj.ts';
import { VirtualMachine } from '../../../machine/virtual-machine.ts';
import type { KernelVersion } from '../../behaviour.ts';
import { Kernel } from '../../kernel.ts';
import { errnoOf } from '../../task/fixture.ts';
import { createVgem } from '../vgem/index.ts';
import { createShapes } from './index.ts';

const CARDS = {
  vgem: '/dev/dri/card1',
  virtio: '/dev/dri/card2',
  bochs: '/dev/dri/card3',
  vkms: '/dev/dri/card4',
};

function start(behaves: KernelVersion = '7.2') {
  const kernel = new Kernel({ machine: new VirtualMachine(), memoryBytes: 16 << 20, behaves });
  createVgem(kernel);
  createShapes(kernel, [
    { shape: 'virtio_gpu', card: 2, render: 130 },
    { shape: 'bochs-drm', card: 3 },
    { shape: 'vkms', card: 4 },
  ]);
  const task = kernel.createTask({ name: 'test' });
  const createDumb = (fd: number, bpp = 32) =>
    task.call(fd, modeIoctls.DRM_IOCTL_MODE_CREATE_DUMB, { width: 16, height: 16, bpp }).handle!;
  return {
    kernel,
    task,
    createDumb,
    /** A dma-buf of a buffer of the device. */
    shared: (path: string): number => {
      const fd = task.open(path);
      const handle = createDumb(fd);
      return task.call(fd, drmIoctls.DRM_IOCTL_PRIME_HANDLE_TO_FD, { handle, flags: DRM_RDWR }).fd!;
    },
    imported: (path: string, fd: number) =>
      errnoOf(() => task.call(task.open(path), drmIoctls.DRM_IOCTL_PRIME_FD_TO_HANDLE, { fd })),
  };
}

describe('shapes of devices of Linux', () => {
  it('have the nodes, names and features of their drivers', () => {
    const { kernel, task } = start();
    expect(kernel.nodes).toEqual(expect.arrayContaining([...Object.values(CARDS), '/dev/dri/renderD130']));
    expect(kernel.nodes).not.toContain('/dev/dri/renderD131');
    const syncobj = (path: string) =>
      errnoOf(() => task.call(task.open(path), syncobjIoctls.DRM_IOCTL_SYNCOBJ_CREATE, {}));
    expect([CARDS.virtio, CARDS.bochs, CARDS.vkms].map(syncobj)).toEqual([null, 'EOPNOTSUPP', 'EOPNOTSUPP']);
    const { version_major, version_minor } = task.call(
      task.open(CARDS.virtio),
      drmIoctls.DRM_IOCTL_VERSION,
      {},
    );
    expect([version_major, version_minor]).toEqual([0, 1]);
  });

  it('refuse dumb buffers that their driver refuses', () => {
    const { task, createDumb } = start();
    expect(errnoOf(() => createDumb(task.open(CARDS.virtio), 16))).toBe('EINVAL');
    expect(errnoOf(() => createDumb(task.open(CARDS.bochs), 16))).toBeNull();
  });

  it('share buffers with vgem and vkms; a virtio GPU takes only its own', () => {
    const { shared, imported, kernel } = start();
    const buffers = [CARDS.vgem, CARDS.virtio, CARDS.bochs, CARDS.vkms].map(shared);
    const everywhere = (path: string) => buffers.map(fd => imported(path, fd));
    for (const path of [CARDS.vgem, CARDS.bochs, CARDS.vkms])
      expect(everywhere(path)).toEqual([null, null, null, null]);
    expect(everywhere(CARDS.virtio)).toEqual(['ENODEV', null, 'ENODEV', 'ENODEV']);
    expect([...kernel.dmaBufs].map(({ operations }) => operations.module)).toEqual([
      'drm',
      'virtio_gpu',
      'drm',
      'drm',
    ]);
  });

  it('give nothing away from the video memory of an older bochs, and put nothing in', () => {
    const { shared, imported } = start('6.12');
    const [own, foreign] = [shared(CARDS.bochs), shared(CARDS.vgem)];
    expect([imported(CARDS.vgem, own), imported(CARDS.bochs, foreign), imported(CARDS.bochs, own)]).toEqual([
      'ENOSYS',
      'EINVAL',
      null,
    ]);
  });

  it('have no outputs', () => {
    const { task } = start();
    const resources = task.call(task.open(CARDS.vkms), modeIoctls.DRM_IOCTL_MODE_GETRESOURCES, {});
    expect([resources.count_crtcs, resources.count_connectors, resources.max_width]).toEqual([0, 0, 8192]);
  });
});
