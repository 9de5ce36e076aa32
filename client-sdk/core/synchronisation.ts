// How a committed image comes back, and how the server learns when it is drawn: one strategy for each SyncMode.
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import { DMA_BUF_IOCTL_IMPORT_SYNC_FILE, DMA_BUF_SYNC_WRITE } from '../../protocol/uapi/dma-buf.ts';
import type { Client } from './client.ts';
import { Fence } from './fence.ts';
import type { SharedImage } from './image.ts';
import type { SyncMode } from './options.ts';
import { Timeline } from './timeline.ts';
import { high, low } from './words.ts';

/** Told when the image has come back: with the fence of its last readers, or with null when they are done. */
export type Released = (releaseFence: Fence | null) => void;

export interface Synchronisation extends Disposable {
  /** Makes the requests that go with the commit of an image. Takes the acquire fence over. */
  prepare(image: SharedImage, acquire: Fence | null, released: Released): void;
}

export async function synchronise(
  client: Client,
  surface: ObjectProxy<'wl_surface'>,
  mode: SyncMode,
): Promise<Synchronisation> {
  // Fences are files of the client's Task: without one there are none, whatever else the server offers.
  if (mode !== 'implicit') void client.kernel;
  if (mode === 'sync-file') return new SyncFiles(client, surface);
  if (mode === 'timeline') return TimelinePoints.create(client, surface);
  return new Implicit(client);
}

/** wl_buffer.release, and for dma-bufs the fences in the buffer itself. */
class Implicit implements Synchronisation {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  prepare(image: SharedImage, acquire: Fence | null, released: Released): void {
    if (acquire) this.#leave(image, acquire);
    const listener = image.buffer.on('release', () => {
      listener[Symbol.dispose]();
      released(null);
    });
  }

  /** Leaves the acquire fence in the dma-buf as its writer's. */
  #leave(image: SharedImage, acquire: Fence): void {
    const imported = this.#client.kernel.call(image.dmabuf, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, {
      flags: DMA_BUF_SYNC_WRITE,
      fd: acquire.fd,
    });
    imported.catch(error => image.fail(error));
    acquire[Symbol.dispose]();
  }

  [Symbol.dispose](): void {}
}

/** zwp_linux_explicit_synchronization_v1. */
class SyncFiles implements Synchronisation {
  readonly #client: Client;
  readonly #surface: ObjectProxy<'zwp_linux_surface_synchronization_v1'>;

  constructor(client: Client, surface: ObjectProxy<'wl_surface'>) {
    this.#client = client;
    this.#surface = client.shared('zwp_linux_explicit_synchronization_v1').get_synchronization(surface);
  }

  prepare(_image: SharedImage, acquire: Fence | null, released: Released): void {
    if (acquire) this.#surface.set_acquire_fence({ kind: 'task', fd: acquire.fd });
    acquire?.[Symbol.dispose]();
    this.#surface.get_release().listen({
      fenced_release: ({ fd }) => released(new Fence(this.#client.kernel, fd)),
      immediate_release: () => released(null),
    });
  }

  [Symbol.dispose](): void {
    if (this.#client.error === null) this.#surface.destroy();
  }
}

type TimelineProxy = ObjectProxy<'wp_linux_drm_syncobj_timeline_v1'>;

/** wp_linux_drm_syncobj_manager_v1: commit n has acquire point n on one timeline and release point n on another. */
class TimelinePoints implements Synchronisation {
  readonly #client: Client;
  readonly #surface: ObjectProxy<'wp_linux_drm_syncobj_surface_v1'>;
  readonly #acquire: { timeline: Timeline; proxy: TimelineProxy };
  readonly #release: { timeline: Timeline; proxy: TimelineProxy };
  readonly #gone = new AbortController();
  #point = 0n;

  private constructor(
    client: Client,
    surface: ObjectProxy<'wl_surface'>,
    acquire: { timeline: Timeline; proxy: TimelineProxy },
    release: { timeline: Timeline; proxy: TimelineProxy },
  ) {
    this.#client = client;
    this.#surface = client.shared('wp_linux_drm_syncobj_manager_v1').get_surface(surface);
    this.#acquire = acquire;
    this.#release = release;
  }

  static async create(client: Client, surface: ObjectProxy<'wl_surface'>): Promise<TimelinePoints> {
    const made = async () => {
      const timeline = await Timeline.create(client);
      return { timeline, proxy: await timeline.imported() };
    };
    return new TimelinePoints(client, surface, await made(), await made());
  }

  prepare(image: SharedImage, acquire: Fence | null, released: Released): void {
    const point = ++this.#point;
    const acquirePoint = this.#acquire.timeline.point(point);
    const given = acquire ? acquirePoint.import(acquire) : acquirePoint.signal();
    given.catch(error => image.fail(error));
    acquire?.[Symbol.dispose]();
    this.#surface.set_acquire_point(this.#acquire.proxy, high(point), low(point));
    this.#surface.set_release_point(this.#release.proxy, high(point), low(point));
    this.#watch(point, released);
  }

  /** The point gets its fence when the server has let the image go. */
  #watch(point: bigint, released: Released): void {
    const release = this.#release.timeline.point(point);
    const fence = async () => {
      await release.available({ signal: this.#gone.signal });
      released(await release.fence());
    };
    // The wait ends early with the surface or the connection; then nobody waits for the image.
    fence().catch(() => {});
  }

  [Symbol.dispose](): void {
    this.#gone.abort();
    if (this.#client.error === null) this.#surface.destroy();
    this.#acquire.timeline[Symbol.dispose]();
    this.#release.timeline[Symbol.dispose]();
  }
}
