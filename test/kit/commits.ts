import {
  type Client,
  Fence,
  type ObjectProxy,
  type SharedImage,
  type SyncMode,
  Timeline,
} from '../../client-sdk/core/index.ts';
import type { Machine, Nanoseconds } from '../../compositor/machine/machine.ts';

/** What came back of one commit of a buffer. Times are the machine's; null is not yet. */
export interface CommitRecord {
  /** Of wl_buffer.release events: one buffer sends them for all its commits. */
  readonly bufferReleases: Nanoseconds[];
  /** How often the release of this commit was told, by whichever protocol: 1 in the end. */
  told: number;
  /** How: `immediate` and `fenced` are of sync files, `point` of timelines. */
  kind: 'none' | 'immediate' | 'fenced' | 'point';
  toldAt: Nanoseconds | null;
  fence: Fence | null;
  /** When a wait for the release fence returned. */
  signalledAt: Nanoseconds | null;
}

/**
 * Commits images to a surface one by one, without a swapchain, and keeps a record of how each comes back. The surface's
 * role has been configured and acknowledged by then.
 */
export class Commits {
  readonly records: CommitRecord[] = [];
  readonly #client: Client;
  readonly #machine: Machine;
  readonly #surface: ObjectProxy<'wl_surface'>;
  readonly #synchronisation: Synchronisation;

  private constructor(
    client: Client,
    machine: Machine,
    surface: ObjectProxy<'wl_surface'>,
    synchronisation: Synchronisation,
  ) {
    this.#client = client;
    this.#machine = machine;
    this.#surface = surface;
    this.#synchronisation = synchronisation;
  }

  static async create(
    client: Client,
    machine: Machine,
    surface: ObjectProxy<'wl_surface'>,
    sync: SyncMode,
  ): Promise<Commits> {
    return new Commits(client, machine, surface, await synchronise(client, surface, sync));
  }

  /** Commits an image. With an acquire fence, which stays the caller's, it is complete when that signals. */
  commit(image: SharedImage, acquire: Fence | null = null): CommitRecord {
    const record: CommitRecord = {
      bufferReleases: [],
      told: 0,
      kind: 'none',
      toldAt: null,
      fence: null,
      signalledAt: null,
    };
    image.buffer.on('release', () => void record.bufferReleases.push(this.#machine.now()));
    this.#synchronisation.prepare(acquire, (kind, fence) => this.#told(record, kind, fence));
    this.#surface.attach(image.buffer, 0, 0);
    this.#surface.damage_buffer(0, 0, image.width, image.height);
    this.#surface.commit();
    this.records.push(record);
    return record;
  }

  /** Gives the surface's synchronisation object up. */
  [Symbol.dispose](): void {
    this.#synchronisation[Symbol.dispose]();
  }

  #told(record: CommitRecord, kind: CommitRecord['kind'], fence: Fence | null): void {
    const now = () => this.#machine.now();
    record.told++;
    record.kind = kind;
    record.toldAt = now();
    record.fence = fence;
    if (!fence) record.signalledAt = now();
    else
      fence.signalled().then(
        () => {
          record.signalledAt = now();
        },
        error => {
          if (this.#client.error === null) throw error;
        },
      );
  }
}

type Told = (kind: CommitRecord['kind'], fence: Fence | null) => void;

interface Synchronisation extends Disposable {
  prepare(acquire: Fence | null, told: Told): void;
}

async function synchronise(
  client: Client,
  surface: ObjectProxy<'wl_surface'>,
  sync: SyncMode,
): Promise<Synchronisation> {
  if (sync === 'implicit') return { prepare: () => {}, [Symbol.dispose]: () => {} };
  if (sync === 'sync-file') return syncFiles(client, surface);
  return timelinePoints(client, surface, await Timeline.create(client), await Timeline.create(client));
}

function syncFiles(client: Client, surface: ObjectProxy<'wl_surface'>): Synchronisation {
  const object = client.shared('zwp_linux_explicit_synchronization_v1').get_synchronization(surface);
  return {
    prepare: (acquire, told) => {
      if (acquire) object.set_acquire_fence({ kind: 'task', fd: acquire.fd });
      object.get_release().listen({
        fenced_release: ({ fd }) => told('fenced', new Fence(client.kernel, fd)),
        immediate_release: () => told('immediate', null),
      });
    },
    [Symbol.dispose]: () => object.destroy(),
  };
}

async function timelinePoints(
  client: Client,
  surface: ObjectProxy<'wl_surface'>,
  acquirePoints: Timeline,
  releasePoints: Timeline,
): Promise<Synchronisation> {
  const object = client.shared('wp_linux_drm_syncobj_manager_v1').get_surface(surface);
  const [acquireProxy, releaseProxy] = [await acquirePoints.imported(), await releasePoints.imported()];
  let point = 0n;
  return {
    prepare: (acquire, told) => {
      const at = ++point;
      const given = acquire ? acquirePoints.point(at).import(acquire) : acquirePoints.point(at).signal();
      given.catch(() => {});
      object.set_acquire_point(acquireProxy, 0, Number(at));
      object.set_release_point(releaseProxy, 0, Number(at));
      const release = releasePoints.point(at);
      const watch = async () => {
        await release.available();
        told('point', await release.fence());
      };
      watch().catch(() => {});
    },
    [Symbol.dispose]: () => object.destroy(),
  };
}
