import { equal, notEqual, ok } from 'node:assert/strict';
import { drmIoctls } from '../../protocol/uapi/drm.ts';
import { POLLIN } from '../../protocol/uapi/fcntl.ts';
import { ioctl } from '../conformance/calls.ts';
import { outcomeOf, type Probe } from '../conformance/probe.ts';
import type { Binary, Subtest } from './binary.ts';
import { exportBuffer, wordsAt } from './buffers.ts';
import { type Hardware, renderEngine, vgemDevice } from './hardware.ts';

/** The device is there, and its memory can be used. */
function healthy(probe: Probe, hardware: Hardware): void {
  const fd = probe.task.open(hardware.path);
  equal(ioctl(probe, fd, drmIoctls.DRM_IOCTL_VERSION, {}).errno, null);
  const { errno, size, offset } = hardware.create(probe, fd);
  equal(errno, null);
  wordsAt(probe, probe.task.mmap(fd, size, { offset }), size).fill(1);
  probe.task.close(fd);
}

const openError = ({ task }: Probe, { path }: Hardware): string | null =>
  outcomeOf(() => task.open(path)).errno;

/** Nobody uses the device while it goes and comes back. */
const whileUnused =
  (hardware: Hardware): Subtest =>
  probe => {
    const device = hardware.add(probe);
    healthy(probe, hardware);
    device[Symbol.dispose]();
    equal(openError(probe, hardware), 'ENOENT');
    hardware.add(probe);
    healthy(probe, hardware);
  };

/**
 * A program has it open, memory mapped, a buffer shared, and work pending. When the device is gone, what the program
 * holds stays, and it can close it: before the device comes back, or late.
 */
const whileOpen =
  (hardware: Hardware, closedLate: boolean): Subtest =>
  probe => {
    const { task } = probe;
    const device = hardware.add(probe);
    const fd = task.open(hardware.path);
    const { handle, size, offset } = hardware.create(probe, fd);
    const address = task.mmap(fd, size, { offset });
    const words = wordsAt(probe, address, size);
    const buffer = exportBuffer(probe, fd, handle);
    words.fill(7);
    hardware.occupy(probe, fd, handle);

    device[Symbol.dispose]();
    equal(openError(probe, hardware), 'ENOENT');
    equal(ioctl(probe, fd, drmIoctls.DRM_IOCTL_VERSION, {}).errno, 'ENODEV');
    equal(hardware.create(probe, fd).errno, 'ENODEV');
    equal(outcomeOf(() => task.mmap(fd, size, { offset })).errno, 'ENODEV');
    ok(words.every(word => word === 7));
    const shared = wordsAt(probe, task.mmap(buffer, size), size);
    equal(shared[0], 7);
    equal(task.poll(buffer, POLLIN), 0);

    const leave = (): void => {
      // A mapping keeps the file open; that of the dma-buf is another's.
      task.close(fd);
      task.munmap(address, size);
      // Its work ends with the file, and the buffer is free and as it was.
      equal(probe.poll(buffer, POLLIN, 5000).revents, POLLIN);
      ok(shared.every(word => word === 7));
    };
    if (!closedLate) leave();
    hardware.add(probe);
    healthy(probe, hardware);
    if (closedLate) leave();
    healthy(probe, hardware);
    notEqual(task.poll(buffer, POLLIN), 0);
  };

/** Unbinding a driver and unplugging a device are the same here: a device is disposed, and one is made in its place. */
export const coreHotunplug: Binary = {
  name: 'core_hotunplug',
  addsDevices: true,
  subtests: {
    'unbind-rebind': whileUnused(vgemDevice),
    'unplug-rescan': whileUnused(renderEngine),
    'hotunbind-rebind': whileOpen(vgemDevice, false),
    'hotunplug-rescan': whileOpen(renderEngine, false),
    hotrebind: whileOpen(vgemDevice, true),
    hotreplug: whileOpen(renderEngine, true),
    'hotrebind-lateclose': whileOpen(vgemDevice, true),
    'hotreplug-lateclose': whileOpen(renderEngine, true),
  },
};
