// Clients' timelines on the compositor's DRM device.
import {
  DRM_SYNCOBJ_CREATE_SIGNALED,
  DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE,
  DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
  DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_TIMELINE,
  syncobjIoctls,
} from '../../protocol/uapi/syncobj.ts';
import { KernelError, type Task } from '../kernel/task/index.ts';
import { Lifetime } from '../scene/lifetime.ts';
import type { OwnedDescriptor, Timeline, TimelinePoint } from '../scene/synchronisation.ts';
import { adoptDescriptor } from './descriptor.ts';

/** Calls on sync objects through one DRM descriptor, which is borrowed. */
export class SyncobjDevice {
  readonly fd: number;
  readonly #task: Task;

  constructor(task: Task, fd: number) {
    this.#task = task;
    this.fd = fd;
  }

  /** A sync file whose fence has signalled, the caller's. Throws a KernelError. */
  signalledSyncFile(): OwnedDescriptor {
    const { handle } = this.#task.call(this.fd, syncobjIoctls.DRM_IOCTL_SYNCOBJ_CREATE, {
      flags: DRM_SYNCOBJ_CREATE_SIGNALED,
    });
    try {
      const { fd } = this.#task.call(this.fd, syncobjIoctls.DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, {
        handle,
        flags: DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
      });
      return adoptDescriptor(this.#task, fd);
    } finally {
      this.#destroy(handle);
    }
  }

  /** Imports a syncobj by its descriptor. `hold` is the importer's own. Throws a KernelError. */
  importTimeline(descriptor: number): { timeline: Timeline; hold: Disposable } {
    const { handle } = this.#task.call(this.fd, syncobjIoctls.DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, {
      fd: descriptor,
    });
    const lifetime = new Lifetime();
    lifetime.whenEnded(() => this.#destroy(handle));
    const timeline: Timeline = { handle, hold: consumer => lifetime.hold(consumer) };
    return { timeline, hold: lifetime.hold('import') };
  }

  /** The fence of a point; null when it has none yet (EINVAL, `drm_syncobj_find_fence`). Throws other KernelErrors. */
  exportPoint({ timeline, point }: TimelinePoint): OwnedDescriptor | null {
    try {
      const { fd } = this.#task.call(this.fd, syncobjIoctls.DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, {
        handle: timeline.handle,
        flags: DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE | DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_TIMELINE,
        point,
      });
      return adoptDescriptor(this.#task, fd);
    } catch (error) {
      if (error instanceof KernelError && error.code === 'EINVAL') return null;
      throw error;
    }
  }

  /**
   * Makes the fence of a sync file that of a point, by way of a binary sync object: a sync file can be imported into a
   * point itself since Linux 6.16 alone. Throws a KernelError.
   */
  importPoint({ timeline, point }: TimelinePoint, syncFile: number): void {
    const { handle } = this.#task.call(this.fd, syncobjIoctls.DRM_IOCTL_SYNCOBJ_CREATE, {});
    try {
      this.#task.call(this.fd, syncobjIoctls.DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, {
        handle,
        flags: DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE,
        fd: syncFile,
      });
      this.#task.call(this.fd, syncobjIoctls.DRM_IOCTL_SYNCOBJ_TRANSFER, {
        src_handle: handle,
        dst_handle: timeline.handle,
        dst_point: point,
      });
    } finally {
      this.#destroy(handle);
    }
  }

  /** Signals a point from the CPU. Throws a KernelError. */
  signal({ timeline, point }: TimelinePoint): void {
    this.#task.call(this.fd, syncobjIoctls.DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, {
      handles: [timeline.handle],
      points: [point],
    });
  }

  #destroy(handle: number): void {
    if (!this.#task.exited) this.#task.call(this.fd, syncobjIoctls.DRM_IOCTL_SYNCOBJ_DESTROY, { handle });
  }
}
