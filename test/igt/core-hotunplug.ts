import { equal, notEqual, ok } from 'node:assert/strict';
import { createVgem } from '../../compositor/kernel/drivers/vgem/index.ts';
import { drmIoctls } from '../../protocol/uapi/drm.ts';
import { POLLIN } from '../../protocol/uapi/fcntl.ts';
import { createDumb } from '../conformance/buffers.ts';
import { ioctl } from '../conformance/calls.ts';
import { attachFence } from '../conformance/fences.ts';
import { outcomeOf, type Probe } from '../conformance/probe.ts';
import type { Binary, Subtest } from './binary.ts';
import { createPixels, exportBuffer, mapPixels, offsetOf, wordsAt } from './buffers.ts';

const PATHS = { primaryPath: '/dev/dri/card7', renderPath: '/dev/dri/renderD135' };
const CARD = PATHS.primaryPath;

/** The device is there and answers. */
function healthy(probe: Probe): void {
  const fd = probe.task.open(CARD);
  equal(ioctl(probe, fd, drmIoctls.DRM_IOCTL_VERSION, {}).errno, null);
  const pixels = createPixels(probe, fd, 16, 16);
  wordsAt(probe, mapPixels(probe, fd, pixels), pixels.size).fill(1);
  probe.task.close(fd);
}

const openError = (probe: Probe): string | null => outcomeOf(() => probe.task.open(CARD)).errno;

/** Nobody uses the device while it goes and comes back. */
const whileUnused: Subtest = probe => {
  const device = createVgem(probe.kernel, PATHS);
  healthy(probe);
  device[Symbol.dispose]();
  equal(openError(probe), 'ENOENT');
  createVgem(probe.kernel, PATHS);
  healthy(probe);
};

/** What a program that has it open can still do when the device is gone: what it holds stays, and it can close it. */
const whileOpen =
  (comesBack: boolean, closedLate: boolean): Subtest =>
  probe => {
    const { machine, task } = probe;
    const device = createVgem(probe.kernel, PATHS);
    const fd = task.open(CARD);
    const pixels = createPixels(probe, fd, 16, 16);
    const address = mapPixels(probe, fd, pixels);
    const words = wordsAt(probe, address, pixels.size);
    const buffer = exportBuffer(probe, fd, pixels.handle);
    const offset = offsetOf(probe, fd, pixels.handle);
    equal(attachFence(probe, fd, pixels.handle, 1).errno, null);
    words.fill(7);

    device[Symbol.dispose]();
    equal(openError(probe), 'ENOENT');
    equal(ioctl(probe, fd, drmIoctls.DRM_IOCTL_VERSION, {}).errno, 'ENODEV');
    equal(createDumb(probe, fd, 16, 16, 32).errno, 'ENODEV');
    equal(outcomeOf(() => task.mmap(fd, pixels.size, { offset })).errno, 'ENODEV');
    ok(words.every(word => word === 7));
    const shared = wordsAt(probe, task.mmap(buffer, pixels.size), pixels.size);
    equal(shared[0], 7);
    equal(task.poll(buffer, POLLIN), 0);

    const leave = (): void => {
      // A mapping keeps the file open; that of the dma-buf is another's.
      task.close(fd);
      task.munmap(address, pixels.size);
    };
    if (!closedLate) leave();
    if (comesBack) {
      createVgem(probe.kernel, PATHS);
      healthy(probe);
    }
    if (closedLate) leave();
    machine.settle();
    // Its fences ended with the file.
    notEqual(task.poll(buffer, POLLIN), 0);
    ok(shared.every(word => word === 7));
    if (comesBack) healthy(probe);
  };

/**
 * Unbinding the driver and unplugging the device are the same here: the device is disposed, and one is made with the
 * same nodes.
 */
export const coreHotunplug: Binary = {
  name: 'core_hotunplug',
  subtests: {
    'unbind-rebind': whileUnused,
    'unplug-rescan': whileUnused,
    'hotunbind-rebind': whileOpen(true, false),
    'hotunplug-rescan': whileOpen(true, false),
    hotrebind: whileOpen(true, true),
    hotreplug: whileOpen(true, true),
    'hotrebind-lateclose': whileOpen(true, true),
    'hotreplug-lateclose': whileOpen(true, true),
  },
};
