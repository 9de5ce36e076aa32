import { MAX_CHUNK } from '../../protocol/object/limits.ts';
import { POLLIN } from '../../protocol/uapi/fcntl.ts';
import { SYNC_IOC_FILE_INFO, SYNC_IOC_MERGE } from '../../protocol/uapi/sync-file.ts';
import type { RemoteKernel } from './kernel.ts';
import type { WaitOptions } from './options.ts';

/** One fence of a sync file. */
export interface FenceDescription {
  /** Whose it is: `simgpu`, `simkms`, ... */
  readonly driver: string;
  readonly timeline: string;
  readonly status: FenceStatus;
  /** CLOCK_MONOTONIC nanoseconds of its signal; 0 while it is pending. */
  readonly time: bigint;
}

export type FenceStatus =
  | { readonly kind: 'pending' }
  | { readonly kind: 'signalled' }
  /** It signalled, but the work behind it failed; `errno` is positive. */
  | { readonly kind: 'error'; readonly errno: number };

export interface FenceInfo {
  readonly name: string;
  readonly status: FenceStatus;
  readonly fences: readonly FenceDescription[];
}

/** How many fences of one sync file are asked about: as many as one call has room for. */
const MOST_FENCES = Math.floor(MAX_CHUNK / 128);

/** A fence of the client's Task: a sync file. Disposal closes the descriptor. */
export class Fence implements Disposable {
  readonly kernel: RemoteKernel;
  /** The sync file's number in the client's Task. */
  readonly fd: number;
  #closed = false;

  /** Takes over a sync file of the Task. */
  constructor(kernel: RemoteKernel, fd: number) {
    this.kernel = kernel;
    this.fd = fd;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** A fence that signals when both have. The two stay the caller's. */
  static async merge(one: Fence, other: Fence, name = 'merged'): Promise<Fence> {
    const { fence } = await one.kernel.call(one.fd, SYNC_IOC_MERGE, { name, fd2: other.fd });
    return new Fence(one.kernel, fence);
  }

  /** Waits for the signal, in error or not: `status` says which. */
  async signalled(options: WaitOptions = {}): Promise<void> {
    await this.kernel.poll(this.fd, POLLIN, { ...options, explain: () => this.pendingWords() });
  }

  async status(): Promise<FenceStatus> {
    const { status } = await this.kernel.call(this.fd, SYNC_IOC_FILE_INFO, {});
    return fenceStatus(status);
  }

  async info(): Promise<FenceInfo> {
    const { num_fences } = await this.kernel.call(this.fd, SYNC_IOC_FILE_INFO, {});
    const room = Array.from({ length: Math.min(num_fences, MOST_FENCES) }, () => ({}));
    const answer = await this.kernel.call(this.fd, SYNC_IOC_FILE_INFO, { sync_fence_info: room });
    const fences = Array.isArray(answer.sync_fence_info) ? answer.sync_fence_info : [];
    return {
      name: answer.name,
      status: fenceStatus(answer.status),
      fences: fences.map(fence => ({
        driver: fence.driver_name,
        timeline: fence.obj_name,
        status: fenceStatus(fence.status),
        time: fence.timestamp_ns,
      })),
    };
  }

  async dup(): Promise<Fence> {
    return new Fence(this.kernel, await this.kernel.dup(this.fd));
  }

  /** The fences that have not signalled, for people. */
  async pendingWords(): Promise<string[]> {
    const { fences } = await this.info();
    return fences
      .filter(({ status }) => status.kind === 'pending')
      .map(({ driver, timeline }) => `pending fence of ${driver}, timeline ${timeline}`);
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.kernel.discard(this.fd);
  }
}

function fenceStatus(status: number): FenceStatus {
  if (status === 0) return { kind: 'pending' };
  return status > 0 ? { kind: 'signalled' } : { kind: 'error', errno: -status };
}
