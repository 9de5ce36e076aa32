// The simulated GPU as the compositor uses it: one context, so that everything it draws is done in order.
import {
  SIMGPU_SUBMIT_FENCE_OUT,
  SIMGPU_SUBMIT_MAX_COMMANDS,
  SIMGPU_SUBMIT_NO_IMPLICIT,
  type simgpu_command,
  type simgpu_image,
  simgpuIoctls,
} from '../../protocol/uapi/simgpu.ts';
import type { UserValue } from '../../protocol/uapi/struct.ts';
import { KernelError, type Task } from '../kernel/task/index.ts';
import { GemImports } from './gem-imports.ts';

export type GpuCommand = UserValue<typeof simgpu_command>;
/** Pixels in a buffer of the render device. */
export type GpuImage = UserValue<typeof simgpu_image>;

export const RENDER_NODE = '/dev/dri/renderD128';

export class RenderDevice implements Disposable {
  readonly task: Task;
  readonly fd: number;
  readonly buffers: GemImports;
  #context: number;

  /** Opens the render node. Throws a KernelError. */
  constructor(task: Task, path = RENDER_NODE) {
    this.task = task;
    this.fd = task.open(path);
    this.buffers = new GemImports(task, this.fd);
    this.#context = this.#createContext();
  }

  /** dev_t of the node. */
  get deviceNumber(): bigint {
    return this.task.status(this.fd).deviceNumber;
  }

  /** A buffer of at least `size` bytes, zeroed; given back with `buffers.drop`. Throws a KernelError. */
  createBuffer(size: number): number {
    return this.task.call(this.fd, simgpuIoctls.SIMGPU_GEM_CREATE, { size: BigInt(size) }).handle;
  }

  /** Maps a buffer of this device; returns the address. Throws a KernelError. */
  map(handle: number, length: number): bigint {
    const { offset } = this.task.call(this.fd, simgpuIoctls.SIMGPU_GEM_MMAP_OFFSET, { handle });
    return this.task.mmap(this.fd, length, { offset });
  }

  /** Whether a job still uses the buffer. */
  busy(handle: number): boolean {
    try {
      this.task.call(this.fd, simgpuIoctls.SIMGPU_GEM_WAIT, { handle, flags: 1, timeout: 0n });
      return false;
    } catch (error) {
      if (error instanceof KernelError && error.code === 'ETIME') return true;
      throw error;
    }
  }

  /**
   * Queues commands behind everything submitted before. Sources are known to be complete (their acquire fences have
   * signalled), so no fence in their reservations is waited for: a client that queues a job after its commit would hold
   * up everybody. The job's own fence is left there. Returns a sync file, the caller's own, that signals when all are
   * done. A context that a reset has ended (ECANCELED) is replaced once. Throws a KernelError.
   */
  submit(commands: readonly GpuCommand[]): number {
    try {
      return this.#submitAll(commands);
    } catch (error) {
      if (!(error instanceof KernelError) || error.code !== 'ECANCELED') throw error;
      // The new one first: without it the old one still answers ECANCELED, and this is tried again.
      const fresh = this.#createContext();
      this.task.call(this.fd, simgpuIoctls.SIMGPU_CONTEXT_DESTROY, { id: this.#context });
      this.#context = fresh;
      return this.#submitAll(commands);
    }
  }

  [Symbol.dispose](): void {
    if (!this.task.exited) this.task.close(this.fd);
  }

  #submitAll(commands: readonly GpuCommand[]): number {
    let last = -1;
    for (let from = 0; from < commands.length; from += SIMGPU_SUBMIT_MAX_COMMANDS) {
      if (last >= 0) this.task.close(last);
      last = this.task.call(this.fd, simgpuIoctls.SIMGPU_SUBMIT, {
        context: this.#context,
        flags: SIMGPU_SUBMIT_FENCE_OUT | SIMGPU_SUBMIT_NO_IMPLICIT,
        in_fence_fd: -1,
        commands: commands.slice(from, from + SIMGPU_SUBMIT_MAX_COMMANDS),
      }).out_fence_fd;
    }
    return last;
  }

  #createContext(): number {
    return this.task.call(this.fd, simgpuIoctls.SIMGPU_CONTEXT_CREATE, { priority: 1 }).id;
  }
}
