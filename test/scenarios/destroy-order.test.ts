// Whatever is destroyed first, surface, buffer, timeline, synchronisation, window, client or display: all comes back once
// and nothing remains (destroy-order-fuzz).
import { expect, it } from 'vitest';
import {
  type Client,
  Gpu,
  SharedImage,
  type SyncMode,
  Timeline,
  type Window,
} from '../../client-sdk/core/index.ts';
import { seededRandom } from '../../compositor/machine/random.ts';
import { Commits, TestSession } from '../kit/index.ts';

const SIZE = { width: 32, height: 24 };
const MODES = ['implicit', 'sync-file', 'timeline'] as const satisfies readonly SyncMode[];

type Random = () => number;
const upTo = (random: Random, most: number): number => Math.floor(random() * most);

/** The list in another order. */
function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const rest = [...list];
  const out: T[] = [];
  while (rest.length > 0) out.push(...rest.splice(upTo(random, rest.length), 1));
  return out;
}

interface Doomed {
  readonly client: Client;
  readonly commits: Commits;
  readonly sync: SyncMode;
  /** Each destroys something; all of them are called, in any order. */
  readonly destroy: readonly (() => void)[];
}

/** A point that a surface names and that nobody else has. */
async function point(session: TestSession, client: Client, window: Window): Promise<() => void> {
  const part = window.createSubsurface({ size: { width: 8, height: 8 } });
  const object = client.shared('wp_linux_drm_syncobj_manager_v1').get_surface(part.surface.proxy);
  const [acquire, release] = [
    await session.until(Timeline.create(client)),
    await session.until(Timeline.create(client)),
  ];
  const proxies = [await session.until(acquire.imported()), await session.until(release.imported())] as const;
  const image = await session.until(SharedImage.create(client, { width: 8, height: 8, kind: 'dmabuf' }));
  object.set_acquire_point(proxies[0], 0, 1);
  object.set_release_point(proxies[1], 0, 1);
  // The acquire point never comes.
  part.surface.presentBuffer(image.buffer, image);
  const parts = [
    () => object.destroy(),
    () => acquire[Symbol.dispose](),
    () => release[Symbol.dispose](),
    () => image[Symbol.dispose](),
    () => part[Symbol.dispose](),
  ];
  const random = seededRandom(Number(session.machine.now() % 1000n));
  return () => {
    for (const end of shuffled(random, parts)) end();
  };
}

async function prepare(session: TestSession, random: Random, name: string): Promise<Doomed> {
  const client = await session.connect(name);
  const sync = MODES[upTo(random, 3)]!;
  const fullscreen = random() < 0.5;
  const window = await session.until(client.createWindow({ fullscreen }));
  await session.draw(window, 0);
  await session.vblank();
  const gpu = await session.until(Gpu.open(client));
  const { proxy } = window.surface;
  const commits = await session.until(Commits.create(client, session.machine, proxy, sync));
  const images: SharedImage[] = [];
  for (let count = 0; count < 3; count++)
    images.push(await session.until(SharedImage.create(client, { ...SIZE, kind: 'dmabuf' })));
  const never = await point(session, client, window);
  for (const image of images) {
    const busy = random() < 0.5;
    const job = [
      { op: 'spin', nanoseconds: BigInt(upTo(random, 20_000_000)) },
      { op: 'fill', target: image, colour: { red: 1, green: 0, blue: 0 } },
    ] as const;
    commits.commit(image, busy ? await session.until(gpu.submit(job)) : null);
    if (random() < 0.6) await session.steps(upTo(random, 60));
  }
  const destroy = [
    never,
    () => window[Symbol.dispose](),
    () => commits[Symbol.dispose](),
    () => gpu[Symbol.dispose](),
    ...images.map(image => () => image[Symbol.dispose]()),
  ];
  return { client, commits, sync, destroy };
}

async function chaos(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const session = new TestSession({ outputs: [SIZE, SIZE], seed, order: 'random' });
  const all = [await prepare(session, random, 'one'), await prepare(session, random, 'two')];
  const survivor = random() < 0.5 ? all[0]! : null;
  const ends = all.flatMap(doomed => {
    if (doomed === survivor || random() < 0.6) return doomed.destroy;
    return [() => session.kill(doomed.client)];
  });
  if (random() < 0.3) ends.push(() => void session.compositor.display.remove('Virtual-2'));
  for (const end of shuffled(random, ends)) {
    end();
    if (random() < 0.7) await session.steps(upTo(random, 25));
  }
  await session.rest();
  if (survivor) {
    expect(survivor.client.error).toBeNull();
    // Told of each commit that had a release, once, as long as there was somebody to tell.
    const told = survivor.commits.records.map(record => record.told);
    expect(Math.max(...told)).toBeLessThanOrEqual(1);
    if (survivor.sync === 'sync-file') expect(told).toEqual([1, 1, 1]);
  }
  const { uses, releases } = session.compositor.counters;
  expect([uses - releases, session.compositor.holdings.describe(session.machine.now())]).toEqual([0, []]);
  // Throws when there were faults, or when something is left.
  await session.end();
}

it.each(Array.from({ length: 24 }, (_, seed) => seed + 1))('in order %i', seed => chaos(seed));
