import { deepEqual, equal } from 'node:assert/strict';
import { SECOND } from '../../compositor/machine/machine.ts';
import { DRM_MODE_PAGE_FLIP_EVENT, modeIoctls } from '../../protocol/uapi/drm-mode.ts';
import { O_NONBLOCK } from '../../protocol/uapi/fcntl.ts';
import { DRM_FORMAT_XRGB8888 } from '../../protocol/uapi/fourcc.ts';
import { VGEM_FENCE_WRITE } from '../../protocol/uapi/vgem.ts';
import { fdToHandle } from '../conformance/buffers.ts';
import { ioctl } from '../conformance/calls.ts';
import { attachFence, signalFence } from '../conformance/fences.ts';
import type { Probe } from '../conformance/probe.ts';
import type { Subtest } from './binary.ts';
import { createPixels, exportBuffer } from './buffers.ts';
import { type LitDisplay, lightDisplay } from './display.ts';
import { HEIGHT, VGEM, WIDTH } from './system.ts';

/** A little more than one frame of the display. */
const FRAME_MS = 17;

/** Flips the display to a framebuffer in a buffer of vgem with the fence of a writer, which is returned. */
function flipToBusyBuffer(probe: Probe, { fd, ids }: LitDisplay, vgem: number): number {
  const { handle, pitch } = createPixels(probe, vgem, WIDTH, HEIGHT);
  const imported = fdToHandle(probe, fd, exportBuffer(probe, vgem, handle));
  equal(imported.errno, null);
  const framebuffer = ioctl(probe, fd, modeIoctls.DRM_IOCTL_MODE_ADDFB2, {
    width: WIDTH,
    height: HEIGHT,
    pixel_format: DRM_FORMAT_XRGB8888,
    handles: [imported.handle, 0, 0, 0],
    pitches: [pitch, 0, 0, 0],
  });
  equal(framebuffer.errno, null);
  const { errno, out } = attachFence(probe, vgem, handle, VGEM_FENCE_WRITE);
  equal(errno, null);
  const flip = ioctl(probe, fd, modeIoctls.DRM_IOCTL_MODE_PAGE_FLIP, {
    crtc_id: ids.crtc,
    fb_id: framebuffer.out.fb_id,
    flags: DRM_MODE_PAGE_FLIP_EVENT,
    user_data: 7n,
  });
  equal(flip.errno, null);
  return out.out_fence;
}

const flipped = ({ client }: LitDisplay) => client.events().map(({ userData }) => userData);

/** Page flips to a buffer that another device is writing. */
export const flips: { readonly [name: string]: Subtest } = {
  'basic-fence-flip': probe => {
    const display = lightDisplay(probe, O_NONBLOCK);
    const vgem = probe.task.open(VGEM);
    const fence = flipToBusyBuffer(probe, display, vgem);
    for (let frame = 0; frame < 3; frame++) {
      probe.sleep(FRAME_MS);
      deepEqual(flipped(display), []);
    }
    equal(signalFence(probe, vgem, fence).errno, null);
    probe.sleep(FRAME_MS);
    deepEqual(flipped(display), [7n]);
  },

  'fence-flip-hang': probe => {
    const display = lightDisplay(probe, O_NONBLOCK);
    const vgem = probe.task.open(VGEM);
    const begin = probe.machine.now();
    const fence = flipToBusyBuffer(probe, display, vgem);
    probe.machine.advanceTo(begin + 10n * SECOND - 1n);
    deepEqual(flipped(display), []);
    probe.sleep(FRAME_MS);
    deepEqual(flipped(display), [7n]);
    equal(signalFence(probe, vgem, fence).errno, 'ETIMEDOUT');
  },
};
