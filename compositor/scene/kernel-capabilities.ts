// What the compositor's kernel devices can do, as the protocol objects need to know it. Implemented by the output room
// over a Task.
import type { DmabufPlane } from './client-buffer.ts';
import type { Size } from './region.ts';
import type { Timeline } from './synchronisation.ts';

export interface FormatModifiers {
  /** DRM fourcc code. */
  readonly format: number;
  readonly modifiers: readonly bigint[];
}

/** A group of formats that suit one device, best first (zwp_linux_dmabuf_feedback_v1). */
export interface FormatTranche {
  /** dev_t of the device that would use the buffers. */
  readonly device: bigint;
  /** Whether they can be scanned out. */
  readonly scanout: boolean;
  readonly formats: readonly FormatModifiers[];
}

export interface DmabufDescription extends Size {
  readonly format: number;
  readonly modifier: bigint;
  readonly planes: readonly DmabufPlane[];
}

/** A system call's answer: the value, or why not, for people. */
export type Outcome<T> = { readonly value: T } | { readonly error: string };

/** Descriptors given are numbers of the compositor's Task and stay the caller's. */
export interface KernelCapabilities {
  /** dev_t of the render node. */
  readonly mainDevice: bigint;
  /** Best first. Every format that is accepted is in one of them. */
  readonly tranches: readonly FormatTranche[];
  /** Tries the import on the render device. */
  tryImport(buffer: DmabufDescription): Outcome<null>;
  /** Imports a syncobj's descriptor as a timeline; the caller disposes `hold` when the client destroys it. */
  importTimeline(fd: number): Outcome<{ timeline: Timeline; hold: Disposable }>;
  /** Whether the descriptor is a sync file (SYNC_IOC_FILE_INFO answers). */
  isSyncFile(fd: number): boolean;
}
