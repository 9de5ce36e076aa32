// Acquire fences (when the client's content may be read) and release targets (how the client learns that it may be
// written again), and who waits for the one and fulfils the other.
import type { BufferUse } from './buffer-use.ts';
import type { DmabufBuffer } from './client-buffer.ts';

/** A descriptor of the compositor's Task that closes when disposed; disposing twice does nothing. */
export interface OwnedDescriptor extends Disposable {
  readonly fd: number;
}

/** A syncobj timeline imported from a client, kept while anything still names a point of it. */
export interface Timeline {
  /** The syncobj handle on the compositor's DRM device. */
  readonly handle: number;
  /** Keeps the import; the handle is destroyed with the last hold. */
  hold(consumer: string): Disposable;
}

export interface TimelinePoint {
  readonly timeline: Timeline;
  readonly point: bigint;
}

/** What a commit's content waits for before it may be read. */
export type Acquire =
  /** wl_shm and single-pixel buffers: complete when committed. */
  | { readonly kind: 'none' }
  /** The writers in the reservations of the planes, as they were at the commit (EXPORT_SYNC_FILE with READ). */
  | { readonly kind: 'implicit'; readonly buffer: DmabufBuffer }
  /** zwp_linux_explicit_synchronization_v1; the BufferUse owns the sync file. */
  | { readonly kind: 'sync-file'; readonly fence: OwnedDescriptor }
  /** wp_linux_drm_syncobj_v1; the point may have no fence yet. */
  | { readonly kind: 'timeline'; readonly acquire: TimelinePoint };

/** Something a transaction waits for. */
export interface Constraint {
  /** For people: `acquire fence of wl_buffer@12`. */
  readonly what: string;
  readonly ready: boolean;
  /** Why it counts as ready although it failed (a fence in error); null otherwise. */
  readonly error: string | null;
  /** Calls `listener` once, when it becomes ready; at once if it is. */
  whenReady(listener: () => void): void;
  /** Nobody waits any more: listeners are not called, what it holds is given back. */
  cancel(): void;
}

/** Waits for acquire fences. Implemented by the sync room. */
export interface AcquireWaiter {
  /**
   * Looks at the fences at once (for `implicit`, the snapshot is taken inside this call). Returns null when there is
   * nothing to wait for. Never throws: what can't be waited for is a constraint that is ready with an error.
   */
  wait(acquire: Acquire, label: string): Constraint | null;
}

/** zwp_linux_buffer_release_v1. Exactly one of the two is called, once. */
export interface FencedReleaseTarget {
  /** Sends a duplicate of the sync file; the caller still closes its own. */
  fenced(syncFile: number): void;
  /** Every use is over: there is nothing to wait for. */
  immediate(): void;
}

/** How one commit of a buffer is given back; each is fulfilled exactly once. Calls after the client is gone do nothing. */
export interface ReleaseTargets {
  /** Sends wl_buffer.release; nothing if the wl_buffer is gone. */
  readonly buffer: () => void;
  readonly fenced: FencedReleaseTarget | null;
  /** The point the client waits for: the release fence is imported into it. */
  readonly point: TimelinePoint | null;
}

/** Gives buffers back. Implemented by the sync room. */
export interface ReleaseService {
  /**
   * The last reference to `use` was dropped. Exports the release fence (WRITE) of each distinct dma-buf now, before the
   * client is told anything, and fulfils `use.targets`. `use.buffer` lives until the returned hold, if any, is
   * disposed by the service itself: it takes `use.buffer.lifetime.hold(...)` if it needs longer than this call.
   */
  release(use: BufferUse): void;
}
