import {
  DisplayClient,
  lightUp,
  type OutputIds,
  type Properties,
  type Request,
} from '../../compositor/kernel/drivers/simkms/testing.ts';
import type { KernelThread } from '../../compositor/kernel/task/kernel-thread.ts';
import type { Task } from '../../compositor/kernel/task/task.ts';
import * as mode from '../../protocol/uapi/drm-mode.ts';
import { DRM_FORMAT_XRGB8888 } from '../../protocol/uapi/fourcc.ts';

/** The display's only output is as small as the buffers of programs. */
export const SIDE = 16;
const PITCH = SIDE * 4;

/** A process at the display: framebuffers and atomic commits. */
export class Display {
  readonly #client: DisplayClient;
  readonly #ids: OutputIds;
  /** Where out-fences are written. */
  readonly #word: bigint;
  readonly #framebuffers: number[] = [];

  constructor(task: Task) {
    this.#client = new DisplayClient(task);
    this.#ids = this.#client.output();
    this.#word = task.memory.mapAnonymous(4096);
    const { fd } = this.#client;
    const size = { width: SIDE, height: SIDE, bpp: 32 };
    this.addFramebuffer(task.call(fd, mode.modeIoctls.DRM_IOCTL_MODE_CREATE_DUMB, size).handle);
    // Asked now, so that a commit is one call.
    for (const [object, properties] of this.#request(0, 0, 0))
      for (const name of Object.keys(properties)) this.#client.property(object, name);
  }

  addFramebuffer(handle: number): number {
    const { fb_id } = this.#client.task.call(this.#client.fd, mode.modeIoctls.DRM_IOCTL_MODE_ADDFB2, {
      width: SIDE,
      height: SIDE,
      pixel_format: DRM_FORMAT_XRGB8888,
      handles: [handle, 0, 0, 0],
      pitches: [PITCH, 0, 0, 0],
    });
    this.#framebuffers.push(fb_id);
    return fb_id;
  }

  removeFramebuffer(which: number): KernelThread<unknown> {
    const fb_id = this.#framebuffer(which);
    return this.#client.task.startCall(this.#client.fd, mode.modeIoctls.DRM_IOCTL_MODE_RMFB, { fb_id });
  }

  /** Shows a framebuffer when a sync file has signalled; `fence` -1: at once. With bit 0 of `wants` there is an out-fence, with bit 1 an event. */
  commit(which: number, fence: number, wants: number, flags: number): KernelThread<unknown> {
    const event =
      wants & 2 && (flags & mode.DRM_MODE_ATOMIC_TEST_ONLY) === 0 ? mode.DRM_MODE_PAGE_FLIP_EVENT : 0;
    return this.#client.startCommit(this.#request(this.#framebuffer(which), fence, wants & 1), flags | event);
  }

  #framebuffer(which: number): number {
    return this.#framebuffers[which % (this.#framebuffers.length || 1)] ?? 0;
  }

  #request(framebuffer: number, fence: number, outFence: number): Request {
    const [connector, crtc, plane] = lightUp(this.#ids, framebuffer, SIDE, SIDE);
    const pointer: Properties = { OUT_FENCE_PTR: outFence ? this.#word : 0n };
    return [
      connector!,
      [this.#ids.crtc, { ...crtc![1], ...pointer }],
      [this.#ids.primary, { ...plane![1], IN_FENCE_FD: fence }],
    ];
  }
}
