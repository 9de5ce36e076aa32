import { deepEqual, equal, ok } from 'node:assert/strict';
import { DMA_BUF_SYNC_READ, DMA_BUF_SYNC_RW, DMA_BUF_SYNC_WRITE } from '../../protocol/uapi/dma-buf.ts';
import { DRM_CLOEXEC, DRM_RDWR } from '../../protocol/uapi/drm.ts';
import { POLLIN, POLLOUT } from '../../protocol/uapi/fcntl.ts';
import { VGEM_FENCE_WRITE } from '../../protocol/uapi/vgem.ts';
import { createDumb, handleToFd } from '../conformance/buffers.ts';
import {
  attachFence,
  exportSyncFile,
  importSyncFile,
  incrementTimeline,
  isReadable,
  openTimeline,
  signalFence,
  timelineFence,
} from '../conformance/fences.ts';
import type { Probe } from '../conformance/probe.ts';
import type { Binary } from './binary.ts';
import { VGEM } from './system.ts';

const MODES = { read: DMA_BUF_SYNC_READ, write: DMA_BUF_SYNC_WRITE, both: DMA_BUF_SYNC_RW };
const IDLE = { read: false, write: false, both: false };
const READERS = { read: false, write: true, both: true };
const WRITER = { read: true, write: true, both: true };

/** A buffer of vgem, shared, with fences that its program attaches. */
class SharedBuffer {
  readonly probe: Probe;
  readonly device: number;
  readonly handle: number;
  readonly fd: number;

  constructor(probe: Probe) {
    this.probe = probe;
    this.device = probe.task.open(VGEM);
    this.handle = createDumb(probe, this.device, 16, 16, 32).handle;
    this.fd = handleToFd(probe, this.device, this.handle, DRM_RDWR | DRM_CLOEXEC).fd;
  }

  /** A pending fence of a reader or a writer. */
  attach(write: boolean): number {
    const { errno, out } = attachFence(this.probe, this.device, this.handle, write ? VGEM_FENCE_WRITE : 0);
    equal(errno, null);
    return out.out_fence;
  }

  signal(fence: number): void {
    equal(signalFence(this.probe, this.device, fence).errno, null);
  }

  export(flags: number): number {
    const { errno, fd } = exportSyncFile(this.probe, this.fd, flags);
    equal(errno, null);
    return fd;
  }

  import(flags: number, file: number): void {
    equal(importSyncFile(this.probe, this.fd, flags, file).errno, null);
  }

  /** Who would have to wait now; poll(2) of the buffer and a sync file of it have to agree. */
  busy(): typeof IDLE {
    const { probe } = this;
    const of = (flags: number): boolean => {
      // A writer waits for what makes the buffer writable; with POLLIN poll(2) would be content with less.
      const events = flags & DMA_BUF_SYNC_WRITE ? POLLOUT : POLLIN;
      const polled = probe.poll(this.fd, events, 0).ret === 0;
      const file = this.export(flags);
      equal(!isReadable(probe, file), polled, `poll and sync file of flags ${flags}`);
      probe.task.close(file);
      return polled;
    };
    return { read: of(MODES.read), write: of(MODES.write), both: of(MODES.both) };
  }

  expect(expected: typeof IDLE): void {
    deepEqual(this.busy(), expected);
  }
}

function importMany(probe: Probe, withWriter: boolean): void {
  const READER_COUNT = 32;
  const buffer = new SharedBuffer(probe);
  const timelines = Array.from({ length: READER_COUNT }, () => openTimeline(probe));
  for (const timeline of timelines) buffer.import(MODES.read, timelineFence(probe, timeline, 1));
  buffer.expect(READERS);
  const writer = openTimeline(probe);
  if (withWriter) {
    buffer.import(MODES.both, timelineFence(probe, writer, 1));
    buffer.expect(WRITER);
  }
  for (const timeline of timelines) {
    buffer.expect(withWriter ? WRITER : READERS);
    incrementTimeline(probe, timeline, 1);
  }
  if (withWriter) {
    buffer.expect(WRITER);
    incrementTimeline(probe, writer, 1);
  }
  buffer.expect(IDLE);
}

export const dmabufSyncFile: Binary = {
  name: 'dmabuf_sync_file',
  subtests: {
    'export-basic': probe => {
      const buffer = new SharedBuffer(probe);
      buffer.expect(IDLE);
      const reader = buffer.attach(false);
      buffer.expect(READERS);
      buffer.signal(reader);
      buffer.expect(IDLE);
      const writer = buffer.attach(true);
      buffer.expect(WRITER);
      buffer.signal(writer);
      buffer.expect(IDLE);
    },

    'export-before-signal': probe => {
      const buffer = new SharedBuffer(probe);
      const snapshots = () => Object.values(MODES).map(flags => buffer.export(flags));
      const signalled = (files: readonly number[]) => files.map(file => isReadable(probe, file));
      const writer = buffer.attach(true);
      const ofWriter = snapshots();
      deepEqual(signalled(ofWriter), [false, false, false]);
      buffer.signal(writer);
      deepEqual(signalled(ofWriter), [true, true, true]);
      const reader = buffer.attach(false);
      const ofReader = snapshots();
      deepEqual(signalled(ofReader), [true, false, false]);
      buffer.signal(reader);
      deepEqual(signalled(ofReader), [true, true, true]);
    },

    'export-multiwait': probe => {
      const buffer = new SharedBuffer(probe);
      const [one, other] = [buffer.attach(false), buffer.attach(false)];
      const file = buffer.export(MODES.write);
      const late = buffer.attach(false);
      for (const fence of [one, other]) {
        ok(!isReadable(probe, file));
        buffer.signal(fence);
      }
      ok(isReadable(probe, file));
      buffer.expect(READERS);
      buffer.signal(late);
      buffer.expect(IDLE);
    },

    'export-wait-after-attach': probe => {
      const buffer = new SharedBuffer(probe);
      const before = buffer.export(MODES.read);
      const writer = buffer.attach(true);
      const after = buffer.export(MODES.read);
      ok(isReadable(probe, before));
      ok(!isReadable(probe, after));
      buffer.signal(writer);
      const later = buffer.attach(true);
      ok(isReadable(probe, after));
      buffer.expect(WRITER);
      buffer.signal(later);
    },

    'import-basic': probe => {
      for (const [flags, expected] of [
        [MODES.read, READERS],
        [MODES.write, WRITER],
        [MODES.both, WRITER],
      ] as const) {
        const buffer = new SharedBuffer(probe);
        const timeline = openTimeline(probe);
        buffer.import(flags, timelineFence(probe, timeline, 1));
        buffer.expect(expected);
        incrementTimeline(probe, timeline, 1);
        buffer.expect(IDLE);
      }
    },

    'import-multiple-read-only': probe => importMany(probe, false),
    'import-multiple-read-write': probe => importMany(probe, true),
  },
};
