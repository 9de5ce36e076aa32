import { Usage } from '../../dma-buf/reservation.ts';
import type { Kernel } from '../../kernel.ts';
import type { Fence } from '../../sync/fence.ts';
import { waitForFence } from '../../sync/wait.ts';
import { KernelError } from '../../task/kernel-error.ts';
import type { Sleeping } from '../../task/kernel-thread.ts';
import type { AtomicState } from './atomic-state.ts';
import type { Crtc } from './crtc.ts';
import { CrtcCommit } from './crtc-commit.ts';
import type { PlaneState } from './plane.ts';
import { holdNew, releaseNew, releaseOld } from './state-holdings.ts';

export interface CommitOptions {
  nonblock: boolean;
  /** Who is told of the flip of a CRTC, and what else is written; nobody and nothing when left out. */
  commitOf?: (crtc: Crtc) => CrtcCommit;
  /** The point of no return is behind: what was promised to userspace becomes visible. */
  accepted?: () => void;
}

const silent = (crtc: Crtc): CrtcCommit =>
  new CrtcCommit(crtc, { event: null, outFence: null, writeback: null, histogram: null });

/** A commit under way: its proposal, what it waits for, and the commits it follows. */
interface Transaction {
  readonly state: AtomicState;
  readonly commits: readonly CrtcCommit[];
  readonly preceding: readonly CrtcCommit[];
  readonly fences: readonly Fence[];
}

/**
 * `drm_atomic_helper_commit`: makes a checked proposal the current state and has the hardware show it. EBUSY when it
 * may not block and an earlier flip is pending; ENOMEM; EINTR while a blocking commit still waits for its in-fences.
 * After the swap nothing fails. A blocking commit returns when it is on the screen.
 */
export function* commitState(state: AtomicState, options: CommitOptions): Sleeping<void> {
  const preceding = precedingCommits(state);
  if (options.nonblock) refuseWhileBusy(preceding);
  holdNew(state);
  const fences = fencesOf(state);
  try {
    hintDeadline(state, fences);
    if (!options.nonblock) {
      state.device.kernel.locks.mayWaitForFence();
      for (const fence of fences) yield* waitForFence(fence);
      for (const commit of preceding) yield* commit.hwDone.wait(`hardware of ${commit.crtc.name}`, true);
    }
  } catch (error) {
    releaseNew(state);
    throw error;
  }
  const commits = swap(state, options.commitOf ?? silent);
  options.accepted?.();
  const transaction = { state, commits, preceding, fences };
  const { kernel } = state.device;
  const where = commits.map(commit => commit.crtc.name).join(', ');
  if (options.nonblock) kernel.thread(`commit tail of ${where}`, tail(kernel, transaction));
  else yield* tail(kernel, transaction);
}

/** Commits that touched the same objects and are not cleaned up yet. */
function precedingCommits(state: AtomicState): CrtcCommit[] {
  const touched = [...state.crtcs.keys(), ...state.connectors.keys(), ...state.planes.keys()];
  const commits = touched.map(object => object.commit).filter(commit => commit !== null);
  return [...new Set(commits)].filter(commit => !commit.cleanupDone.done);
}

function refuseWhileBusy(preceding: readonly CrtcCommit[]): void {
  const busy = preceding.find(commit => !commit.flipDone.done);
  if (busy)
    throw new KernelError('EBUSY', `${busy.crtc.name} has a flip pending; wait for its event or out-fence`);
}

/**
 * What holds the flip: a plane's IN_FENCE_FD, and without one the pending writers in its buffers' reservations. Fences
 * of the kernel's own moves are waited for in any case (`drm_gem_plane_helper_prepare_fb`).
 */
function fencesOf(state: AtomicState): Fence[] {
  return [...new Set([...state.planes.values()].flatMap(({ draft }) => planeFences(draft)))];
}

function planeFences({ fb, inFence }: PlaneState): Fence[] {
  const usage = inFence ? Usage.KERNEL : Usage.WRITE;
  const implicit = fb?.layout.planes.flatMap(({ object }) => object.reservation.fences(usage)) ?? [];
  return inFence ? [inFence, ...implicit] : implicit;
}

/** `set_fence_deadline`: by the start of the next blanking a frame should be ready. */
function hintDeadline(state: AtomicState, fences: readonly Fence[]): void {
  let deadline: bigint | null = null;
  for (const { vblank } of state.crtcs.keys()) {
    const start = vblank.nextBlankStart();
    if (start !== null && (deadline === null || start < deadline)) deadline = start;
  }
  if (deadline !== null) for (const fence of fences) fence.setDeadline(deadline);
}

/** `drm_atomic_helper_swap_state`, the point of no return: from here on reads give the new values. */
function swap(state: AtomicState, commitOf: (crtc: Crtc) => CrtcCommit): CrtcCommit[] {
  const commits = new Map<Crtc, CrtcCommit>();
  for (const [crtc, { draft }] of state.crtcs) {
    const commit = commitOf(crtc);
    commits.set(crtc, commit);
    crtc.commit = commit;
    crtc.state = Object.freeze(draft);
  }
  for (const [plane, { old, draft }] of state.planes) {
    plane.commit = commits.get((draft.crtc ?? old.crtc)!) ?? plane.commit;
    plane.state = Object.freeze(draft);
  }
  for (const [connector, { old, draft }] of state.connectors) {
    connector.commit = commits.get((draft.crtc ?? old.crtc)!) ?? connector.commit;
    // The job of a writeback is the commit's from here on, which lets its framebuffer go when it is done.
    connector.state = Object.freeze({ ...draft, writeback: null });
  }
  return [...commits.values()];
}

/** `commit_tail`; what was replaced is given back when nobody waits for this thread any more. */
function* tail({ locks }: Kernel, transaction: Transaction): Sleeping<void> {
  const { state, commits } = transaction;
  yield* locks.signallingThread('commit tail', untilFlipped(transaction));
  releaseOld(state);
  for (const commit of commits) commit.cleanupDone.complete();
}

/** Waits uninterruptibly, programs the hardware, waits for the flip, whose out-fence others wait for. */
function* untilFlipped({ state, commits, preceding, fences }: Transaction): Sleeping<void> {
  for (const fence of fences) yield* waitForFence(fence, { interruptible: false });
  for (const commit of preceding) yield* commit.flipDone.wait(`the flip before on ${commit.crtc.name}`);
  yield* program(state, commits);
  for (const commit of commits) commit.hwDone.complete();
  for (const commit of commits) yield* commit.flipDone.wait(`the flip of ${commit.crtc.name}`);
}

/** Off first, then on, then the new pictures. */
function* program(state: AtomicState, commits: readonly CrtcCommit[]): Sleeping<void> {
  const { driver } = state.device;
  for (const [crtc, { old }] of state.crtcs) {
    if (!old.active || !state.modesets.has(crtc)) continue;
    yield* driver.disable(crtc);
    crtc.vblank.off();
  }
  for (const crtc of state.modesets) {
    const { active, mode } = state.crtcs.get(crtc)!.draft;
    if (active && mode) crtc.vblank.on(mode);
  }
  for (const commit of commits) {
    if (state.crtcs.get(commit.crtc)!.draft.active) driver.arm(commit.crtc, commit);
    else commit.flip(commit.crtc.vblank.latest());
  }
}
