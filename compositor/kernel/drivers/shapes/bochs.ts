import type { Shape } from './shape.ts';
import { squareLimits } from './shape.ts';

const shape: Shape = {
  driver: {
    name: 'bochs-drm',
    description: 'bochs dispi vga interface (qemu stdvga)',
    date: '0',
    version: [1, 0, 0],
    features: new Set(['gem', 'dumb', 'modeset', 'atomic']),
    modeCaps: { preferredDepth: 24, addfb2Modifiers: true },
  },
  nodes: ['primary'],
  limits: squareLimits(0, 8192),
};

/**
 * QEMU's standard VGA (`drivers/gpu/drm/tiny/bochs.c`). Its buffers used to lie in the memory of the card, which has no
 * pages that others could use and no room for theirs.
 */
export const bochs = ({ buffersInVideoMemory }: { buffersInVideoMemory: boolean }): Shape =>
  buffersInVideoMemory
    ? {
        ...shape,
        driver: {
          ...shape.driver,
          attachRefusal: 'ENOSYS',
          importRefusal: { code: 'EINVAL', after: 'nothing' },
        },
      }
    : shape;
