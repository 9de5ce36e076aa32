// Waiting for acquire fences without ever blocking.
import { POLLIN } from '../../protocol/uapi/fcntl.ts';
import {
  DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL,
  DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE,
  DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT,
  syncobjIoctls,
} from '../../protocol/uapi/syncobj.ts';
import { KernelError, type Task, type Watch } from '../kernel/task/index.ts';
import type {
  Acquire,
  AcquireWaiter,
  Constraint,
  OwnedDescriptor,
  TimelinePoint,
} from '../scene/synchronisation.ts';
import { adoptDescriptor } from './descriptor.ts';
import { completionOf, distinctDmabufs, exportSyncFile } from './sync-file.ts';
import type { SyncobjDevice } from './syncobj-device.ts';

/** The end of CLOCK_MONOTONIC. */
const FOREVER = 0x7fff_ffff_ffff_ffffn;

/** Acquire fences as sync files: what the kernel knows of any kind of them, errors too. */
export class TaskAcquireWaiter implements AcquireWaiter {
  readonly #task: Task;
  readonly #device: SyncobjDevice;

  constructor(task: Task, device: SyncobjDevice) {
    this.#task = task;
    this.#device = device;
  }

  wait(acquire: Acquire, label: string): Constraint | null {
    if (acquire.kind === 'none') return null;
    const constraint = new FenceConstraint(label);
    try {
      this.#arm(constraint, acquire);
    } catch (error) {
      constraint.fail(error);
    }
    constraint.armed();
    return constraint.ready && constraint.error === null ? null : constraint;
  }

  #arm(constraint: FenceConstraint, acquire: Exclude<Acquire, { kind: 'none' }>): void {
    switch (acquire.kind) {
      case 'implicit':
        for (const dmabuf of distinctDmabufs(this.#task, acquire.buffer)) {
          // Most have no writer left, and finding that out costs less than a sync file.
          if ((this.#task.poll(dmabuf, POLLIN) & POLLIN) !== 0) continue;
          this.#waitForWriters(constraint, dmabuf);
        }
        return;
      case 'sync-file':
        this.#waitForSyncFile(constraint, acquire.fence.fd);
        return;
      case 'timeline':
        this.#waitForPoint(constraint, acquire.acquire);
    }
  }

  /** A call of its own sleeps until the point has signalled: the way that needs no descriptor. */
  #sleepForPoint(constraint: FenceConstraint, { timeline, point }: TimelinePoint): void {
    const call = this.#task.startCall(this.#device.fd, syncobjIoctls.DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, {
      handles: [timeline.handle],
      points: [point],
      timeout_nsec: FOREVER,
      flags: DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL | DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT,
    });
    if (call.ended) {
      // Throws what the kernel has against it.
      call.result();
      return;
    }
    const part = constraint.add({ cancel: () => call.interrupt() }, null);
    call.whenEnded(() => constraint.finished(part));
  }

  /**
   * Where the fences can't be exported the dma-buf is polled: what is queued after the commit is waited for too then,
   * but nothing is shown that was not drawn to its end.
   */
  #waitForWriters(constraint: FenceConstraint, dmabuf: number): void {
    const fence = unlessRefused(() => exportSyncFile(this.#task, dmabuf, 'read'));
    if (fence) {
      this.#borrow(constraint, fence);
      return;
    }
    const watch = this.#task.watch(dmabuf, POLLIN, () => constraint.finished(part));
    const part = constraint.add(watch, null);
  }

  #borrow(constraint: FenceConstraint, fence: OwnedDescriptor): void {
    try {
      this.#waitForSyncFile(constraint, fence.fd);
    } finally {
      fence[Symbol.dispose]();
    }
  }

  /**
   * The watch keeps the open file, so the descriptor may be closed meanwhile; asking how the fence ended needs one of
   * its own. Where there is none left, it is waited for all the same.
   */
  #waitForSyncFile(constraint: FenceConstraint, fd: number): void {
    if ((this.#task.poll(fd, POLLIN) & POLLIN) !== 0) {
      constraint.report(completionOf(this.#task, fd).error);
      return;
    }
    const own = unlessRefused(() => adoptDescriptor(this.#task, this.#task.dup(fd)));
    const watch = this.#task.watch(own?.fd ?? fd, POLLIN, () => {
      if (own) constraint.report(completionOf(this.#task, own.fd).error);
      constraint.finished(part);
    });
    const part = constraint.add(watch, own);
  }

  #waitForPoint(constraint: FenceConstraint, point: TimelinePoint): void {
    try {
      this.#watchPoint(constraint, point);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#sleepForPoint(constraint, point);
    }
  }

  /** A point that has no fence yet is waited for by an eventfd, and its fence as any other then. Throws a KernelError. */
  #watchPoint(constraint: FenceConstraint, point: TimelinePoint): void {
    const fence = this.#device.exportPoint(point);
    if (fence) {
      this.#borrow(constraint, fence);
      return;
    }
    const event = adoptDescriptor(this.#task, this.#task.eventfd());
    this.#task.call(this.#device.fd, syncobjIoctls.DRM_IOCTL_SYNCOBJ_EVENTFD, {
      handle: point.timeline.handle,
      flags: DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE,
      point: point.point,
      fd: event.fd,
    });
    const watch = this.#task.watch(event.fd, POLLIN, () => {
      try {
        this.#waitForPoint(constraint, point);
      } catch (error) {
        constraint.fail(error);
      }
      constraint.finished(part);
    });
    const part = constraint.add(watch, event);
  }
}

interface Part {
  readonly watch: Watch;
  /** Null where the watch is of a descriptor of somebody else's. */
  readonly descriptor: OwnedDescriptor | null;
}

/** Ready once all its parts are. */
class FenceConstraint implements Constraint {
  readonly what: string;
  readonly #parts = new Set<Part>();
  #listeners: (() => void)[] = [];
  #arming = true;
  #error: string | null = null;

  constructor(what: string) {
    this.what = what;
  }

  get ready(): boolean {
    return !this.#arming && this.#parts.size === 0;
  }

  get error(): string | null {
    return this.#error;
  }

  whenReady(listener: () => void): void {
    if (this.ready) listener();
    else this.#listeners.push(listener);
  }

  cancel(): void {
    this.#listeners = [];
    for (const part of this.#parts) giveBack(part);
    this.#parts.clear();
  }

  add(watch: Watch, descriptor: OwnedDescriptor | null): Part {
    const part = { watch, descriptor };
    this.#parts.add(part);
    return part;
  }

  armed(): void {
    this.#arming = false;
  }

  /** `status` is the negative errno of a fence that ended in error, or 0. */
  report(status: number): void {
    if (status < 0) this.#error ??= `the fence ended with errno ${-status}`;
  }

  /** What could not be waited for is not waited for. */
  fail(error: unknown): void {
    this.#error ??= error instanceof KernelError ? error.message : String(error);
  }

  finished(part: Part): void {
    if (!this.#parts.delete(part)) return;
    giveBack(part);
    if (!this.ready) return;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }
}

function giveBack(part: Part): void {
  part.watch.cancel();
  part.descriptor?.[Symbol.dispose]();
}

/** What a call gives; null when the kernel refuses it. */
function unlessRefused<T>(call: () => T): T | null {
  try {
    return call();
  } catch (error) {
    if (error instanceof KernelError) return null;
    throw error;
  }
}
