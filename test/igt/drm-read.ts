import { deepEqual, equal, ok } from 'node:assert/strict';
import { KernelThread } from '../../compositor/kernel/task/kernel-thread.ts';
import {
  _DRM_VBLANK_EVENT,
  _DRM_VBLANK_RELATIVE,
  DRM_EVENT_VBLANK,
  drm_event_vblank,
  drmIoctls,
} from '../../protocol/uapi/drm.ts';
import { O_NONBLOCK, POLLIN } from '../../protocol/uapi/fcntl.ts';
import { ioctl } from '../conformance/calls.ts';
import { outcomeOf, type Probe } from '../conformance/probe.ts';
import type { Binary, Subtest } from './binary.ts';
import { createPixels, mapPixels } from './buffers.ts';
import { lightDisplay } from './display.ts';

const EVENT = drm_event_vblank.size;
/** Less than any event. */
const SHORT = 4;

/** The lit display as an open file, with the means to get events from it. */
class Events {
  readonly probe: Probe;
  readonly fd: number;
  readonly nonblocking: boolean;

  constructor(probe: Probe, nonblocking: boolean) {
    this.probe = probe;
    this.nonblocking = nonblocking;
    this.fd = lightDisplay(probe, nonblocking ? O_NONBLOCK : 0).fd;
  }

  /** Asks for the event of the next vblank. */
  request(userData = 0n): void {
    const type = _DRM_VBLANK_RELATIVE | _DRM_VBLANK_EVENT;
    const value = { request: { type, sequence: 1, signal: userData } };
    equal(ioctl(this.probe, this.fd, drmIoctls.DRM_IOCTL_WAIT_VBLANK, value).errno, null);
  }

  /** The event is there to be read. */
  generate(userData = 0n): void {
    this.request(userData);
    // Longer than a frame: another event may be there already.
    this.probe.sleep(20);
    equal(this.probe.poll(this.fd, POLLIN, 1000).revents, POLLIN);
  }

  /** read(2) into memory at an address: how many bytes, or the error's name. */
  readTo(address: bigint, length: number): number | string {
    const { task } = this.probe;
    const { ret, errno } = outcomeOf(() => {
      const answer = task.readTo(this.fd, address, length);
      return answer instanceof KernelThread ? this.probe.finish(answer) : answer;
    });
    return errno ?? ret;
  }

  read(length: number): Uint8Array {
    return this.probe.task.read(this.fd, length);
  }
}

const events =
  (body: (events: Events) => void, nonblocking = false): Subtest =>
  probe =>
    body(new Events(probe, nonblocking));

function expectEvent(bytes: Uint8Array, userData: bigint): void {
  equal(bytes.length, EVENT);
  const event = drm_event_vblank.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
  deepEqual(event.base, { type: DRM_EVENT_VBLANK, length: EVENT });
  equal(event.user_data, userData);
}

/** Nothing is copied where not even one event fits, and nothing is lost. */
const shortBuffer = (file: Events): void => {
  for (const userData of [1n, 2n]) file.generate(userData);
  equal(file.read(SHORT).length, 0);
  expectEvent(file.read(EVENT + 8), 1n);
  equal(file.read(SHORT).length, 0);
  expectEvent(file.read(EVENT + 8), 2n);
  equal(file.probe.task.poll(file.fd, POLLIN), 0);
};

export const drmRead: Binary = {
  name: 'drm_read',
  subtests: {
    'invalid-buffer': events(file => {
      const nowhere = 0xffff_ffff_ffff_ffffn;
      // No address of a process: nobody waits for an event to find that out.
      equal(file.readTo(nowhere, 4096), 'EFAULT');
      file.generate(3n);
      equal(file.readTo(nowhere, 4096), 'EFAULT');
      equal(file.readTo(0n, 4096), 'EFAULT');
      expectEvent(file.read(4096), 3n);
    }),

    'fault-buffer': events(file => {
      // A buffer of the device itself, which nobody has touched yet.
      const { probe, fd } = file;
      const address = mapPixels(probe, fd, createPixels(probe, fd, 32, 32));
      file.generate(4n);
      equal(file.readTo(address, 4096), EVENT);
      expectEvent(probe.task.memory.copyFromUser(address, EVENT), 4n);
    }),

    'empty-block': events(file => {
      file.probe.alarm(1000);
      const begin = file.probe.machine.now();
      const thread = file.probe.task.startRead(file.fd, 4096);
      equal(outcomeOf(() => void file.probe.finish(thread)).errno, 'EINTR');
      equal(file.probe.machine.now() - begin, 1_000_000_000n);
    }),

    'empty-nonblock': events(file => {
      const thread = file.probe.task.startRead(file.fd, 4096);
      equal(outcomeOf(() => void file.probe.finish(thread)).errno, 'EAGAIN');
    }, true),

    'short-buffer-block': events(shortBuffer),
    'short-buffer-nonblock': events(shortBuffer, true),

    'short-buffer-wakeup': events(file => {
      const { machine, task } = file.probe;
      const readers = Array.from({ length: 8 }, () => task.startRead(file.fd, SHORT));
      machine.settle();
      ok(readers.every(reader => !reader.ended));
      file.generate(5n);
      machine.settle();
      deepEqual(
        readers.map(reader => reader.result().length),
        readers.map(() => 0),
      );
      expectEvent(file.read(EVENT), 5n);
    }),
  },
};
