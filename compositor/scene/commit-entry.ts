// Commits on their way: joined while they are cached, given back when they never take effect.
import { DAMAGE_LIMIT } from './pending-state.ts';
import type { SurfaceCommit } from './surface-state.ts';
import type { TransactionEntry } from './transaction.ts';

/** Two commits of a synchronised subsurface as one: what the newer replaces is given back now. */
export function mergeEntries(older: TransactionEntry, newer: TransactionEntry): TransactionEntry {
  const replaced = newer.commit.attached !== undefined;
  if (replaced) releaseContent(older);
  for (const feedback of older.commit.feedback) feedback.discarded();
  return {
    surface: newer.surface,
    commit: mergeCommits(older.commit, newer.commit),
    constraint: replaced ? newer.constraint : older.constraint,
    hold: replaced ? newer.hold : older.hold,
  };
}

function mergeCommits(older: SurfaceCommit, newer: SurfaceCommit): SurfaceCommit {
  return Object.freeze({
    ...newer,
    attached: newer.attached === undefined ? older.attached : newer.attached,
    bufferDamage: older.bufferDamage.union(newer.bufferDamage).simplified(DAMAGE_LIMIT),
    offset: { x: older.offset.x + newer.offset.x, y: older.offset.y + newer.offset.y },
    frameCallbacks: [...older.frameCallbacks, ...newer.frameCallbacks],
  });
}

/** Gives a commit up that will never be applied. */
export function abandonEntry(entry: TransactionEntry): void {
  for (const callback of entry.commit.frameCallbacks) callback.cancel?.();
  for (const feedback of entry.commit.feedback) feedback.discarded();
  releaseContent(entry);
}

function releaseContent(entry: TransactionEntry): void {
  entry.constraint?.cancel();
  entry.hold?.[Symbol.dispose]();
}
