import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import { EFD_CLOEXEC, EFD_NONBLOCK, POLLIN } from '../../protocol/uapi/fcntl.ts';
import {
  DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE,
  DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_TIMELINE,
  DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
  DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_TIMELINE,
  DRM_SYNCOBJ_QUERY_FLAGS_LAST_SUBMITTED,
  DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE,
  syncobjIoctls,
} from '../../protocol/uapi/syncobj.ts';
import type { Client } from './client.ts';
import { Fence } from './fence.ts';
import { RENDER_NODE } from './image-memory.ts';
import type { WaitOptions } from './options.ts';

/** A timeline sync object on the client's render node. Its points rise. */
export class Timeline implements Disposable {
  readonly client: Client;
  /** The render node's number in the client's Task. */
  readonly device: number;
  /** The sync object's handle there. */
  readonly handle: number;
  #proxy: ObjectProxy<'wp_linux_drm_syncobj_timeline_v1'> | null = null;
  #disposed = false;

  private constructor(client: Client, device: number, handle: number) {
    this.client = client;
    this.device = device;
    this.handle = handle;
  }

  static async create(client: Client): Promise<Timeline> {
    const device = await client.device(RENDER_NODE);
    const { handle } = await client.kernel.call(device, syncobjIoctls.DRM_IOCTL_SYNCOBJ_CREATE, {});
    return new Timeline(client, device, handle);
  }

  /** Makes the timeline known to the server, for acquire and release points of surfaces. */
  async imported(): Promise<ObjectProxy<'wp_linux_drm_syncobj_timeline_v1'>> {
    if (this.#proxy) return this.#proxy;
    const { kernel } = this.client;
    const { fd } = await kernel.call(this.device, syncobjIoctls.DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, {
      handle: this.handle,
      fd: -1,
    });
    const manager = this.client.shared('wp_linux_drm_syncobj_manager_v1');
    this.#proxy ??= manager.import_timeline({ kind: 'task', fd });
    kernel.discard(fd);
    return this.#proxy;
  }

  point(value: bigint): TimelinePoint {
    return new TimelinePoint(this, value);
  }

  /** The last point that has signalled; with `submitted` the last that has a fence. */
  async query(which: 'signalled' | 'submitted' = 'signalled'): Promise<bigint> {
    const { points } = await this.client.kernel.call(this.device, syncobjIoctls.DRM_IOCTL_SYNCOBJ_QUERY, {
      handles: [this.handle],
      points: [0n],
      flags: which === 'submitted' ? DRM_SYNCOBJ_QUERY_FLAGS_LAST_SUBMITTED : 0,
    });
    return (points as readonly bigint[])[0] ?? 0n;
  }

  /** Destroys the handle; the server keeps what it imported. */
  [Symbol.dispose](): void {
    if (this.#disposed || this.client.error !== null) return;
    this.#disposed = true;
    this.#proxy?.destroy();
    this.client.kernel
      .call(this.device, syncobjIoctls.DRM_IOCTL_SYNCOBJ_DESTROY, { handle: this.handle })
      .catch(() => {});
  }
}

/** A point of a timeline: signalled when its fence and all before it are. */
export class TimelinePoint {
  readonly timeline: Timeline;
  readonly value: bigint;

  constructor(timeline: Timeline, value: bigint) {
    this.timeline = timeline;
    this.value = value;
  }

  /** Waits until the point has signalled, also when it has no fence yet. */
  signalled(options: WaitOptions = {}): Promise<void> {
    return this.#wait(0, options);
  }

  /** Waits until the point has a fence. */
  available(options: WaitOptions = {}): Promise<void> {
    return this.#wait(DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE, options);
  }

  /** Signals the point now. */
  async signal(): Promise<void> {
    const { client, device, handle } = this.timeline;
    await client.kernel.call(device, syncobjIoctls.DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, {
      handles: [handle],
      points: [this.value],
    });
  }

  /** Gives the point a fence. The fence stays the caller's. */
  async import(fence: Fence): Promise<void> {
    const { client, device, handle } = this.timeline;
    await client.kernel.call(device, syncobjIoctls.DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, {
      handle,
      fd: fence.fd,
      point: this.value,
      flags: DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE | DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_TIMELINE,
    });
  }

  /** The point's fence as a sync file. EINVAL while it has none: see `available`. */
  async fence(): Promise<Fence> {
    const { client, device, handle } = this.timeline;
    const { fd } = await client.kernel.call(device, syncobjIoctls.DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, {
      handle,
      fd: -1,
      point: this.value,
      flags: DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE | DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_TIMELINE,
    });
    return new Fence(client.kernel, fd);
  }

  /** Gives this point's fence to a point of another timeline of the same client. */
  async transferTo(other: TimelinePoint, options?: WaitOptions): Promise<void> {
    const { client, device, handle } = this.timeline;
    const transfer = {
      src_handle: handle,
      dst_handle: other.timeline.handle,
      src_point: this.value,
      dst_point: other.value,
    };
    await client.kernel.call(device, syncobjIoctls.DRM_IOCTL_SYNCOBJ_TRANSFER, transfer, options);
  }

  /** By an eventfd, which can be polled whether the point has a fence already or not. */
  async #wait(flags: number, options: WaitOptions): Promise<void> {
    const { client, device, handle } = this.timeline;
    const { kernel } = client;
    const fd = await kernel.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    try {
      await kernel.call(device, syncobjIoctls.DRM_IOCTL_SYNCOBJ_EVENTFD, {
        handle,
        flags,
        point: this.value,
        fd,
      });
      await kernel.poll(fd, POLLIN, { ...options, explain: () => this.#words() });
    } finally {
      kernel.discard(fd);
    }
  }

  async #words(): Promise<string[]> {
    const [signalled, submitted] = [
      await this.timeline.query('signalled'),
      await this.timeline.query('submitted'),
    ];
    const words = [
      `point ${this.value} of sync object ${this.timeline.handle}: ${signalled} has signalled, ${submitted} has a fence`,
    ];
    if (submitted < this.value) return words;
    const fence = await this.fence();
    try {
      return [...words, ...(await fence.pendingWords())];
    } finally {
      fence[Symbol.dispose]();
    }
  }
}
