// The repaint state machine of one output. One timer at most, and none while nothing changes.
import type { Nanoseconds, Timer } from '../machine/machine.ts';
import type { Frame, FrameAnswers } from './frame.ts';

/**
 * ```text
 *            damage, frame wanted              deadline: commit accepted
 *   idle ------------------------> scheduled ---------------------------> flipping
 *    ^ ^                            ^  |  ^  | EBUSY: again after a vblank     |
 *    | |        callbacks at the    |  |  +--+                                | flip, more to show: the deadline
 *    | |        estimated vblank    |  | deadline: nothing to show            | before the next vblank
 *    | +---------- pacing <---------|--+                                      |
 *    |                | damage      |<----------------------------------------+
 *    |                +------------>+                                         |
 *    +------------------------------------------------------------------------+ flip, nothing more to show
 *
 *   flipping -- no flip in time (watchdog) --> scheduled          any -- output removed --> off
 * ```
 */
export type RepaintState =
  /** Nothing has changed; no timer runs. */
  | { readonly kind: 'idle' }
  /** A frame will begin at the deadline, for the vblank `target` (null: as soon as possible). */
  | {
      readonly kind: 'scheduled';
      readonly timer: Timer;
      readonly deadline: Nanoseconds;
      readonly target: Nanoseconds | null;
      /** The change came too late for the deadline, and the frame begins at once. */
      readonly late: boolean;
    }
  /** A commit is under way; `wanted` says that there is more to show after it. */
  | { readonly kind: 'flipping'; readonly frame: Frame; readonly watchdog: Timer; readonly wanted: boolean }
  /** Nothing to commit, but callbacks to answer: at the vblank that a frame would have been shown at. */
  | { readonly kind: 'pacing'; readonly timer: Timer; readonly answers: FrameAnswers }
  /** The output is gone. */
  | { readonly kind: 'off' };
