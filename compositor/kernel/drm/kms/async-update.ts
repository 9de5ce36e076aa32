import type { Sleeping } from '../../task/kernel-thread.ts';
import { checkState } from './atomic-check.ts';
import { AtomicState } from './atomic-state.ts';
import { commitState } from './commit.ts';
import type { Completion } from './completion.ts';
import type { Crtc } from './crtc.ts';
import type { KmsDevice } from './kms-device.ts';
import { withModesetLocks } from './lock.ts';
import type { Plane } from './plane.ts';
import { holdNew, releaseOld } from './state-holdings.ts';

/**
 * Changes one plane without being a flip: it waits for nothing and nobody has to wait for it
 * (`drm_atomic_helper_async_commit`). On a CRTC that is off it is an ordinary commit, which is done at once.
 */
export function* updatePlane(
  device: KmsDevice,
  plane: Plane,
  change: (state: AtomicState) => void,
): Sleeping<void> {
  yield* withModesetLocks(device.kernel.locks, function* (locks) {
    const state = new AtomicState(device, locks);
    change(state);
    checkState(state, new Set());
    const { old, draft } = state.planes.get(plane)!;
    const crtc = draft.crtc ?? old.crtc;
    if (!crtc) return;
    if (!crtc.state.active) {
      yield* commitState(state, { nonblock: false });
      return;
    }
    const update = new AtomicState(device, locks);
    update.planes.set(plane, { object: plane, old, draft });
    holdNew(update);
    plane.state = Object.freeze(draft);
    device.kernel.thread('plane update', giveBack(update, shown(device, crtc)));
  });
}

/** A commit that has not reached the hardware takes the plane along. */
function shown(device: KmsDevice, crtc: Crtc): Completion {
  const { commit } = crtc;
  return commit && !commit.hwDone.done ? commit.flipDone : device.driver.refresh(crtc);
}

function* giveBack(update: AtomicState, done: Completion): Sleeping<void> {
  yield* done.wait('the plane to be shown');
  releaseOld(update);
}
