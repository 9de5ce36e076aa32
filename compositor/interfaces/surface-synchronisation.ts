// Explicit synchronisation of a surface, whichever of the two protocols it is by.
import type { ClientBuffer } from '../scene/client-buffer.ts';
import type { Acquire, FencedReleaseTarget, TimelinePoint } from '../scene/synchronisation.ts';

/** What a commit brings for its buffer. */
export interface CommitSynchronisation {
  /** Null leaves it to the buffer: its reservations, or nothing. */
  readonly acquire: Acquire | null;
  readonly fenced: FencedReleaseTarget | null;
  readonly point: TimelinePoint | null;
  /** Disposed once the use of the buffer has taken holds of its own. */
  readonly holds: readonly Disposable[];
}

export const NO_SYNCHRONISATION: CommitSynchronisation = {
  acquire: null,
  fenced: null,
  point: null,
  holds: [],
};

/** A surface has at most one of these. */
export interface SurfaceSynchronisation extends Disposable {
  /**
   * The pending fences and points for a commit, which are pending no more. `buffer` is what the commit attaches, null if
   * it attaches none. Throws a ProtocolError when they don't fit the buffer.
   */
  take(buffer: ClientBuffer | null): CommitSynchronisation;
}
