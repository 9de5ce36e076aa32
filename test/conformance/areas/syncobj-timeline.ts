import { syncobjIoctls } from '../../../protocol/uapi/syncobj.ts';
import { incrementTimeline, openTimeline, syncFile, timelineFence } from '../fences.ts';
import { integer, type Probe } from '../probe.ts';
import {
  IMPORT_OR_EXPORT_SYNC_FILE,
  type Syncobjs,
  TIMELINE,
  WAIT_AVAILABLE,
  WAIT_FLAGS,
  WAIT_FOR_SUBMIT,
} from './syncobj-calls.ts';
import { transfers } from './syncobj-transfer.ts';
import type { Binaries } from './syncobj-waits.ts';

/** Points of timelines: waited for, signalled, queried, transferred. */
export function timelines(probe: Probe, objects: Syncobjs, { signalled }: Binaries): void {
  const first = objects.make();
  fresh(probe, objects, first);
  inOrder(probe, objects, first);
  badArguments(probe, objects, signalled);
  const timeline = binaryCalls(probe, objects);
  syncFiles(probe, objects, timeline);
  pendingPoints(probe, objects);
  transfers(probe, objects);
  waitsForLater(probe, objects);
  signalOverPending(probe, objects);
}

function fresh(probe: Probe, objects: Syncobjs, timeline: number): void {
  probe.setup = 'fresh timeline syncobj (no points)';
  probe.observe('tl.query.fresh', 'QUERY fresh', objects.state(timeline));
  for (const [name, flags] of WAIT_FLAGS.slice(0, 8))
    probe.call(`tl.wait.fresh.pt1.${name}`, `TIMELINE_WAIT point=1 flags=${name} timeout=now+30ms`, () =>
      objects.waitPoint(timeline, 1n, 30, flags),
    );
  const waitZero = (name: string, what: string, flags: number) =>
    probe.call(`tl.wait.fresh.pt0${name}`, `TIMELINE_WAIT point=0 ${what}`, () =>
      objects.waitPoint(timeline, 0n, 30, flags),
    );
  waitZero('', 'flags=0', 0);
  waitZero('.submit', 'SUBMIT', WAIT_FOR_SUBMIT);
  waitZero('.available', 'AVAILABLE', WAIT_AVAILABLE);
}

function signal(probe: Probe, objects: Syncobjs, timeline: number) {
  return (name: string, what: string, point: bigint): void => {
    probe.call(
      name,
      what,
      () => objects.signalPoint(timeline, point),
      () => objects.state(timeline),
    );
  };
}

function inOrder(probe: Probe, objects: Syncobjs, timeline: number): void {
  const signalPoint = signal(probe, objects, timeline);
  probe.setup = 'timeline syncobj; steps in order';
  signalPoint('tl.signal.5', 'TIMELINE_SIGNAL 5', 5n);
  for (let point = 0n; point <= 7n; point++)
    probe.call(`tl.wait.at5.pt${point}`, `TIMELINE_WAIT point=${point} flags=0`, () =>
      objects.waitPoint(timeline, point, 20),
    );
  probe.call('tl.wait.at5.pt6.submit', 'TIMELINE_WAIT 6 SUBMIT', () =>
    objects.waitPoint(timeline, 6n, 30, WAIT_FOR_SUBMIT),
  );
  probe.call('tl.wait.at5.pt6.available', 'TIMELINE_WAIT 6 AVAILABLE', () =>
    objects.waitPoint(timeline, 6n, 30, WAIT_AVAILABLE),
  );
  signalPoint('tl.signal.out-of-order-3', 'TIMELINE_SIGNAL 3 (behind 5)', 3n);
  signalPoint('tl.signal.same-5', 'TIMELINE_SIGNAL 5 again', 5n);
  signalPoint('tl.signal.10', 'TIMELINE_SIGNAL 10', 10n);
  probe.call('tl.wait.pt7-at10', 'TIMELINE_WAIT 7 (never submitted itself)', () =>
    objects.waitPoint(timeline, 7n, 20),
  );
  signalPoint('tl.signal.0', 'TIMELINE_SIGNAL 0', 0n);
}

function badArguments(probe: Probe, objects: Syncobjs, signalled: number): void {
  const timeline = objects.make();
  const { DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL: SIGNAL, DRM_IOCTL_SYNCOBJ_QUERY: QUERY } = syncobjIoctls;
  probe.call(
    'tl.signal.0-fresh',
    'TIMELINE_SIGNAL 0 on a fresh one',
    () => objects.signalPoint(timeline, 0n),
    () => ({ ...objects.state(timeline), binary_wait: objects.wait([timeline], 0).ret }),
  );
  const none = { handles: [] as number[], points: [] as bigint[] };
  const noPoints = { handles: [timeline], points: 0n, count_handles: 1 };
  probe.call('tl.signal.flags-1', 'TIMELINE_SIGNAL flags=1', () => objects.signalPoint(timeline, 1n, 1));
  probe.call('tl.signal.count-0', 'TIMELINE_SIGNAL count=0', () => objects.call(SIGNAL, none));
  probe.call('tl.signal.bad', 'TIMELINE_SIGNAL [999]', () => objects.signalPoint(999, 1n));
  probe.call(
    'tl.signal.points-null',
    'TIMELINE_SIGNAL points=NULL',
    () => objects.call(SIGNAL, noPoints),
    () => objects.state(timeline),
  );
  probe.call('tl.query.flags-2', 'QUERY flags=2', () => objects.query(timeline, 2));
  probe.call('tl.query.count-0', 'QUERY count=0', () => objects.call(QUERY, none));
  probe.call('tl.query.bad', 'QUERY [999]', () => objects.query(999));
  probe.call('tl.query.points-null', 'QUERY points=NULL', () => objects.call(QUERY, noPoints));
  const binary = objects.query(signalled);
  probe.call(
    'tl.query.binary-signaled',
    'QUERY on a binary signalled syncobj',
    () => binary,
    () => ({ point: integer(binary.point) }),
  );
}

/** Returns a timeline at point 2. */
function binaryCalls(probe: Probe, objects: Syncobjs): number {
  const atFour = (): number => {
    const made = objects.make();
    objects.signalPoint(made, 4n);
    return made;
  };
  const first = atFour();
  probe.setup = 'timeline at point 4';
  probe.call(
    'tl.binary-signal',
    'SIGNAL (binary) on it',
    () => objects.signal([first]),
    () => objects.state(first),
  );
  const timeline = atFour();
  probe.call('tl.binary-wait', 'WAIT (binary) on it', () => objects.wait([timeline], 0));
  probe.call(
    'tl.reset',
    'RESET',
    () => objects.reset([timeline]),
    () => objects.state(timeline),
  );
  signal(probe, objects, timeline)('tl.signal-after-reset', 'TIMELINE_SIGNAL 2 after RESET', 2n);
  return timeline;
}

function syncFiles(probe: Probe, objects: Syncobjs, timeline: number): void {
  const exported = (name: string, what: string, flags: number, point: bigint): void => {
    const made = objects.toFd(timeline, flags, point);
    probe.call(
      name,
      `HANDLE_TO_FD EXPORT_SYNC_FILE${what}`,
      () => made,
      () => ({ sync_file: syncFile(probe, made.fd) }),
    );
  };
  const EXPORT = IMPORT_OR_EXPORT_SYNC_FILE;
  exported('tl.export_sync_file', ' of a timeline (point 0)', EXPORT, 0n);
  for (const point of [1n, 2n, 3n])
    exported(
      `tl.export_sync_file.point-${point}`,
      `|TIMELINE point=${point} (timeline at 2)`,
      EXPORT | TIMELINE,
      point,
    );
  const software = openTimeline(probe);
  const fence = timelineFence(probe, software, 1);
  probe.call(
    'tl.import_sync_file.point-7',
    'FD_TO_HANDLE IMPORT_SYNC_FILE|TIMELINE point=7 (pending fence)',
    () => objects.fromFd(fence, EXPORT | TIMELINE, timeline, 7n),
    () => objects.state(timeline),
  );
  probe.observe('tl.export_sync_file.point-7', 'EXPORT point 7', {
    sync_file: syncFile(probe, objects.syncFile(timeline, 7n)),
  });
  incrementTimeline(probe, software, 1);
  probe.observe('tl.import_sync_file.signalled', 'fence signalled', objects.state(timeline));
}

/** A binary sync object that holds a fence of a software timeline of its own. */
function binaryWithFence(
  probe: Probe,
  objects: Syncobjs,
): { readonly handle: number; readonly timeline: number } {
  const timeline = openTimeline(probe);
  const handle = objects.make();
  objects.put(handle, timelineFence(probe, timeline, 1));
  return { handle, timeline };
}

function pendingPoints(probe: Probe, objects: Syncobjs): void {
  const [a, b] = [binaryWithFence(probe, objects), binaryWithFence(probe, objects)];
  const timeline = objects.make();
  probe.setup =
    'timeline whose point 1 = sw_sync A (pending), point 2 = sw_sync B (pending), by TRANSFER from binaries';
  const put = (name: string, point: bigint, handle: number): void => {
    probe.call(
      `tl.transfer.${name}-to-${point}`,
      `TRANSFER b${name} -> tl:${point}`,
      () => objects.transfer({ handle: timeline, point }, { handle }),
      () => objects.state(timeline),
    );
  };
  put('A', 1n, a.handle);
  put('B', 2n, b.handle);
  for (const point of [1n, 2n, 3n]) waitPending(probe, objects, timeline, point);
  const holder = objects.make();
  const exported = (point: bigint): number => {
    objects.transfer({ handle: holder }, { handle: timeline, point });
    return objects.syncFile(holder);
  };
  const points = { pt1: exported(1n), pt2: exported(2n) };
  const look = () => ({ pt1: syncFile(probe, points.pt1), pt2: syncFile(probe, points.pt2) });
  const what = 'points 1 and 2 as sync files (transfer to binary, export)';
  probe.observe('tl.pending.export-points', what, look());
  const increment = (name: string, said: string, software: number): void => {
    probe.call(
      name,
      said,
      () => incrementTimeline(probe, software, 1),
      () => ({ ...objects.state(timeline), ...look() }),
    );
  };
  const waitTwo = () => objects.waitPoint(timeline, 2n, 20);
  increment('tl.pending.signal-B-first', "sw_sync B signalled first (point 2's own fence)", b.timeline);
  probe.call('tl.pending.wait-2-after-B', 'TIMELINE_WAIT 2', waitTwo);
  increment('tl.pending.signal-A', 'sw_sync A signalled', a.timeline);
  probe.call('tl.pending.wait-2-after-A', 'TIMELINE_WAIT 2', waitTwo);
}

function waitPending(probe: Probe, objects: Syncobjs, timeline: number, point: bigint): void {
  const kinds: [name: string, what: string, flags: number][] = [
    ['wait', 'flags=0', 0],
    ['avail', 'AVAILABLE', WAIT_AVAILABLE],
    ['avail-submit', 'AVAILABLE|SUBMIT', WAIT_AVAILABLE | WAIT_FOR_SUBMIT],
  ];
  for (const [name, what, flags] of kinds)
    probe.call(`tl.pending.${name}-${point}`, `TIMELINE_WAIT ${point} ${what} 20ms`, () =>
      objects.waitPoint(timeline, point, 20, flags),
    );
}

function waitsForLater(probe: Probe, objects: Syncobjs): void {
  const timeline = objects.make();
  probe.setup = 'fresh timeline; TIMELINE_SIGNAL 3 from another thread after 100 ms';
  probe.later(100, () => objects.signalPoint(timeline, 3n));
  const waited = objects.waitPoint(timeline, 2n, 2000, WAIT_FOR_SUBMIT);
  probe.call(
    'tl.wait-submit-blocks',
    'TIMELINE_WAIT 2 SUBMIT 2s',
    () => waited,
    () => ({ blocked: waited.took > 60 }),
  );
}

function signalOverPending(probe: Probe, objects: Syncobjs): void {
  const timeline = objects.make();
  const binary = binaryWithFence(probe, objects);
  objects.transfer({ handle: timeline, point: 4n }, { handle: binary.handle });
  probe.setup = 'timeline, point 4 pending';
  const available = objects.waitPoint(timeline, 4n, 200, WAIT_AVAILABLE);
  probe.call(
    'tl.available.pending',
    'TIMELINE_WAIT 4 AVAILABLE 200ms',
    () => available,
    () => ({ at_once: available.took < 100 }),
  );
  const waitNine = () => objects.waitPoint(timeline, 9n, 20);
  probe.call('tl.signal-over-pending', 'TIMELINE_SIGNAL 9 while point 4 pending', () =>
    objects.signalPoint(timeline, 9n),
  );
  probe.observe('tl.signal-over-pending.query', 'QUERY', objects.state(timeline));
  probe.call('tl.signal-over-pending.wait9', 'TIMELINE_WAIT 9 20ms', waitNine);
  incrementTimeline(probe, binary.timeline, 1);
  probe.observe('tl.signal-over-pending.after-A', "point 4's fence signalled", objects.state(timeline));
  probe.call('tl.signal-over-pending.wait9-after', 'TIMELINE_WAIT 9 20ms', waitNine);
}
