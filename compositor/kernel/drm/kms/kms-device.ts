import type { Kernel } from '../../kernel.ts';
import type { Sleeping } from '../../task/kernel-thread.ts';
import type { DrmDevice } from '../device.ts';
import type { DrmFile } from '../file.ts';
import type { AtomicState } from './atomic-state.ts';
import { BlobOwner } from './blob.ts';
import type { Completion } from './completion.ts';
import type { Connector, Encoder } from './connector.ts';
import type { Crtc } from './crtc.ts';
import type { CrtcCommit } from './crtc-commit.ts';
import type { Framebuffer } from './framebuffer.ts';
import type { SizeLimits } from './framebuffer-check.ts';
import { ObjectTable } from './mode-object.ts';
import type { Plane } from './plane.ts';
import { Properties } from './properties.ts';

/** What the hardware's driver does for the core. */
export interface KmsDriver {
  /** Name of the driver in fences. */
  readonly name: string;
  readonly limits: SizeLimits;
  /** Refuses what the hardware cannot do; called for TEST_ONLY too, so it changes nothing. EINVAL, ENOSPC. */
  check(state: AtomicState): void;
  /** Waits until the hardware reads nothing for the CRTC any more, and shows nothing from then on. */
  disable(crtc: Crtc): Sleeping<void>;
  /** Has the CRTC's current state latched at the next vblank, and calls `commit.flip` then. */
  arm(crtc: Crtc, commit: CrtcCommit): void;
  /** Has changed planes of the CRTC shown from the next vblank on, which is no flip; done when they are. */
  refresh(crtc: Crtc): Completion;
}

/** What one open file owns of the device. */
export interface KmsClient {
  readonly blobs: BlobOwner;
  readonly framebuffers: Set<Framebuffer>;
  /** Has opted in to the histogram. */
  histogram: boolean;
}

/** The mode setting part of a DRM device (`struct drm_mode_config`). */
export class KmsDevice {
  readonly kernel: Kernel;
  readonly drm: DrmDevice;
  readonly driver: KmsDriver;
  readonly objects = new ObjectTable();
  readonly properties: Properties;
  readonly planes: Plane[] = [];
  readonly crtcs: Crtc[] = [];
  readonly encoders: Encoder[] = [];
  readonly connectors: Connector[] = [];
  readonly #clients = new Map<DrmFile, KmsClient>();

  constructor(drm: DrmDevice, driver: KmsDriver) {
    this.kernel = drm.kernel;
    this.drm = drm;
    this.driver = driver;
    this.properties = new Properties(this.objects);
  }

  /** What a file owns, made when it first owns something. */
  client(file: DrmFile): KmsClient {
    let client = this.#clients.get(file);
    if (!client) {
      client = { blobs: new BlobOwner(this.objects), framebuffers: new Set(), histogram: false };
      this.#clients.set(file, client);
    }
    return client;
  }

  forgetClient(file: DrmFile): KmsClient | null {
    const client = this.#clients.get(file) ?? null;
    this.#clients.delete(file);
    return client;
  }

  /** Every format that some plane can show. */
  get formats(): readonly number[] {
    return [...new Set(this.planes.flatMap(plane => plane.options.formats))];
  }
}
