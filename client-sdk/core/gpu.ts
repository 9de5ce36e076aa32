import {
  SIMGPU_PRIORITY_LOW,
  SIMGPU_PRIORITY_NORMAL,
  SIMGPU_RESET_GUILTY,
  SIMGPU_RESET_INNOCENT,
  SIMGPU_SUBMIT_FENCE_IN,
  SIMGPU_SUBMIT_FENCE_OUT,
  SIMGPU_SUBMIT_NO_IMPLICIT,
  SIMGPU_SUBMIT_SYNCOBJ,
  simgpuIoctls,
} from '../../protocol/uapi/simgpu.ts';
import type { Client } from './client.ts';
import { Fence } from './fence.ts';
import { type GpuCommand, imagesOf, layOut } from './gpu-command.ts';
import { type ImageOptions, SharedImage } from './image.ts';
import { RENDER_NODE } from './image-memory.ts';
import type { TimelinePoint } from './timeline.ts';

export interface SubmitOptions {
  /** Fences that the job waits for, on the device. They stay the caller's. */
  readonly waitFor?: readonly Fence[];
  /** Points that the job waits for. */
  readonly waitForPoints?: readonly TimelinePoint[];
  /** Points that the job's fence is given to. */
  readonly signalPoints?: readonly TimelinePoint[];
  /** Whether the job waits for the fences in its images (default), or the caller knows better. */
  readonly implicit?: boolean;
}

/** What the device did to a context. */
export type ResetStatus = 'none' | 'guilty' | 'innocent';

/**
 * A queue of the simulated GPU: jobs of a context run in order.
 *
 *     const gpu = await Gpu.open(client);
 *     const fence = await gpu.submit([{ op: 'fill', target: frame.image, colour: { red: 1, green: 0, blue: 0 } }]);
 *     frame.present({ acquire: fence });
 */
export class Gpu implements Disposable {
  readonly client: Client;
  /** The render node's number in the client's Task. */
  readonly device: number;
  readonly context: number;
  #disposed = false;

  private constructor(client: Client, device: number, context: number) {
    this.client = client;
    this.device = device;
    this.context = context;
  }

  static async open(client: Client, options: { priority?: 'low' | 'normal' } = {}): Promise<Gpu> {
    const device = await client.device(RENDER_NODE);
    const priority = options.priority === 'low' ? SIMGPU_PRIORITY_LOW : SIMGPU_PRIORITY_NORMAL;
    const { id } = await client.kernel.call(device, simgpuIoctls.SIMGPU_CONTEXT_CREATE, { priority });
    return new Gpu(client, device, id);
  }

  /** An image in a dma-buf, to draw from or to. */
  createImage(options: Omit<ImageOptions, 'kind'>): Promise<SharedImage> {
    return SharedImage.create(this.client, { ...options, kind: 'dmabuf' });
  }

  /** Submits a job of commands in order; resolves, when the job is queued, with its fence. The fence is the caller's. */
  async submit(commands: readonly GpuCommand[], options: SubmitOptions = {}): Promise<Fence> {
    const { waitFor = [], waitForPoints = [], signalPoints = [], implicit = true } = options;
    const gem = await this.#handles(commands);
    const inFence = await mergedFence(waitFor);
    const syncobjs = waitForPoints.length + signalPoints.length > 0;
    const flags =
      SIMGPU_SUBMIT_FENCE_OUT |
      (inFence ? SIMGPU_SUBMIT_FENCE_IN : 0) |
      (implicit ? 0 : SIMGPU_SUBMIT_NO_IMPLICIT) |
      (syncobjs ? SIMGPU_SUBMIT_SYNCOBJ : 0);
    try {
      const { out_fence_fd } = await this.client.kernel.call(this.device, simgpuIoctls.SIMGPU_SUBMIT, {
        context: this.context,
        flags,
        in_fence_fd: inFence?.fence.fd ?? 0,
        out_fence_fd: 0,
        in_syncs: waitForPoints.map(syncOf),
        out_syncs: signalPoints.map(syncOf),
        commands: commands.map(command => layOut(command, gem)),
      });
      return new Fence(this.client.kernel, out_fence_fd);
    } finally {
      if (inFence?.made) inFence.fence[Symbol.dispose]();
    }
  }

  /** Whether the device was reset, and by whose job. */
  async resetStatus(): Promise<ResetStatus> {
    const { reset_status } = await this.client.kernel.call(this.device, simgpuIoctls.SIMGPU_CONTEXT_QUERY, {
      id: this.context,
    });
    if (reset_status === SIMGPU_RESET_GUILTY) return 'guilty';
    return reset_status === SIMGPU_RESET_INNOCENT ? 'innocent' : 'none';
  }

  [Symbol.dispose](): void {
    if (this.#disposed || this.client.error !== null) return;
    this.#disposed = true;
    this.client.kernel
      .call(this.device, simgpuIoctls.SIMGPU_CONTEXT_DESTROY, { id: this.context })
      .catch(() => {});
  }

  async #handles(commands: readonly GpuCommand[]): Promise<Map<SharedImage, number>> {
    const handles = new Map<SharedImage, number>();
    for (const image of commands.flatMap(imagesOf))
      if (!handles.has(image)) handles.set(image, await image.gem());
    return handles;
  }
}

function syncOf({ timeline, value }: TimelinePoint): { handle: number; point: bigint } {
  return { handle: timeline.handle, point: value };
}

/** One sync file for all fences; `made` when it is a new one. */
async function mergedFence(fences: readonly Fence[]): Promise<{ fence: Fence; made: boolean } | null> {
  const [first, ...rest] = fences;
  if (!first) return null;
  let merged = { fence: first, made: false };
  for (const other of rest) {
    const before = merged;
    try {
      merged = { fence: await Fence.merge(before.fence, other), made: true };
    } finally {
      if (before.made) before.fence[Symbol.dispose]();
    }
  }
  return merged;
}
