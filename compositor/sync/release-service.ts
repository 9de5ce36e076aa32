// Giving buffers back: the release fence of each commit, exported before the client hears of it.
import { POLLIN, POLLOUT } from '../../protocol/uapi/fcntl.ts';
import { KernelError, type Task } from '../kernel/task/index.ts';
import type { Counters } from '../observe/counters.ts';
import type { Trace } from '../observe/trace.ts';
import type { BufferUse } from '../scene/buffer-use.ts';
import type { OwnedDescriptor, ReleaseService, TimelinePoint } from '../scene/synchronisation.ts';
import { distinctDmabufs, exportMerged, syncFileStatus } from './sync-file.ts';
import type { SyncobjDevice } from './syncobj-device.ts';

export interface ReleaseOptions {
  readonly task: Task;
  readonly device: SyncobjDevice;
  readonly trace: Trace;
  readonly counters: Counters;
}

export class TaskReleaseService implements ReleaseService {
  readonly #task: Task;
  readonly #device: SyncobjDevice;
  readonly #trace: Trace;
  readonly #counters: Counters;

  constructor(options: ReleaseOptions) {
    this.#task = options.task;
    this.#device = options.device;
    this.#trace = options.trace;
    this.#counters = options.counters;
  }

  release(use: BufferUse): void {
    const { buffer } = use;
    // The compositor is gone, and its clients have lost their connections.
    if (this.#task.exited) return;
    // Consumers of other memory keep their hold until their reads are over: nothing is left to wait for.
    if (buffer.kind !== 'dmabuf') {
      this.#finish(use, null);
      return;
    }
    let fence: OwnedDescriptor;
    try {
      fence = exportMerged(this.#task, distinctDmabufs(this.#task, buffer), 'write');
    } catch (error) {
      this.#releaseWhenIdle(use, error);
      return;
    }
    this.#finish(use, fence);
  }

  /** Fulfils the targets with a release fence; null for a buffer known to be idle. Takes the fence over. */
  #finish(use: BufferUse, fence: OwnedDescriptor | null): void {
    const { fenced, point, buffer } = use.targets;
    const idle = fence === null || this.#signalled(fence);
    if (point) this.#fulfilPoint(use, point, fence);
    if (idle) fenced?.immediate();
    else fenced?.fenced(fence.fd);
    buffer();
    fence?.[Symbol.dispose]();
    this.#counters.releases++;
    this.#trace.note('release', `${use.buffer.label} goes back`, { fence: idle ? 'signalled' : 'pending' });
  }

  #signalled(fence: OwnedDescriptor): boolean {
    try {
      return syncFileStatus(this.#task, fence.fd).signalled;
    } catch {
      // The client may find out by waiting.
      return false;
    }
  }

  #fulfilPoint(use: BufferUse, point: TimelinePoint, fence: OwnedDescriptor | null): void {
    try {
      if (fence) this.#device.importPoint(point, fence.fd);
      else this.#device.signal(point);
    } catch (error) {
      this.#trace.note('fault', `the release fence of ${use.buffer.label} could not be put into its point`, {
        point: point.point,
        error: messageOf(error),
      });
      if (fence) this.#signalLater(use, point, fence);
    }
  }

  /** Without an import the point is signalled by the CPU, when the fence has. */
  #signalLater(use: BufferUse, point: TimelinePoint, fence: OwnedDescriptor): void {
    const hold = point.timeline.hold(`release of ${use.buffer.label}`);
    // The watch keeps the sync file: no descriptor is needed, of which there may be none left.
    this.#task.watch(fence.fd, POLLIN, () => {
      this.#signal(use, point);
      hold[Symbol.dispose]();
    });
  }

  #signal(use: BufferUse, point: TimelinePoint): void {
    try {
      this.#device.signal(point);
    } catch (error) {
      this.#trace.note('fault', `the release point of ${use.buffer.label} could not be signalled`, {
        point: point.point,
        error: messageOf(error),
      });
    }
  }

  /**
   * The export failed, which says nothing about the buffer: it is kept until poll(2) finds it without readers and
   * writers (`dma_buf_poll`: POLLOUT), and what was promised to the client is kept with it.
   */
  #releaseWhenIdle(use: BufferUse, error: unknown): void {
    const { buffer, targets } = use;
    this.#trace.note('fault', `no release fence for ${buffer.label}: it is kept until it is idle`, {
      error: messageOf(error),
    });
    if (buffer.kind !== 'dmabuf') return;
    const what = `release of ${buffer.label}, waiting for it to be idle`;
    const holds = [buffer.lifetime.hold(what)];
    if (targets.point) holds.push(targets.point.timeline.hold(what));
    let busy = buffer.planes.length;
    const idle = (): void => {
      if (--busy > 0) return;
      this.#finish(use, null);
      for (const hold of holds) hold[Symbol.dispose]();
    };
    for (const { fd } of buffer.planes) this.#watchIdle(fd, idle);
  }

  /** What can't even be polled is kept for good: nothing says that it is idle. */
  #watchIdle(fd: number, idle: () => void): void {
    try {
      this.#task.watch(fd, POLLOUT, idle);
    } catch (error) {
      this.#trace.note('fault', `dma-buf ${fd} cannot be polled`, { error: messageOf(error) });
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof KernelError ? error.message : String(error));
