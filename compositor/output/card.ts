// The display device: its objects as typed tables, its events.
import {
  DRM_CLIENT_CAP_ATOMIC,
  DRM_CLIENT_CAP_UNIVERSAL_PLANES,
  DRM_CLIENT_CAP_WRITEBACK_CONNECTORS,
  DRM_EVENT_FLIP_COMPLETE,
  drm_event,
  drm_event_vblank,
  drmIoctls,
} from '../../protocol/uapi/drm.ts';
import { POLLIN } from '../../protocol/uapi/fcntl.ts';
import { DRM_CLIENT_CAP_SIMKMS_HISTOGRAM } from '../../protocol/uapi/simkms.ts';
import { KernelError, type Task, type Watch } from '../kernel/task/index.ts';
import type { Nanoseconds } from '../machine/machine.ts';
import { GemImports } from '../render/gem-imports.ts';
import { findPipes, type Pipe } from './pipes.ts';

export const CARD_NODE = '/dev/dri/card0';

/** A flip that has happened, as its event says. */
export interface Flip {
  readonly userData: bigint;
  /** Of the vblank, CLOCK_MONOTONIC, in whole microseconds as events have it. */
  readonly time: Nanoseconds;
  /** The vblank counter modulo 2^32. */
  readonly sequence: number;
}

const EVENT_BYTES = 4096;

export class Card implements Disposable {
  readonly task: Task;
  readonly fd: number;
  readonly buffers: GemImports;
  readonly pipes: readonly Pipe[];
  /** The histogram's properties can be used. */
  readonly hasHistogram: boolean;
  readonly #flips = new Map<number, (flip: Flip) => void>();
  #watch: Watch;

  /** Opens the card, opts in to everything this compositor uses, and reads what there is. Throws a KernelError. */
  constructor(task: Task, path = CARD_NODE) {
    this.task = task;
    this.fd = task.open(path);
    this.buffers = new GemImports(task, this.fd);
    this.#opt(DRM_CLIENT_CAP_UNIVERSAL_PLANES);
    this.#opt(DRM_CLIENT_CAP_ATOMIC);
    this.#opt(DRM_CLIENT_CAP_WRITEBACK_CONNECTORS);
    this.hasHistogram = this.#mayOpt(DRM_CLIENT_CAP_SIMKMS_HISTOGRAM);
    this.pipes = findPipes(task, this.fd);
    this.#watch = this.#listen();
  }

  /** dev_t of the node. */
  get deviceNumber(): bigint {
    return this.task.status(this.fd).deviceNumber;
  }

  /** Calls `listener` for every flip of a CRTC. */
  onFlip(crtc: number, listener: (flip: Flip) => void): Disposable {
    this.#flips.set(crtc, listener);
    return { [Symbol.dispose]: () => void this.#flips.delete(crtc) };
  }

  /** The last vblank; null while the CRTC is off. */
  lastVblank(crtc: number): { readonly time: Nanoseconds; readonly sequence: bigint } | null {
    try {
      const answer = this.task.call(this.fd, drmIoctls.DRM_IOCTL_CRTC_GET_SEQUENCE, { crtc_id: crtc });
      return { time: answer.sequence_ns, sequence: answer.sequence };
    } catch (error) {
      if (error instanceof KernelError) return null;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#watch.cancel();
    if (!this.task.exited) this.task.close(this.fd);
  }

  #opt(capability: bigint): void {
    this.task.call(this.fd, drmIoctls.DRM_IOCTL_SET_CLIENT_CAP, { capability, value: 1n });
  }

  #mayOpt(capability: bigint): boolean {
    try {
      this.#opt(capability);
      return true;
    } catch {
      return false;
    }
  }

  #listen(): Watch {
    return this.task.watch(this.fd, POLLIN, () => {
      const bytes = this.task.read(this.fd, EVENT_BYTES);
      this.#watch = this.#listen();
      this.#dispatch(bytes);
    });
  }

  #dispatch(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + drm_event.size <= bytes.length; ) {
      const { type, length } = drm_event.read(view, at);
      if (type === DRM_EVENT_FLIP_COMPLETE) {
        const event = drm_event_vblank.read(view, at);
        const time = BigInt(event.tv_sec) * 1_000_000_000n + BigInt(event.tv_usec) * 1_000n;
        this.#flips.get(event.crtc_id)?.({ userData: event.user_data, time, sequence: event.sequence });
      }
      at += Math.max(length, drm_event.size);
    }
  }
}
