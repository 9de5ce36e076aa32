// GEM handles of dma-bufs on one DRM descriptor.
import { DRM_CLOEXEC, DRM_RDWR, drmIoctls } from '../../protocol/uapi/drm.ts';
import type { Task } from '../kernel/task/index.ts';

/**
 * PRIME gives one handle for one dma-buf however often it is imported (`drm_gem_prime_fd_to_handle`), and one GEM_CLOSE
 * ends it for all importers. So imports are counted here.
 */
export class GemImports {
  readonly fd: number;
  readonly #task: Task;
  readonly #counts = new Map<number, number>();

  /** `fd` is borrowed. */
  constructor(task: Task, fd: number) {
    this.#task = task;
    this.fd = fd;
  }

  /** Throws a KernelError. */
  import(dmabuf: number): number {
    const { handle } = this.#task.call(this.fd, drmIoctls.DRM_IOCTL_PRIME_FD_TO_HANDLE, { fd: dmabuf });
    this.#counts.set(handle, (this.#counts.get(handle) ?? 0) + 1);
    return handle;
  }

  /** A dma-buf descriptor of one of this device's own buffers. Throws a KernelError. */
  export(handle: number): number {
    const flags = DRM_CLOEXEC | DRM_RDWR;
    return this.#task.call(this.fd, drmIoctls.DRM_IOCTL_PRIME_HANDLE_TO_FD, { handle, flags }).fd;
  }

  /** Gives one import back, or an own buffer. */
  drop(handle: number): void {
    const count = (this.#counts.get(handle) ?? 1) - 1;
    if (count > 0) {
      this.#counts.set(handle, count);
      return;
    }
    this.#counts.delete(handle);
    if (!this.#task.exited) this.#task.call(this.fd, drmIoctls.DRM_IOCTL_GEM_CLOSE, { handle });
  }
}
