// The options and results of the SDK's calls.
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import type { Fence } from './fence.ts';
import type { HdrMetadata, HdrRecord } from './hdr-metadata.ts';
import type { HostMemory, LocalMemory } from './memory-ports.ts';

/** Limits of one wait. Without them it lasts until what is waited for, or the connection, ends. */
export interface WaitOptions {
  /** Milliseconds; then the wait rejects with `WaitExpired`. The timer keeps no process alive. */
  readonly timeout?: number;
  /** Aborted, the wait rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How a client on a given connection reaches memory. Without either, pixels are copied through the connection. */
export interface ClientOptions {
  /** Used where the connection passes descriptors. */
  readonly hostMemory?: HostMemory;
  readonly localMemory?: LocalMemory;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** In pixels of the buffer. */
export interface Rect extends Size {
  readonly x: number;
  readonly y: number;
}

export type PixelFormat = 'XRGB8888' | 'ARGB8888' | 'NV12';

/** How an image changes hands: by wl_buffer.release and the buffer's own fences, by sync files, by timeline points. */
export type SyncMode = 'implicit' | 'sync-file' | 'timeline';

export interface SwapchainOptions {
  /** `shm` is memory for the CPU, `dmabuf` a buffer that devices read and write too. Default `shm`. */
  readonly kind?: 'shm' | 'dmabuf';
  /** Default `XRGB8888`. `NV12` needs `dmabuf`. */
  readonly format?: PixelFormat;
  /** Images at once, 1 to 16. Default 3. */
  readonly buffers?: number;
  /** Default `implicit`; the others need `dmabuf`. */
  readonly sync?: SyncMode;
  /** Who makes a dma-buf's memory. By default the simulated GPU where it can be mapped here, udmabuf elsewhere. */
  readonly memory?: 'simgpu' | 'udmabuf';
}

export interface WindowOptions extends SwapchainOptions {
  readonly title?: string;
  readonly appId?: string;
  /** Where the server leaves the choice. Default 640 by 480. */
  readonly size?: Size;
  /**
   * Keep `size` whatever the server suggests, scaled by a viewport to what it suggests: stretched with true; with `cover`
   * two sides are cropped, and proportions kept.
   */
  readonly fixedSize?: boolean | 'cover';
  readonly minSize?: Size;
  readonly maxSize?: Size;
  readonly maximized?: boolean;
  readonly fullscreen?: boolean | ObjectProxy<'wl_output'>;
}

export interface SubsurfaceOptions extends SwapchainOptions {
  readonly size: Size;
  readonly x?: number;
  readonly y?: number;
  /** Commits take effect with the parent's. Default false: they take effect by themselves. */
  readonly synchronised?: boolean;
}

export interface FrameOptions extends WaitOptions {
  /** Hand an image out while its release fence is pending: `frame.releaseFence` is the caller's to wait for. */
  readonly withReleaseFence?: boolean;
  /** Do not wait for the frame callback of the last commit. */
  readonly unthrottled?: boolean;
}

export interface PresentOptions {
  /** What changed since the last frame. Default: everything. */
  readonly damage?: readonly Rect[];
  /** Signals when the image is drawn. `present` takes it over and closes it. */
  readonly acquire?: Fence | null;
  /**
   * What the monitor is told, from this frame on, while the surface has an output to itself; null: nothing any more. Left
   * out: as before. Throws `MissingGlobal` where the server takes no metadata.
   */
  readonly hdrMetadata?: HdrMetadata | HdrRecord | null;
}

/** What became of a commit (wp_presentation_feedback). */
export type PresentationFeedback =
  | {
      readonly kind: 'presented';
      /** Nanoseconds on the presentation clock (`CLOCK_MONOTONIC`). */
      readonly time: bigint;
      /** Nanoseconds from one refresh to the next, 0 if unknown. */
      readonly refresh: number;
      /** The output's vblank counter. */
      readonly sequence: bigint;
      readonly vsync: boolean;
      readonly hardwareClock: boolean;
      readonly hardwareCompletion: boolean;
      /** The buffer itself was scanned out. */
      readonly zeroCopy: boolean;
    }
  | { readonly kind: 'discarded' }
  /** A Wayland server called for the next frame, and has not said for two seconds what became of this one. */
  | { readonly kind: 'unanswered' };

/** Pixels in rows without padding, 4 bytes each: red, green, blue, alpha. */
export interface Screenshot extends Size {
  readonly data: Uint8Array;
}

export interface ScreenshotOptions extends WaitOptions {
  /** The output's name; by default the first output. */
  readonly output?: string;
}

export interface OutputDescription extends Size {
  readonly name: string;
  readonly description: string;
  readonly x: number;
  readonly y: number;
  /** Millihertz. */
  readonly refresh: number;
  readonly scale: number;
  readonly make: string;
  readonly model: string;
}

export interface FormatDescription {
  /** DRM fourcc code. */
  readonly format: number;
  /** Its four letters. */
  readonly name: string;
  readonly modifiers: readonly bigint[];
}

/** What a server offers to this connection. */
export interface Description {
  readonly globals: readonly { readonly interface: string; readonly version: number }[];
  readonly outputs: readonly OutputDescription[];
  /** Formats of wl_shm. */
  readonly shmFormats: readonly FormatDescription[];
  /** Formats of dma-bufs. */
  readonly dmabufFormats: readonly FormatDescription[];
}
