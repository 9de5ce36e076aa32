import type { Shape } from './shape.ts';
import { squareLimits } from './shape.ts';

/**
 * A virtio GPU of QEMU without 3D and without blob resources (`drivers/gpu/drm/virtio/virtgpu_drv.c`): the one of the
 * three with sync objects and a render node. Its dumb buffers have 32 bits per pixel, and it uses nobody else's memory.
 */
export const virtioGpu: Shape = {
  driver: {
    name: 'virtio_gpu',
    description: 'virtio GPU',
    date: '0',
    version: [0, 1, 0],
    features: new Set([
      'gem',
      'dumb',
      'render',
      'modeset',
      'atomic',
      'cursor-hotspot',
      'syncobj',
      'syncobj-timeline',
    ]),
    modeCaps: { addfb2Modifiers: false },
    dumbBitsPerPixel: 32,
    exportModule: 'virtio_gpu',
    freedByHost: true,
    importRefusal: { code: 'ENODEV', after: 'mapping' },
  },
  nodes: ['primary', 'render'],
  limits: squareLimits(32, 8192),
};
