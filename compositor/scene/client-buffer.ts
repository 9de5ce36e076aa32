// What a wl_buffer stands for. Descriptors are numbers of the compositor's Task.
import type { Lifetime } from './lifetime.ts';
import type { Size } from './region.ts';

interface BufferBase extends Size {
  /** Unique within this compositor; for traces and as a key of caches. */
  readonly id: number;
  /** For people: `wl_buffer@12 of demo`. */
  readonly label: string;
  /** DRM fourcc code. */
  readonly format: number;
  /**
   * The wl_buffer and every BufferUse hold it, so that memory stays while it is used although the client destroyed the
   * wl_buffer. Its descriptors are closed when it ends; caches drop what they made of the buffer then (`whenEnded`).
   */
  readonly lifetime: Lifetime;
}

/** The memory of a wl_shm_pool; it grows by wl_shm_pool.resize. */
export interface ShmMemory {
  readonly fd: number;
  /** Whose it is: what copying takes is limited for all memory of one owner together. */
  readonly owner: object;
  /** Bytes the client said the pool has. The file has been at least that long once. */
  readonly size: number;
}

/** Memory that the client's CPU writes: copied or mapped, never scanned out. */
export interface ShmBuffer extends BufferBase {
  readonly kind: 'shm';
  readonly memory: ShmMemory;
  /** Bytes from the start of the memory; not necessarily a multiple of a page. */
  readonly offset: number;
  /** Bytes from row to row. */
  readonly stride: number;
  /** Bytes from the first to the last: inside the memory as it was when the buffer was made. */
  readonly byteLength: number;
  /** The memory could not be read (the client cut its file short): the client is told so and disconnected. */
  fault(message: string): void;
}

export interface DmabufPlane {
  /** A dma-buf; planes of one buffer may be the same dma-buf under different numbers. */
  readonly fd: number;
  readonly offset: number;
  readonly stride: number;
}

export interface DmabufBuffer extends BufferBase {
  readonly kind: 'dmabuf';
  readonly planes: readonly DmabufPlane[];
  readonly modifier: bigint;
  /** zwp_linux_buffer_params_v1.flags bit 0: the first row is the lowest. */
  readonly yInverted: boolean;
}

/** wp_single_pixel_buffer_v1: 1x1, no memory; `format` is ARGB8888. */
export interface SinglePixelBuffer extends BufferBase {
  readonly kind: 'single-pixel';
  /** Premultiplied ARGB, 8 bits each, alpha in the top byte. */
  readonly argb: number;
}

export type ClientBuffer = ShmBuffer | DmabufBuffer | SinglePixelBuffer;
