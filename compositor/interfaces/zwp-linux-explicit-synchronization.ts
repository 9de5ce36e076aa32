// zwp_linux_explicit_synchronization_v1: acquire and release fences as sync files.
import type { Handle } from '../../protocol/object/message.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import type { ClientBuffer } from '../scene/client-buffer.ts';
import type { KernelCapabilities } from '../scene/kernel-capabilities.ts';
import type { FencedReleaseTarget } from '../scene/synchronisation.ts';
import type { OwnedDescriptor } from '../server/descriptors.ts';
import type { Caller } from './context.ts';
import { demand } from './errors.ts';
import {
  type CommitSynchronisation,
  NO_SYNCHRONISATION,
  type SurfaceSynchronisation,
} from './surface-synchronisation.ts';
import type { SurfaceObject } from './wl-surface.ts';

export function bindExplicitSynchronization(
  caller: Caller,
  resource: Resource<'zwp_linux_explicit_synchronization_v1'>,
  capabilities: KernelCapabilities,
): void {
  resource.setHandlers({
    destroy: () => {},
    get_synchronization: (_, id, surface) => {
      const object = caller.context.surfaces.get(surface);
      demand(
        object.synchronisation === null,
        resource,
        'synchronization_exists',
        `wl_surface@${surface.id} has explicit synchronisation already`,
      );
      object.synchronisation = new SyncFileSynchronisation(caller, id, object, capabilities);
    },
  });
}

class SyncFileSynchronisation implements SurfaceSynchronisation {
  readonly #caller: Caller;
  readonly #resource: Resource<'zwp_linux_surface_synchronization_v1'>;
  #fence: OwnedDescriptor | null = null;
  #release: Resource<'zwp_linux_buffer_release_v1'> | null = null;
  #surfaceGone = false;

  constructor(
    caller: Caller,
    resource: Resource<'zwp_linux_surface_synchronization_v1'>,
    object: SurfaceObject,
    capabilities: KernelCapabilities,
  ) {
    this.#caller = caller;
    this.#resource = resource;
    resource.onDestroy(() => {
      this.#drop();
      if (object.synchronisation === this) object.synchronisation = null;
    });
    resource.setHandlers({
      destroy: () => {},
      set_acquire_fence: (_, handle) => this.#setFence(handle, capabilities),
      get_release: (_, release) => this.#setRelease(release),
    });
  }

  take(buffer: ClientBuffer | null): CommitSynchronisation {
    const fence = this.#fence;
    const release = this.#release;
    if (!fence && !release) return NO_SYNCHRONISATION;
    demand(
      buffer,
      this.#resource,
      'no_buffer',
      'a commit without a new buffer has an acquire fence or a release; both belong to a buffer',
    );
    demand(
      buffer.kind === 'dmabuf',
      this.#resource,
      'unsupported_buffer',
      `${buffer.label} is a ${buffer.kind} buffer; explicit synchronisation is for dma-bufs`,
    );
    this.#fence = null;
    this.#release = null;
    return {
      acquire: fence && { kind: 'sync-file', fence },
      fenced: release && this.#target(release),
      point: null,
      holds: [],
    };
  }

  [Symbol.dispose](): void {
    this.#surfaceGone = true;
    this.#drop();
  }

  #setFence(handle: Handle, capabilities: KernelCapabilities): void {
    this.#checkSurface();
    demand(
      capabilities.isSyncFile(handle.fd),
      this.#resource,
      'invalid_fence',
      'the descriptor is no sync file; SYNC_IOC_FILE_INFO fails on it',
    );
    demand(
      this.#fence === null,
      this.#resource,
      'duplicate_fence',
      'the commit has an acquire fence already',
    );
    this.#fence = this.#caller.client.claim(handle);
  }

  #setRelease(release: Resource<'zwp_linux_buffer_release_v1'>): void {
    this.#checkSurface();
    demand(this.#release === null, this.#resource, 'duplicate_release', 'the commit has a release already');
    this.#release = release;
  }

  #target({ events }: Resource<'zwp_linux_buffer_release_v1'>): FencedReleaseTarget {
    return {
      fenced: syncFile => events.fenced_release({ kind: 'task', fd: syncFile }),
      immediate: () => events.immediate_release(),
    };
  }

  #checkSurface(): void {
    demand(!this.#surfaceGone, this.#resource, 'no_surface', 'the wl_surface was destroyed');
  }

  /** Pending state that never was committed: its release is answered at once. */
  #drop(): void {
    this.#fence?.[Symbol.dispose]();
    this.#fence = null;
    this.#release?.events.immediate_release();
    this.#release = null;
  }
}
