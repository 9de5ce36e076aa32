import type { Kernel } from '../../kernel.ts';
import type { PropertyBinding } from './binding.ts';
import type { Blob } from './blob.ts';
import type { CrtcCommit } from './crtc-commit.ts';
import { ModesetLock } from './lock.ts';
import type { PinnedMemfd } from './memfd-property.ts';
import type { Mode } from './mode.ts';
import type { ModeObject, ObjectTable } from './mode-object.ts';
import type { Plane } from './plane.ts';
import { DisplayTimeline } from './timeline.ts';
import { Vblank } from './vblank.ts';

/** Opaque black as BACKGROUND_COLOR has it: 16 bits each of alpha, red, green, blue. */
const BLACK = 0xffff_0000_0000_0000n;

/** A CRTC's state while a request builds it; frozen once it is current. */
export interface CrtcDraft {
  active: boolean;
  mode: Mode | null;
  modeBlob: Blob | null;
  gammaLut: Blob | null;
  background: bigint;
  /** Of one commit alone: mode of its histogram (0: none) and the memory that the record goes to. */
  histogramMode: number;
  histogramMemory: PinnedMemfd | null;
}

export type CrtcState = Readonly<CrtcDraft>;

export interface CrtcOptions {
  index: number;
  /** Name of the driver in fences. */
  driver: string;
  primary: Plane;
  cursor: Plane;
}

/** A CRTC (`struct drm_crtc`) with its vblanks and the timeline of its out-fences. */
export class Crtc implements ModeObject {
  readonly kind = 'crtc';
  readonly id: number;
  readonly index: number;
  readonly primary: Plane;
  readonly cursor: Plane;
  readonly lock = new ModesetLock();
  readonly bindings = new Map<number, PropertyBinding<CrtcDraft>>();
  readonly vblank: Vblank;
  readonly outFences: DisplayTimeline;
  readonly histogramFences: DisplayTimeline;
  state: CrtcState = Object.freeze(INITIAL_CRTC_STATE);
  commit: CrtcCommit | null = null;
  /** Where the legacy CURSOR call put the cursor, kept while it is hidden. */
  cursorPosition = { x: 0, y: 0 };

  constructor(kernel: Kernel, objects: ObjectTable, options: CrtcOptions) {
    this.id = objects.reserve();
    this.index = options.index;
    this.primary = options.primary;
    this.cursor = options.cursor;
    this.vblank = new Vblank(kernel.machine, `vblank of crtc-${options.index}`, this.id);
    const timeline = `CRTC:${this.id}-${this.name}`;
    this.outFences = new DisplayTimeline(kernel, options.driver, timeline);
    this.histogramFences = new DisplayTimeline(kernel, options.driver, `${timeline}-histogram`);
    objects.add(this);
  }

  get name(): string {
    return `crtc-${this.index}`;
  }
}

const INITIAL_CRTC_STATE: CrtcDraft = {
  active: false,
  mode: null,
  modeBlob: null,
  gammaLut: null,
  background: BLACK,
  histogramMode: 0,
  histogramMemory: null,
};

export const duplicateCrtc = (state: CrtcState): CrtcDraft => ({
  ...state,
  histogramMode: 0,
  histogramMemory: null,
});
