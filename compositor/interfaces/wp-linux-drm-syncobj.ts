// wp_linux_drm_syncobj_manager_v1: acquire and release points on timelines.
import type { Resource } from '../../protocol/object/resource.ts';
import type { ClientBuffer } from '../scene/client-buffer.ts';
import type { KernelCapabilities } from '../scene/kernel-capabilities.ts';
import type { TimelinePoint } from '../scene/synchronisation.ts';
import type { Caller, Context } from './context.ts';
import { demand, refusal } from './errors.ts';
import {
  type CommitSynchronisation,
  NO_SYNCHRONISATION,
  type SurfaceSynchronisation,
} from './surface-synchronisation.ts';
import type { SurfaceObject } from './wl-surface.ts';

export function bindSyncobjManager(
  { context }: Caller,
  resource: Resource<'wp_linux_drm_syncobj_manager_v1'>,
  capabilities: KernelCapabilities,
): void {
  resource.setHandlers({
    destroy: () => {},
    get_surface: (_, id, surface) => {
      const object = context.surfaces.get(surface);
      demand(
        object.synchronisation === null,
        resource,
        'surface_exists',
        `wl_surface@${surface.id} has explicit synchronisation already`,
      );
      object.synchronisation = new TimelineSynchronisation(context, id, object);
    },
    import_timeline: (_, id, handle) => {
      const outcome = capabilities.importTimeline(handle.fd);
      if ('error' in outcome)
        throw refusal(resource, 'invalid_timeline', `the descriptor is no syncobj: ${outcome.error}`);
      const { timeline, hold } = outcome.value;
      context.timelines.set(id, timeline);
      id.setHandlers({ destroy: () => {} });
      id.onDestroy(() => hold[Symbol.dispose]());
    },
  });
}

interface HeldPoint extends TimelinePoint {
  readonly hold: Disposable;
}

class TimelineSynchronisation implements SurfaceSynchronisation {
  readonly #context: Context;
  readonly #resource: Resource<'wp_linux_drm_syncobj_surface_v1'>;
  #acquire: HeldPoint | null = null;
  #release: HeldPoint | null = null;
  #surfaceGone = false;

  constructor(
    context: Context,
    resource: Resource<'wp_linux_drm_syncobj_surface_v1'>,
    object: SurfaceObject,
  ) {
    this.#context = context;
    this.#resource = resource;
    resource.onDestroy(() => {
      this.#drop();
      if (object.synchronisation === this) object.synchronisation = null;
    });
    resource.setHandlers({
      destroy: () => {},
      set_acquire_point: (_, timeline, high, low) => {
        this.#acquire = this.#replace(this.#acquire, timeline, high, low);
      },
      set_release_point: (_, timeline, high, low) => {
        this.#release = this.#replace(this.#release, timeline, high, low);
      },
    });
  }

  take(buffer: ClientBuffer | null): CommitSynchronisation {
    const acquire = this.#acquire;
    const release = this.#release;
    if (!buffer) {
      demand(
        !acquire && !release,
        this.#resource,
        'no_buffer',
        'a commit without a new buffer has a point; acquire and release points belong to a buffer',
      );
      return NO_SYNCHRONISATION;
    }
    demand(
      buffer.kind === 'dmabuf',
      this.#resource,
      'unsupported_buffer',
      `${buffer.label} is a ${buffer.kind} buffer; explicit synchronisation is for dma-bufs`,
    );
    demand(acquire, this.#resource, 'no_acquire_point', 'a buffer is committed without an acquire point');
    demand(release, this.#resource, 'no_release_point', 'a buffer is committed without a release point');
    demand(
      acquire.timeline !== release.timeline || acquire.point < release.point,
      this.#resource,
      'conflicting_points',
      `on one timeline the release point ${release.point} must come after the acquire point ${acquire.point}`,
    );
    this.#acquire = null;
    this.#release = null;
    return {
      acquire: { kind: 'timeline', acquire },
      fenced: null,
      point: release,
      holds: [acquire.hold, release.hold],
    };
  }

  [Symbol.dispose](): void {
    this.#surfaceGone = true;
    this.#drop();
  }

  #replace(
    before: HeldPoint | null,
    resource: Resource<'wp_linux_drm_syncobj_timeline_v1'>,
    high: number,
    low: number,
  ): HeldPoint {
    demand(!this.#surfaceGone, this.#resource, 'no_surface', 'the wl_surface was destroyed');
    before?.hold[Symbol.dispose]();
    const timeline = this.#context.timelines.get(resource);
    return {
      timeline,
      point: (BigInt(high) << 32n) | BigInt(low),
      hold: timeline.hold('pending point'),
    };
  }

  #drop(): void {
    this.#acquire?.hold[Symbol.dispose]();
    this.#release?.hold[Symbol.dispose]();
    this.#acquire = null;
    this.#release = null;
  }
}
