import type { Shape } from './shape.ts';
import { squareLimits } from './shape.ts';

/** `drivers/gpu/drm/vkms/vkms_drv.c`. */
export const vkms: Shape = {
  driver: {
    name: 'vkms',
    description: 'Virtual Kernel Mode Setting',
    date: '0',
    version: [1, 0, 0],
    features: new Set(['gem', 'dumb', 'modeset', 'atomic']),
    modeCaps: { cursorWidth: 512, cursorHeight: 512, addfb2Modifiers: true },
  },
  nodes: ['primary'],
  limits: squareLimits(10, 8192),
};
