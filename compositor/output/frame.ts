// One commit of an output on its way to the screen, and what has to be answered when it gets there.
import type { Nanoseconds } from '../machine/machine.ts';
import type { RenderJob } from '../render/renderer.ts';
import type { Output } from '../scene/outputs.ts';
import type { Region } from '../scene/region.ts';
import type { Surface } from '../scene/surface.ts';
import type { FrameCallback, PresentationFeedback } from '../scene/surface-state.ts';
import type { PlaneUse } from './plane-assignment.ts';
import type { Slot } from './swapchain.ts';

/** Bits of wp_presentation_feedback.kind. */
const VSYNC = 1;
const HW_CLOCK = 2;
const HW_COMPLETION = 4;
const ZERO_COPY = 8;

export interface Frame {
  /** `user_data` of the commit. */
  readonly id: bigint;
  /** When the compositor began with it, and when the kernel had it. */
  readonly begun: Nanoseconds;
  readonly committed: Nanoseconds;
  /** The vblank it was meant for; null for the first, which waits for none. */
  readonly target: Nanoseconds | null;
  /** When it was to begin. */
  readonly deadline: Nanoseconds;
  /** The change came after the deadline for the target. */
  readonly late: boolean;
  /** What was drawn anew or changed on planes, in pixels of the output. */
  readonly damage: Region;
  /** What changed by the cursor alone. */
  readonly cursorDamage: Region;
  readonly slot: Slot | null;
  readonly job: RenderJob | null;
  readonly scanout: readonly PlaneUse[];
  readonly answers: FrameAnswers;
}

interface Taken {
  readonly callbacks: readonly FrameCallback[];
  readonly feedback: readonly PresentationFeedback[];
  readonly zeroCopy: boolean;
  /** When the commit was made that is shown for the first time; null when it was shown before. */
  readonly committed: Nanoseconds | null;
}

/** Frame callbacks and feedback of the surfaces that an output paces. */
export class FrameAnswers {
  readonly #taken: Taken[] = [];

  /**
   * Takes what the surfaces wait for, and what `carried` took before. `shown` remembers which commit of each was shown
   * last.
   */
  static take(
    surfaces: readonly Surface[],
    scanout: readonly PlaneUse[],
    shown: WeakMap<Surface, number>,
    carried: readonly FrameAnswers[],
  ): FrameAnswers {
    const answers = new FrameAnswers();
    for (const earlier of carried) answers.#taken.push(...earlier.#taken);
    const onPlanes = new Set(scanout.map(({ layer }) => layer.surface));
    for (const surface of surfaces) {
      const { state } = surface;
      const isNew = shown.get(surface) !== state.sequence;
      shown.set(surface, state.sequence);
      if (!isNew && !surface.hasFrameCallbacks && !surface.hasFeedback) continue;
      answers.#taken.push({
        callbacks: surface.takeFrameCallbacks(),
        feedback: surface.takeFeedback(),
        zeroCopy: onPlanes.has(surface),
        committed: isNew ? state.time : null,
      });
    }
    return answers;
  }

  get isEmpty(): boolean {
    return !this.#taken.some(({ callbacks, feedback }) => callbacks.length > 0 || feedback.length > 0);
  }

  /** When each commit was made that this frame is the first to show. */
  get commitTimes(): Nanoseconds[] {
    const times: Nanoseconds[] = [];
    for (const { committed } of this.#taken) if (committed !== null) times.push(committed);
    return times;
  }

  /** wl_callback.done for everybody; the time is in milliseconds, modulo 2^32. */
  done(time: Nanoseconds): void {
    const milliseconds = Number(BigInt.asUintN(32, time / 1_000_000n));
    for (const { callbacks } of this.#taken) for (const callback of callbacks) callback.done(milliseconds);
  }

  presented(flip: { output: Output; time: Nanoseconds; refresh: Nanoseconds; sequence: bigint }): void {
    const composed = { ...flip, flags: VSYNC | HW_CLOCK | HW_COMPLETION };
    const scanned = { ...flip, flags: composed.flags | ZERO_COPY };
    for (const { feedback, zeroCopy } of this.#taken)
      for (const one of feedback) one.presented(zeroCopy ? scanned : composed);
  }

  /** The frame will never be shown. */
  discarded(): void {
    for (const { feedback } of this.#taken) for (const one of feedback) one.discarded();
  }
}
