import { equal, ok } from 'node:assert/strict';
import { drmIoctls } from '../../protocol/uapi/drm.ts';
import { modeIoctls } from '../../protocol/uapi/drm-mode.ts';
import { createDumb } from '../conformance/buffers.ts';
import { ioctl } from '../conformance/calls.ts';
import { outcomeOf, type Probe } from '../conformance/probe.ts';
import type { Binary, Subtest } from './binary.ts';
import { createPixels, mapPixels, offsetOf, wordsAt } from './buffers.ts';
import { DISPLAY, VGEM } from './system.ts';

const PAGE = 4096;

/** On every device that has dumb buffers. */
const onEach =
  (body: (probe: Probe, device: number) => void): Subtest =>
  probe => {
    for (const path of [DISPLAY, VGEM]) body(probe, probe.task.open(path));
  };

function destroy(probe: Probe, device: number, handle: number): void {
  equal(ioctl(probe, device, modeIoctls.DRM_IOCTL_MODE_DESTROY_DUMB, { handle }).errno, null);
}

export const dumbBuffer: Binary = {
  name: 'dumb_buffer',
  subtests: {
    'create-valid-dumb': onEach((probe, device) => {
      const { pitch, size } = createPixels(probe, device, 640, 480);
      ok(pitch >= 640 * 4);
      ok(size >= pitch * 480);
    }),

    'invalid-bpp': onEach((probe, device) => {
      for (const [width, height, bpp] of [
        [16, 16, 0],
        [0, 16, 32],
        [16, 0, 32],
      ] as const)
        equal(
          createDumb(probe, device, width, height, bpp).errno,
          'EINVAL',
          `${width}x${height} with ${bpp} bits`,
        );
    }),

    'create-clear': onEach((probe, device) => {
      // Memory that others have used and given back.
      for (let round = 0; round < 16; round++) {
        const pixels = createPixels(probe, device, 64 << (round % 4), 64);
        const address = mapPixels(probe, device, pixels);
        const words = wordsAt(probe, address, pixels.size);
        ok(
          words.every(word => word === 0),
          `buffer ${round}`,
        );
        words.fill(0xdead_beef);
        probe.task.munmap(address, pixels.size);
        destroy(probe, device, pixels.handle);
      }
    }),

    'map-valid': onEach((probe, device) => {
      const pixels = createPixels(probe, device, 32, 32);
      wordsAt(probe, mapPixels(probe, device, pixels), pixels.size).fill(0x0102_0304);
      const [first] = wordsAt(probe, mapPixels(probe, device, pixels), pixels.size);
      equal(first, 0x0102_0304);
      equal(outcomeOf(() => offsetOf(probe, device, pixels.handle)).errno, null);
      const { errno } = ioctl(probe, device, modeIoctls.DRM_IOCTL_MODE_MAP_DUMB, { handle: 0xdead_beef });
      equal(errno, 'ENOENT');
    }),

    'map-uaf': onEach((probe, device) => {
      const { kernel, task } = probe;
      const before = kernel.memory.used;
      const pixels = createPixels(probe, device, 64, 64);
      const address = mapPixels(probe, device, pixels);
      equal(ioctl(probe, device, drmIoctls.DRM_IOCTL_GEM_CLOSE, { handle: pixels.handle }).errno, null);
      ok(kernel.memory.used >= before + pixels.size);
      const words = wordsAt(probe, address, pixels.size);
      words.fill(0x5555_aaaa);
      const other = createPixels(probe, device, 64, 64);
      wordsAt(probe, mapPixels(probe, device, other), other.size).fill(1);
      ok(words.every(word => word === 0x5555_aaaa));
      task.munmap(address, pixels.size);
      // The memory of the second buffer alone.
      equal(kernel.memory.used, before + other.size);
    }),

    'map-invalid-size': onEach((probe, device) => {
      const { handle, size } = createPixels(probe, device, 64, 64);
      const offset = offsetOf(probe, device, handle);
      equal(outcomeOf(() => probe.task.mmap(device, size + PAGE, { offset })).errno, 'EINVAL');
      equal(outcomeOf(() => probe.task.mmap(device, size, { offset })).errno, null);
    }),
  },
};
