import { DRM_EVENT_FLIP_COMPLETE, drm_event_vblank } from '../../../../protocol/uapi/drm.ts';
import type { Nanoseconds } from '../../../machine/machine.ts';
import type { Fence } from '../../sync/fence.ts';
import type { ErrnoName } from '../../task/kernel-error.ts';
import type { PendingEvent } from '../events.ts';
import { Completion } from './completion.ts';
import type { Crtc } from './crtc.ts';
import type { Framebuffer } from './framebuffer.ts';
import type { PinnedMemfd } from './memfd-property.ts';
import type { VblankTime } from './vblank.ts';

export interface FlipEvent {
  readonly pending: PendingEvent;
  readonly userData: bigint;
}

/** Where the picture of a commit is to be written when it is scanned out the first time; it holds and pins `fb`. */
export interface WritebackJob {
  readonly fb: Framebuffer;
  readonly fence: Fence | null;
}

export interface HistogramJob {
  readonly mode: number;
  readonly memory: PinnedMemfd;
  readonly userData: bigint;
  readonly fence: Fence | null;
}

/** How far a commit has come on one CRTC (`struct drm_crtc_commit`), and whom its flip is to be told. */
export class CrtcCommit {
  readonly crtc: Crtc;
  /** The hardware knows of it. */
  readonly hwDone = new Completion();
  /** It is on the screen: the state it replaced is not. */
  readonly flipDone = new Completion();
  /** What it replaced has been given back. */
  readonly cleanupDone = new Completion();
  readonly writeback: WritebackJob | null;
  readonly histogram: HistogramJob | null;
  readonly #event: FlipEvent | null;
  readonly #outFence: Fence | null;

  constructor(
    crtc: Crtc,
    parts: {
      event: FlipEvent | null;
      outFence: Fence | null;
      writeback: WritebackJob | null;
      histogram: HistogramJob | null;
    },
  ) {
    this.crtc = crtc;
    this.#event = parts.event;
    this.#outFence = parts.outFence;
    this.writeback = parts.writeback;
    this.histogram = parts.histogram;
  }

  /** The commit takes effect at this vblank: event and out-fence carry its number and time. */
  flip(vblank: VblankTime): void {
    if (this.flipDone.done) return;
    this.#event?.pending.send(
      vblankEvent(DRM_EVENT_FLIP_COMPLETE, this.#event.userData, vblank, this.crtc.id),
    );
    this.#outFence?.signal(vblank.time);
    this.flipDone.complete();
  }

  /**
   * What the frame was to be written to is complete, or has been given up: then the fences end in `error`. A framebuffer
   * that was written is let go, as by `drm_writeback_signal_completion`. Called once.
   */
  finishOutputs(error: ErrnoName | null): void {
    for (const fence of [this.writeback?.fence, this.histogram?.fence]) {
      if (error) fence?.setError(error);
      fence?.signal();
    }
    this.writeback?.fb.unpin();
    this.writeback?.fb.put();
  }
}

/** A VBLANK or FLIP_COMPLETE event as it is read. */
export function vblankEvent(type: number, userData: bigint, vblank: VblankTime, crtcId: number): Uint8Array {
  const bytes = new Uint8Array(drm_event_vblank.size);
  drm_event_vblank.write(new DataView(bytes.buffer), 0, {
    base: { type, length: drm_event_vblank.size },
    user_data: userData,
    ...timeval(vblank.time),
    sequence: Number(vblank.sequence & 0xffffffffn),
    crtc_id: crtcId,
  });
  return bytes;
}

export const timeval = (time: Nanoseconds): { tv_sec: number; tv_usec: number } => ({
  tv_sec: Number((time / 1_000_000_000n) & 0xffffffffn),
  tv_usec: Number((time % 1_000_000_000n) / 1000n),
});
