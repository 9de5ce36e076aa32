// Waiting for acquire fences without ever blocking.
import { POLLIN } from '../../protocol/uapi/fcntl.ts';
import { DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE, syncobjIoctls } from '../../protocol/uapi/syncobj.ts';
import { KernelError, type Task, type Watch } from '../kernel/task/index.ts';
import type {
  Acquire,
  AcquireWaiter,
  Constraint,
  OwnedDescriptor,
  TimelinePoint,
} from '../scene/synchronisation.ts';
import { adoptDescriptor } from './descriptor.ts';
import { distinctDmabufs, exportSyncFile, syncFileStatus } from './sync-file.ts';
import type { SyncobjDevice } from './syncobj-device.ts';

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
          const fence = exportSyncFile(this.#task, dmabuf, 'read');
          try {
            this.#waitForSyncFile(constraint, fence.fd);
          } finally {
            fence[Symbol.dispose]();
          }
        }
        return;
      case 'sync-file':
        this.#waitForSyncFile(constraint, acquire.fence.fd);
        return;
      case 'timeline':
        this.#waitForPoint(constraint, acquire.acquire);
    }
  }

  /** The watch keeps the open file, so the descriptor may be closed meanwhile; the answer needs one of its own. */
  #waitForSyncFile(constraint: FenceConstraint, fd: number): void {
    const now = syncFileStatus(this.#task, fd);
    if (now.signalled) {
      constraint.report(now.error);
      return;
    }
    const own = adoptDescriptor(this.#task, this.#task.dup(fd));
    const watch = this.#task.watch(own.fd, POLLIN, () => {
      const { error } = syncFileStatus(this.#task, own.fd);
      constraint.report(error);
      constraint.finished(part);
    });
    const part = constraint.add(watch, own);
  }

  /** A point that has no fence yet is waited for by an eventfd, and its fence as any other then. */
  #waitForPoint(constraint: FenceConstraint, point: TimelinePoint): void {
    const fence = this.#device.exportPoint(point);
    if (fence) {
      try {
        this.#waitForSyncFile(constraint, fence.fd);
      } finally {
        fence[Symbol.dispose]();
      }
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
  readonly descriptor: OwnedDescriptor;
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

  add(watch: Watch, descriptor: OwnedDescriptor): Part {
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
  part.descriptor[Symbol.dispose]();
}
