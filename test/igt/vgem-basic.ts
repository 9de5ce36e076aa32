import { deepEqual, equal, notEqual, ok } from 'node:assert/strict';
import { SECOND } from '../../compositor/machine/machine.ts';
import { drmIoctls } from '../../protocol/uapi/drm.ts';
import { POLLIN, POLLOUT } from '../../protocol/uapi/fcntl.ts';
import { VGEM_FENCE_WRITE, vgemIoctls } from '../../protocol/uapi/vgem.ts';
import { createDumb, fdToHandle } from '../conformance/buffers.ts';
import { ioctl } from '../conformance/calls.ts';
import { attachFence, signalFence } from '../conformance/fences.ts';
import type { Probe } from '../conformance/probe.ts';
import type { Binary, Subtest } from './binary.ts';
import { createPixels, exportBuffer, mapPixels, wordsAt } from './buffers.ts';
import { VGEM } from './system.ts';

/** What a test of one open device gets. */
interface Opened {
  readonly probe: Probe;
  readonly device: number;
}

const opened =
  (body: (opened: Opened) => void): Subtest =>
  probe =>
    body({ probe, device: probe.task.open(VGEM) });

const FLAGS = { reader: 0, writer: VGEM_FENCE_WRITE };

/** The errno of FENCE_ATTACH, null when there is a fence now. */
const attachError = ({ probe, device }: Opened, handle: number, flags: number): string | null =>
  attachFence(probe, device, handle, flags).errno;

function attach({ probe, device }: Opened, handle: number, flags: number): number {
  const { errno, out } = attachFence(probe, device, handle, flags);
  equal(errno, null);
  return out.out_fence;
}

/** Which directions of a shared buffer poll(2) says to be free. */
const free = ({ probe: { task } }: Opened, buffer: number) => ({
  reading: task.poll(buffer, POLLIN) !== 0,
  writing: task.poll(buffer, POLLOUT) !== 0,
});

/** Fences of both kinds, seen through a dma-buf that is made before or after them. */
const fencesThroughDmaBuf = (exportedFirst: boolean) =>
  opened(opened => {
    const { probe, device } = opened;
    for (const [flags, pending] of [
      [FLAGS.reader, { reading: true, writing: false }],
      [FLAGS.writer, { reading: false, writing: false }],
    ] as const) {
      const { handle } = createPixels(probe, device, 16, 16);
      let buffer = exportedFirst ? exportBuffer(probe, device, handle) : -1;
      if (exportedFirst) deepEqual(free(opened, buffer), { reading: true, writing: true });
      const fence = attach(opened, handle, flags);
      if (!exportedFirst) buffer = exportBuffer(probe, device, handle);
      deepEqual(free(opened, buffer), pending);
      equal(signalFence(probe, device, fence).errno, null);
      deepEqual(free(opened, buffer), { reading: true, writing: true });
    }
  });

export const vgemBasic: Binary = {
  name: 'vgem_basic',
  subtests: {
    'second-client': opened(({ probe, device }) => {
      const second = probe.task.open(VGEM);
      for (const fd of [device, second]) {
        const { errno, out } = ioctl(probe, fd, drmIoctls.DRM_IOCTL_VERSION, { name: ' '.repeat(4) });
        equal(errno, null);
        equal(out.name, 'vgem');
      }
    }),

    setversion: opened(({ probe, device }) => {
      const { DRM_IOCTL_SET_VERSION: call } = drmIoctls;
      const anything = { drm_di_major: 1, drm_di_minor: 1, drm_dd_major: -1, drm_dd_minor: -1 };
      const { errno, out } = ioctl(probe, device, call, anything);
      equal(errno, null);
      // The answer is what there is.
      deepEqual([out.drm_di_major, out.drm_di_minor, out.drm_dd_major, out.drm_dd_minor], [1, 4, 1, 0]);
      equal(ioctl(probe, device, call, { ...anything, drm_di_major: 2 }).errno, 'EINVAL');
      equal(ioctl(probe, probe.task.open(VGEM), call, anything).errno, 'EACCES');
    }),

    create: opened(({ probe, device }) => {
      equal(createDumb(probe, device, 0, 0, 0).errno, 'EINVAL');
      for (const [width, height, bpp, size] of [
        [1, 1, 1, 4096n],
        [1024, 1024, 8, 1024n * 1024n],
        [32768, 32768, 16, 2n * 1024n * 1024n * 1024n],
      ] as const) {
        const buffer = createDumb(probe, device, width, height, bpp);
        equal(buffer.errno, null, `${width}x${height} with ${bpp} bits`);
        equal(buffer.size, size);
        ok(buffer.pitch * height <= Number(size));
      }
    }),

    mmap: opened(({ probe, device }) => {
      const pixels = createPixels(probe, device, 1024, 16);
      const words = wordsAt(probe, mapPixels(probe, device, pixels), pixels.size);
      ok(words.every(word => word === 0));
      for (const index of words.keys()) words[index] = index;
      const again = wordsAt(probe, mapPixels(probe, device, pixels), pixels.size);
      ok(again.every((word, index) => word === index));
    }),

    'bad-flag': opened(opened => {
      const { handle } = createPixels(opened.probe, opened.device, 1, 1);
      equal(attachError(opened, handle, 0xff00), 'EINVAL');
      const fence = attach(opened, handle, FLAGS.reader);
      const { DRM_IOCTL_VGEM_FENCE_SIGNAL: signal } = vgemIoctls;
      equal(ioctl(opened.probe, opened.device, signal, { fence, flags: 0xff }).errno, 'EINVAL');
      equal(ioctl(opened.probe, opened.device, signal, { fence }).errno, null);
    }),

    'bad-pad': opened(({ probe, device }) => {
      const { handle } = createPixels(probe, device, 1, 1);
      const value = { handle, pad: 0xff00 };
      equal(ioctl(probe, device, vgemIoctls.DRM_IOCTL_VGEM_FENCE_ATTACH, value).errno, 'EINVAL');
    }),

    'bad-handle': opened(opened => {
      equal(attachError(opened, 0xff, FLAGS.reader), 'ENOENT');
      equal(attachError(opened, 0xff, FLAGS.writer), 'ENOENT');
    }),

    'bad-fence': opened(({ probe, device }) => {
      equal(signalFence(probe, device, 0xff).errno, 'ENOENT');
      equal(signalFence(probe, device, 0).errno, 'ENOENT');
    }),

    'busy-fence': opened(opened => {
      const { probe, device } = opened;
      const { handle } = createPixels(probe, device, 1, 1);
      const writer = attach(opened, handle, FLAGS.writer);
      equal(attachError(opened, handle, FLAGS.writer), 'EBUSY');
      equal(attachError(opened, handle, FLAGS.reader), 'EBUSY');
      equal(signalFence(probe, device, writer).errno, null);
      const readers = [attach(opened, handle, FLAGS.reader), attach(opened, handle, FLAGS.reader)];
      for (const reader of readers) {
        equal(attachError(opened, handle, FLAGS.writer), 'EBUSY');
        equal(signalFence(probe, device, reader).errno, null);
      }
      attach(opened, handle, FLAGS.writer);
    }),

    'dmabuf-export': opened(({ probe, device }) => {
      const { handle } = createPixels(probe, device, 1024, 1);
      const other = probe.task.open(VGEM);
      const imported = fdToHandle(probe, other, exportBuffer(probe, device, handle));
      equal(imported.errno, null);
      notEqual(imported.handle, 0);
      // What the second client shares again is the same buffer.
      const { task } = probe;
      const inodes = [exportBuffer(probe, device, handle), exportBuffer(probe, other, imported.handle)].map(
        fd => task.status(fd).inode,
      );
      equal(inodes[0], inodes[1]);
    }),

    'dmabuf-mmap': opened(({ probe, device }) => {
      const pixels = createPixels(probe, device, 1024, 4);
      const buffer = exportBuffer(probe, device, pixels.handle);
      const shared = wordsAt(probe, probe.task.mmap(buffer, pixels.size), pixels.size);
      const own = wordsAt(probe, mapPixels(probe, device, pixels), pixels.size);
      for (const index of own.keys()) own[index] = ~index;
      ok(shared.every((word, index) => word === ~index >>> 0));
      shared[7] = 0x1234_5678;
      equal(own[7], 0x1234_5678);
    }),

    'dmabuf-fence': fencesThroughDmaBuf(true),
    'dmabuf-fence-before': fencesThroughDmaBuf(false),
  },
};

export const vgemSlow: Binary = {
  name: 'vgem_slow',
  subtests: {
    nohang: opened(opened => {
      const { probe, device } = opened;
      for (const flags of Object.values(FLAGS)) {
        const { handle } = createPixels(probe, device, 1, 1);
        const buffer = exportBuffer(probe, device, handle);
        const begin = probe.machine.now();
        const fence = attach(opened, handle, flags);
        equal(probe.poll(buffer, POLLOUT, 60_000).revents, POLLOUT);
        equal(probe.machine.now() - begin, 10n * SECOND);
        equal(signalFence(probe, device, fence).errno, 'ETIMEDOUT');
      }
    }),
  },
};
