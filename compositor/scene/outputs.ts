// The displays as the rest of the compositor sees them. Implemented by the output room.
import type { Nanoseconds } from '../machine/machine.ts';
import type { ClientBuffer } from './client-buffer.ts';
import type { FormatModifiers } from './kernel-capabilities.ts';
import type { Rect, Region, Size } from './region.ts';
import type { Surface } from './surface.ts';
import type { Transform } from './transform.ts';

/** What wl_output tells, and where the output lies. */
export interface OutputInfo {
  /** Connector name, `Virtual-1`; unique. */
  readonly name: string;
  readonly description: string;
  readonly make: string;
  readonly model: string;
  /** Where it lies in the global space, in logical pixels. */
  readonly geometry: Rect;
  /** Of the mode, in device pixels. */
  readonly mode: Size;
  /** In millihertz. */
  readonly refresh: number;
  readonly scale: number;
  readonly transform: Transform;
  /** In millimetres; 0x0 when unknown. */
  readonly physical: Size;
}

/** What a buffer must be like to take a capture of an output. */
export interface CaptureConstraints {
  readonly size: Size;
  /** DRM fourcc codes. */
  readonly shmFormats: readonly number[];
  readonly dmabufFormats: readonly FormatModifiers[];
  /** dev_t of the device that fills dma-bufs; null when they are not taken. */
  readonly dmabufDevice: bigint | null;
}

export interface CaptureResult {
  readonly transform: Transform;
  /** What was written, in buffer coordinates. */
  readonly damage: Region;
  /** When the captured image was shown, or composed. */
  readonly time: Nanoseconds;
}

export type CaptureFailure = 'unknown' | 'buffer-constraints' | 'stopped';

/** Exactly one of `ready` and `failed` is called, once, unless the capture is cancelled first. */
export interface CaptureRequest {
  /** Written to; held by the capture until it is over, cancelled or not. */
  readonly buffer: ClientBuffer;
  /** What the client's buffer lacks, in buffer coordinates. */
  readonly bufferDamage: Region;
  readonly paintCursors: boolean;
  /** The part of the output that is wanted, in its device pixels, inside it; without it all of the output. */
  readonly region?: Rect;
  /**
   * The time of this client's last result: damage is counted from there, and an image that was missed since is taken at
   * once. Without it all of the output counts as damaged.
   */
  readonly since?: Nanoseconds;
  /** True: at once, whether or not anything changed (the first frame of a session). False: with the next damage. */
  readonly immediate: boolean;
  /** The copy is complete: its fence has signalled. */
  ready(result: CaptureResult): void;
  failed(reason: CaptureFailure): void;
}

/** Exactly one of `record` and `stopped` is called, once, unless the request is cancelled first. */
export interface HistogramRequest {
  /** True: the output is scanned once more if nothing changes. False: with the next frame that it shows. */
  readonly immediate: boolean;
  /** A `simkms_histogram_record`; the receiver's own copy. */
  record(bytes: Uint8Array): void;
  /** The output is gone or counts nothing. */
  stopped(): void;
}

/** What a plane shows; `buffer` names a client's buffer. */
export type PlaneContent =
  | { readonly kind: 'off' }
  | { readonly kind: 'composition' }
  | { readonly kind: 'surface'; readonly surface: Surface; readonly buffer: string }
  | { readonly kind: 'cursor'; readonly surface: Surface | null };

export interface PlaneObservation {
  readonly id: number;
  readonly kind: 'primary' | 'overlay' | 'cursor';
  readonly content: PlaneContent;
  /** Where its content lies, in device pixels of the output. */
  readonly place: Rect;
}

/** A surface that an output shows: the id of its plane, or null when it is composed, and why. */
export interface PlaceObservation {
  readonly surface: Surface;
  readonly plane: number | null;
  readonly reason: string;
}

/** What an output shows by its newest commit, and what it has done since the start. */
export interface OutputObservation {
  /** Of the repaint state machine. */
  readonly state: string;
  readonly frames: number;
  readonly composited: number;
  readonly scannedOut: number;
  /** Missed vblanks by whose fault they were. */
  readonly misses: Readonly<Record<'late client' | 'late render' | 'late commit' | 'device', number>>;
  readonly planes: readonly PlaneObservation[];
  /** Lowest first. */
  readonly places: readonly PlaceObservation[];
}

export interface Output {
  readonly info: OutputInfo;
  readonly captureConstraints: CaptureConstraints;
  /** Takes the next image shown into the client's buffer. The disposal of the result cancels it. */
  capture(request: CaptureRequest): Disposable;
  /** Made anew each time: for tools. */
  observe(): OutputObservation;
  /** The first vblank after now, as far as it can be told: a display that has shown nothing may come later. */
  nextVblank(): Nanoseconds;
  /** Counts the next frame shown. The disposal of the result cancels it. */
  histogram(request: HistogramRequest): Disposable;
}

export interface OutputsListener {
  added(output: Output): void;
  /** Mode, place or scale changed. */
  changed(output: Output): void;
  removed(output: Output): void;
}

export interface Outputs {
  /** In the order of their places, the first being the default for windows. */
  readonly list: readonly Output[];
  /** Is told of changes from now on, until disposed. */
  observe(listener: OutputsListener): Disposable;
}
