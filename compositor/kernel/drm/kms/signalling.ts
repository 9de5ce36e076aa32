import { drm_event_vblank } from '../../../../protocol/uapi/drm.ts';
import { DRM_MODE_PAGE_FLIP_EVENT } from '../../../../protocol/uapi/drm-mode.ts';
import type { Fence } from '../../sync/fence.ts';
import { createSyncFile } from '../../sync/sync-file.ts';
import { require } from '../../task/kernel-error.ts';
import type { OpenFile } from '../../task/open-file.ts';
import type { AtomicRequest } from './atomic-request.ts';
import type { Connector } from './connector.ts';
import type { Crtc } from './crtc.ts';
import { CrtcCommit, type FlipEvent } from './crtc-commit.ts';
import type { DisplayTimeline } from './timeline.ts';

/** A fence whose descriptor has been told to userspace but is not in its table yet. */
interface Promised {
  readonly fence: Fence;
  readonly file: OpenFile;
  readonly fd: number;
  readonly address: bigint;
}

/**
 * Events and out-fences of one request (`prepare_signaling` and `complete_signaling`). Everything that can fail is done
 * before the commit: room for the event, numbers of descriptors, the numbers stored in userspace. Afterwards the files
 * are installed, or all of it is taken back and -1 stored again.
 */
export class Signalling {
  readonly #request: AtomicRequest;
  readonly #promised: Promised[] = [];
  readonly #events = new Map<Crtc, FlipEvent>();
  readonly #outFences = new Map<Crtc, Fence>();
  readonly #writebackFences = new Map<Connector, Fence>();
  readonly #histogramFences = new Map<Crtc, Fence>();
  readonly #userData: bigint;

  constructor(request: AtomicRequest, userData: bigint) {
    this.#request = request;
    this.#userData = userData;
  }

  /** ENOMEM without room for an event, EMFILE, EFAULT, EINVAL for an event without any CRTC or a fence of nothing. */
  prepare(flags: number): void {
    const { state, fencePointers } = this.#request;
    const wantsEvent = (flags & DRM_MODE_PAGE_FLIP_EVENT) !== 0;
    for (const crtc of state.crtcs.keys()) {
      if (wantsEvent) this.#events.set(crtc, this.#reserveEvent());
      this.#promise(fencePointers.crtcs, this.#outFences, crtc, crtc.outFences);
      this.#promiseHistogram(crtc);
    }
    for (const [connector, { draft }] of state.connectors)
      if (draft.writeback) this.#promiseWriteback(connector, draft.writeback.fb !== null);
    require(!wantsEvent || state.crtcs.size > 0, 'EINVAL', 'PAGE_FLIP_EVENT needs a CRTC in the request');
  }

  /** CRTCs whose flip somebody will be told of. */
  get flips(): ReadonlySet<Crtc> {
    return new Set([...this.#events.keys(), ...this.#outFences.keys()]);
  }

  /** What the commit does on one CRTC when it flips. */
  commitOf(crtc: Crtc): CrtcCommit {
    const { state } = this.#request;
    const { histogramMode: mode, histogramMemory: memory } = state.crtcs.get(crtc)!.draft;
    const connector = [...state.connectors].find(
      ([, { draft }]) => draft.crtc === crtc && draft.writeback?.fb,
    );
    const fb = connector?.[1].draft.writeback?.fb;
    return new CrtcCommit(crtc, {
      event: this.#events.get(crtc) ?? null,
      outFence: this.#outFences.get(crtc) ?? null,
      writeback: connector && fb ? { fb, fence: this.#writebackFences.get(connector[0]) ?? null } : null,
      histogram: memory
        ? { mode, memory, userData: this.#userData, fence: this.#histogramFences.get(crtc) ?? null }
        : null,
    });
  }

  /** The commit is past the point of no return: nothing here can fail. */
  install(): void {
    for (const { fd, file } of this.#promised.splice(0)) this.#request.task.files.install(fd, file);
  }

  /** The commit failed. A pointer that cannot be written any more stays as it is. */
  revert(): void {
    for (const { pending } of this.#events.values()) pending.cancel();
    for (const { fd, file, address, fence } of this.#promised.splice(0)) {
      this.#request.task.files.unreserve(fd);
      fence.setError('ECANCELED');
      fence.signal();
      file.put();
      this.#store(address, -1, true);
    }
  }

  #reserveEvent(): FlipEvent {
    return { pending: this.#request.file.events.reserve(drm_event_vblank.size), userData: this.#userData };
  }

  /** A fence that nothing would ever signal is not made. */
  #promiseHistogram(crtc: Crtc): void {
    const { fencePointers, state } = this.#request;
    const wanted = fencePointers.histograms.has(crtc);
    const counted = state.crtcs.get(crtc)!.draft.histogramMemory !== null;
    require(counted || !wanted, 'EINVAL', `${crtc.name} has a HISTOGRAM_FENCE_PTR but no HISTOGRAM_FD`);
    this.#promise(fencePointers.histograms, this.#histogramFences, crtc, crtc.histogramFences);
  }

  #promiseWriteback(connector: Connector, hasFramebuffer: boolean): void {
    const { writebacks } = this.#request.fencePointers;
    require(hasFramebuffer ||
      !writebacks.has(connector), 'EINVAL', `${connector.name} has a fence pointer but no framebuffer`);
    this.#promise(writebacks, this.#writebackFences, connector, connector.writebackFences);
  }

  #promise<T>(
    pointers: ReadonlyMap<T, bigint>,
    fences: Map<T, Fence>,
    object: T,
    timeline: DisplayTimeline,
  ): void {
    const address = pointers.get(object);
    if (address === undefined) return;
    const fd = this.#request.task.files.reserve();
    const fence = timeline.next();
    this.#promised.push({ fence, file: this.#fileOf(fence, fd), fd, address });
    this.#store(address, fd, false);
    fences.set(object, fence);
  }

  /** ENOMEM, with the number given back. */
  #fileOf(fence: Fence, fd: number): OpenFile {
    try {
      return createSyncFile(this.#request.device.kernel, fence);
    } catch (error) {
      this.#request.task.files.unreserve(fd);
      throw error;
    }
  }

  #store(address: bigint, value: number, mayFail: boolean): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setInt32(0, value, true);
    try {
      this.#request.task.memory.copyToUser(address, bytes);
    } catch (error) {
      if (!mayFail) throw error;
    }
  }
}
