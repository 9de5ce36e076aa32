// The kernel refuses the compositor something: the others go on, the screen is right afterwards, and every buffer comes
// back once.
import { describe, expect, it } from 'vitest';
import { SharedImage, type SyncMode } from '../../client-sdk/core/index.ts';
import { formatNote } from '../../compositor/observe/trace.ts';
import { Card } from '../../compositor/output/card.ts';
import { DRM_MODE_ATOMIC_NONBLOCK } from '../../protocol/uapi/drm-mode.ts';
import { Commits, type TestSession, veil } from '../kit/index.ts';
import { Bystander } from './bystander.ts';
import { start } from './open.ts';

const SIZE = { width: 32, height: 32 };
const COLORS = [0xff0000, 0x00ff00, 0x0000ff] as const;
/** Frames before the failure, and from then on. */
const [BEFORE, AFTER] = [4, 9];
const MILLISECOND = 1_000_000n;

interface Atomic {
  readonly flags: number;
  readonly props_ptr: readonly number[];
}

const isFrame = (argument: unknown): boolean => ((argument as Atomic).flags & DRM_MODE_ATOMIC_NONBLOCK) !== 0;

/** Whether a commit passes a fence on to a plane: only what is scanned out has one. */
function withInFence({ compositor }: TestSession): (argument: unknown) => boolean {
  const card = new Card(compositor.task);
  const ids = card.pipes.flatMap(({ primary, overlays }) =>
    [primary, ...overlays].map(plane => plane.properties.get('IN_FENCE_FD')!.id),
  );
  card[Symbol.dispose]();
  return argument => ids.some(id => (argument as Atomic).props_ptr.includes(id));
}

/** Whether a call is one of the display device. */
const onCard = ({ compositor: { task } }: TestSession) => {
  const probe = task.open('/dev/dri/card0');
  const { deviceNumber } = task.status(probe);
  task.close(probe);
  return (_: unknown, fd: number): boolean => task.status(fd).deviceNumber === deviceNumber;
};

type Path = 'scanned out' | 'composited';

interface Failure {
  readonly name: string;
  /** Fails from now on, for some calls or for some frames. */
  readonly stage: (session: TestSession) => Disposable;
  /** What the trace says of it, on the paths that meet it. */
  readonly told: Readonly<Partial<Record<Path, RegExp>>>;
  /** Who meets it, of those on a path that is told of it; default everybody. */
  readonly meets?: (sync: SyncMode) => boolean;
  /** How often it may be met at most. */
  readonly mostStrikes?: number;
  /** Nanoseconds until all is well again after it. */
  readonly lasts?: bigint;
}

const both = (told: RegExp): Failure['told'] => ({ 'scanned out': told, composited: told });

const failures: readonly Failure[] = [
  {
    name: 'a commit is refused because the last one is under way (EBUSY)',
    stage: ({ failures }) => failures.failNext('DRM_IOCTL_MODE_ATOMIC', 'EBUSY', { times: 4, when: isFrame }),
    told: both(/the last commit is still under way/),
  },
  {
    name: 'a commit is refused for lack of memory (ENOMEM)',
    stage: ({ failures }) =>
      failures.failNext('DRM_IOCTL_MODE_ATOMIC', 'ENOMEM', { times: 4, when: isFrame }),
    told: both(/the commit was refused/),
  },
  {
    name: 'planes take no fence (kms-infence-eperm)',
    stage: session =>
      session.failures.failNext('DRM_IOCTL_MODE_ATOMIC', 'EPERM', {
        times: 999,
        when: withInFence(session),
      }),
    told: { 'scanned out': /the commit was refused.*EPERM/ },
  },
  {
    name: 'planes pass the test and fail the commit (release-delivered-but-fell-back)',
    stage: session => {
      const fenced = withInFence(session);
      const when = (argument: unknown): boolean => isFrame(argument) && fenced(argument);
      return session.failures.failNext('DRM_IOCTL_MODE_ATOMIC', 'EINVAL', { times: 2, when });
    },
    told: { 'scanned out': /the commit was refused.*EINVAL/ },
  },
  {
    name: 'no commit with a client’s buffer on a plane succeeds (kms-infence-driver-crash-loop)',
    stage: session => {
      const fenced = withInFence(session);
      const when = (argument: unknown): boolean => isFrame(argument) && fenced(argument);
      return session.failures.failNext('DRM_IOCTL_MODE_ATOMIC', 'EINVAL', { times: 999, when });
    },
    told: { 'scanned out': /the commit was refused.*EINVAL/ },
    // Once for each of two runs and each plane: the plane is left alone for a while then.
    mostStrikes: 8,
  },
  {
    name: 'the display device imports nothing (kms-crossdevice-import-fail)',
    stage: session =>
      session.failures.failNext('DRM_IOCTL_PRIME_FD_TO_HANDLE', 'EINVAL', {
        times: 999,
        when: onCard(session),
      }),
    told: { 'scanned out': /no framebuffer of it/ },
  },
  {
    name: 'there is no memory for framebuffers (ENOMEM)',
    stage: ({ failures }) => failures.failNext('DRM_IOCTL_MODE_ADDFB2', 'ENOMEM', { times: 3 }),
    told: { 'scanned out': /no framebuffer of it/ },
  },
  {
    name: 'release fences cannot be exported (release-export-failure)',
    stage: ({ failures }) => failures.failNext('DMA_BUF_IOCTL_EXPORT_SYNC_FILE', 'ENOMEM', { times: 3 }),
    told: both(/it is kept until it is idle/),
  },
  {
    name: 'out-fences cannot be left in buffers',
    stage: ({ failures }) => failures.failNext('DMA_BUF_IOCTL_IMPORT_SYNC_FILE', 'ENOMEM', { times: 3 }),
    told: { 'scanned out': /it is kept until the flip/ },
  },
  {
    name: 'release fences cannot be put into points',
    stage: ({ failures }) => failures.failNext('DRM_IOCTL_SYNCOBJ_TRANSFER', 'ENOMEM', { times: 3 }),
    told: { 'scanned out': /could not be put into its point/, composited: /could not be put into its point/ },
    meets: sync => sync === 'timeline',
  },
  {
    name: 'the render engine takes no job for lack of memory (ENOMEM)',
    stage: ({ failures }) => failures.failNext('SIMGPU_SUBMIT', 'ENOMEM', { times: 5 }),
    told: { composited: /ENOMEM/ },
  },
  {
    name: 'the context is banned, and a new one is not to be had at first',
    stage: ({ failures }) => {
      failures.failNext('SIMGPU_SUBMIT', 'ECANCELED', { times: 2 });
      return failures.failNext('SIMGPU_CONTEXT_CREATE', 'ENOMEM', { times: 1 });
    },
    told: { composited: /ENOMEM/ },
  },
  {
    name: 'sync files say nothing of themselves (ENOMEM)',
    stage: ({ failures }) => failures.failNext('SYNC_IOC_FILE_INFO', 'ENOMEM', { times: 5 }),
    told: both(/goes back/),
  },
  {
    name: 'vblanks cannot be asked for',
    stage: ({ failures }) => failures.failNext('DRM_IOCTL_CRTC_GET_SEQUENCE', 'EINVAL', { times: 20 }),
    told: both(/goes back/),
  },
  {
    name: 'flip events are lost (kms-flip-lost)',
    stage: ({ failures }) => failures.loseFlips(1),
    told: both(/no flip within 5 s/),
    lasts: 5_100n * MILLISECOND,
  },
  {
    name: 'the compositor has no descriptor left (EMFILE)',
    stage: ({ failures }) => failures.exhaustDescriptors(),
    told: both(/EMFILE/),
  },
];

/** A client that commits frame after frame in the middle of which the failure begins, and is killed in the end. */
async function film(session: TestSession, sync: SyncMode, path: Path, failure: Failure): Promise<void> {
  const client = await session.connect('film');
  const window = await session.until(client.createWindow({ title: 'film' }));
  if (path === 'composited') {
    const size = { width: 1, height: 1 };
    const glass = window.createSubsurface({ size, synchronised: true, format: 'ARGB8888' });
    await session.draw(glass, veil(1, 1, 0, 0));
  }
  await session.draw(window, 0);
  await session.vblank(2);
  const commits = await session.until(Commits.create(client, session.machine, window.surface.proxy, sync));
  const images: SharedImage[] = [];
  // Three for the time before the failure, and three that are new to the compositor then.
  for (const color of [...COLORS, ...COLORS]) {
    const image = await session.until(SharedImage.create(client, { ...window.size, kind: 'dmabuf' }));
    await session.paint(image, color);
    // The wl_buffer is made now: a compositor without descriptors could not take one.
    void image.buffer;
    images.push(image);
  }
  await session.until(client.roundtrip());
  const commit = async (frame: number): Promise<void> => {
    commits.commit(images[(frame % 3) + (frame < BEFORE ? 0 : 3)]!);
    await session.advance(17n * MILLISECOND);
  };
  for (let frame = 0; frame < BEFORE; frame++) await commit(frame);
  const from = session.history.length;
  const failing = failure.stage(session);
  for (let frame = BEFORE; frame < BEFORE + AFTER - 2; frame++) await commit(frame);
  // Nothing spins, whatever fails: some entries for each of the frames of two outputs.
  expect(session.history.length - from).toBeLessThan(1500);
  failing[Symbol.dispose]();
  for (let frame = BEFORE + AFTER - 2; frame < BEFORE + AFTER; frame++) await commit(frame);
  await session.advance(failure.lasts ?? 100n * MILLISECOND);
  expect(await session.pixel(16, 16, 'Virtual-2')).toBe(COLORS[(BEFORE + AFTER - 1) % 3]);
  const { records } = commits;
  if (sync !== 'implicit')
    expect(records.slice(0, -1).map(({ told }) => told)).toEqual(records.slice(1).map(() => 1));
  expect(client.error).toBeNull();
  session.kill(client);
}

describe.each(failures)('when $name', failure => {
  it.each([
    ['sync-file', 'scanned out'],
    ['timeline', 'composited'],
    ['implicit', 'composited'],
  ] as const)('the others go on and all comes back once (%s, %s)', async (sync, path) => {
    const session = start({ outputs: [SIZE, SIZE] });
    const bystander = await Bystander.create(session);
    await session.expectSteady(() => film(session, sync, path, failure));
    await bystander.draw(3);
    await bystander.check();
    const notes = session.compositor.trace.notes().map(formatNote);
    const told = failure.told[path];
    if (told && failure.meets?.(sync) !== false) {
      expect(notes.join('\n')).toMatch(told);
      expect(session.failures.struck).toBeGreaterThan(0);
    }
    if (failure.mostStrikes) expect(session.failures.struck).toBeLessThanOrEqual(failure.mostStrikes);
    await session.end({ faults: 'expected' });
  });
});
