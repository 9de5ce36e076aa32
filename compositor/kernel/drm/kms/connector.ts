import {
  type DRM_MODE_CONNECTOR_VIRTUAL,
  DRM_MODE_CONNECTOR_WRITEBACK,
  DRM_MODE_DPMS_ON,
  DRM_MODE_ENCODER_VIRTUAL,
} from '../../../../protocol/uapi/drm-mode.ts';
import type { Kernel } from '../../kernel.ts';
import type { PropertyBinding } from './binding.ts';
import type { Blob } from './blob.ts';
import type { Crtc } from './crtc.ts';
import type { CrtcCommit } from './crtc-commit.ts';
import type { Framebuffer } from './framebuffer.ts';
import { ModesetLock } from './lock.ts';
import type { Mode } from './mode.ts';
import type { ModeObject, ObjectTable } from './mode-object.ts';
import { DisplayTimeline } from './timeline.ts';

export interface ConnectorDraft {
  crtc: Crtc | null;
  linkStatus: number;
  /** Of one commit alone: where the composed picture is written to. A job may have been set to no framebuffer. */
  writeback: { readonly fb: Framebuffer | null } | null;
  /** `hdr_output_metadata`; null: the picture is SDR and the monitor is told nothing. */
  hdrMetadata: Blob | null;
}

export type ConnectorState = Readonly<ConnectorDraft>;

/** An encoder (`struct drm_encoder`); it has no state of its own. Both masks count indices of the device's lists. */
export class Encoder implements ModeObject {
  readonly kind = 'encoder';
  readonly id: number;
  readonly index: number;
  readonly possibleCrtcs: number;
  readonly possibleClones: number;
  readonly type = DRM_MODE_ENCODER_VIRTUAL;

  constructor(objects: ObjectTable, index: number, possibleCrtcs: number, possibleClones: number) {
    this.id = objects.reserve();
    this.index = index;
    this.possibleCrtcs = possibleCrtcs;
    this.possibleClones = possibleClones;
    objects.add(this);
  }
}

export interface ConnectorOptions {
  name: string;
  /** Name of the driver in fences. */
  driver: string;
  type: typeof DRM_MODE_CONNECTOR_VIRTUAL | typeof DRM_MODE_CONNECTOR_WRITEBACK;
  typeId: number;
  encoder: Encoder;
  modes: readonly Mode[];
  /** Formats that a writeback connector can write; empty for others. */
  writebackFormats: readonly number[];
}

/** A connector (`struct drm_connector`); a writeback connector has the timeline of its out-fences besides. */
export class Connector implements ModeObject {
  readonly kind = 'connector';
  readonly id: number;
  readonly options: ConnectorOptions;
  readonly lock = new ModesetLock();
  readonly bindings = new Map<number, PropertyBinding<ConnectorDraft>>();
  readonly writebackFences: DisplayTimeline;
  state: ConnectorState = Object.freeze({ crtc: null, linkStatus: 0, writeback: null, hdrMetadata: null });
  commit: CrtcCommit | null = null;
  /** The legacy property; what it does to the CRTC is done when it is set. */
  dpms: number = DRM_MODE_DPMS_ON;

  constructor(kernel: Kernel, objects: ObjectTable, options: ConnectorOptions) {
    this.id = objects.reserve();
    this.options = options;
    this.writebackFences = new DisplayTimeline(
      kernel,
      options.driver,
      `CONNECTOR:${this.id}-${options.name}`,
    );
    objects.add(this);
  }

  get name(): string {
    return this.options.name;
  }

  get isWriteback(): boolean {
    return this.options.type === DRM_MODE_CONNECTOR_WRITEBACK;
  }
}

export const duplicateConnector = (state: ConnectorState): ConnectorDraft => ({ ...state, writeback: null });
