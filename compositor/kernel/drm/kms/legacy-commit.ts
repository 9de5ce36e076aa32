import { DRM_MODE_PAGE_FLIP_EVENT } from '../../../../protocol/uapi/drm-mode.ts';
import type { Sleeping } from '../../task/kernel-thread.ts';
import type { DrmCall } from '../ioctl.ts';
import { checkState } from './atomic-check.ts';
import { AtomicRequest } from './atomic-request.ts';
import { AtomicState } from './atomic-state.ts';
import { commitState } from './commit.ts';
import type { KmsDevice } from './kms-device.ts';
import { withModesetLocks } from './lock.ts';
import { Signalling } from './signalling.ts';

/** What a legacy call changes; it may be called again, on a fresh state, after a lock was met. */
export type LegacyChange = (request: AtomicRequest) => void;

export interface LegacyOptions {
  change: LegacyChange;
  nonblock?: boolean;
  /** User data of the flip event that is wanted. */
  event?: bigint | null;
}

/** A call from before atomic commits, as one: modesets are allowed, and it blocks unless it says otherwise. */
export function* legacyCommit(device: KmsDevice, call: DrmCall, options: LegacyOptions): Sleeping<void> {
  yield* withModesetLocks(device.kernel.locks, locks => {
    const state = new AtomicState(device, locks);
    state.allowModeset = true;
    return perform(new AtomicRequest(state, call.file, call.task), options);
  });
}

function* perform(request: AtomicRequest, options: LegacyOptions): Sleeping<void> {
  const wantsEvent = options.event !== undefined && options.event !== null;
  const signalling = new Signalling(request, options.event ?? 0n);
  let accepted = false;
  try {
    options.change(request);
    signalling.prepare(wantsEvent ? DRM_MODE_PAGE_FLIP_EVENT : 0);
    checkState(request.state, signalling.flips);
    yield* commitState(request.state, {
      nonblock: options.nonblock ?? false,
      commitOf: crtc => signalling.commitOf(crtc),
      accepted: () => {
        accepted = true;
        signalling.install();
      },
    });
  } catch (error) {
    if (!accepted) signalling.revert();
    throw error;
  } finally {
    request.finish();
  }
}
