import { syncobjIoctls } from '../../../protocol/uapi/syncobj.ts';
import { incrementTimeline, openTimeline, timelineFence } from '../fences.ts';
import type { State } from '../line.ts';
import type { Probe } from '../probe.ts';
import { type Syncobjs, WAIT_ALL, WAIT_FLAGS, WAIT_FOR_SUBMIT, type Waited } from './syncobj-calls.ts';

const PAST = -1;

/** What the programs after this one go on with. */
export interface Binaries {
  /** Signalled when it was made. */
  readonly signalled: number;
  /** A sync file that was put into a sync object, and has signalled. */
  readonly syncFile: number;
}

/** Binary sync objects: made, destroyed, waited for, signalled and reset. */
export function waits(probe: Probe, objects: Syncobjs, empty: number): Binaries {
  const signalled = creation(probe, objects, empty);
  byFlags(probe, objects, empty, signalled);
  const syncFile = pending(probe, objects);
  several(probe, objects, empty, signalled);
  badArguments(probe, objects, empty, signalled);
  probe.setup = 'empty syncobj; SIGNAL ioctl from another thread after 100 ms';
  probe.later(100, () => objects.signal([empty]));
  note(
    probe,
    'wait.submit.signal-later',
    'WAIT SUBMIT 2s',
    objects.wait([empty], 2000, WAIT_FOR_SUBMIT),
    ({ took }) => ({
      blocked: took > 60,
    }),
  );
  resetAndSignal(probe, objects, empty);
  return { signalled, syncFile };
}

/** Notes a wait that was made. */
function note(
  probe: Probe,
  name: string,
  what: string,
  waited: Waited,
  state?: (waited: Waited) => State,
): void {
  probe.call(
    name,
    what,
    () => waited,
    () => state?.(waited) ?? {},
  );
}

const firstOf = ({ first }: Waited): State => ({ first_signaled: first });
const waitedAndFirst = ({ took, first }: Waited): State => ({ waited: took > 40, first_signaled: first });

function creation(probe: Probe, objects: Syncobjs, empty: number): number {
  const signalled = objects.create(1);
  probe.call(
    'create.signaled',
    'CREATE flags=SIGNALED',
    () => signalled,
    () => ({ handle: signalled.handle }),
  );
  probe.call('create.flags-2', 'CREATE flags=2', () => objects.create(2));
  const preset = objects.create(0, 99);
  probe.call(
    'create.handle-in-99',
    'CREATE with handle=99 preset',
    () => preset,
    () => ({ handle: preset.handle }),
  );
  probe.call('destroy.ok', 'DESTROY', () => objects.destroy(preset.handle));
  probe.call('destroy.again', 'DESTROY again', () => objects.destroy(preset.handle));
  probe.call('destroy.0', 'DESTROY 0', () => objects.destroy(0));
  probe.call('destroy.pad-1', 'DESTROY pad=1', () => objects.destroy(empty, 1));
  return signalled.handle;
}

function byFlags(probe: Probe, objects: Syncobjs, empty: number, signalled: number): void {
  probe.setup = 'binary syncobj with no fence at all';
  for (const [name, flags] of WAIT_FLAGS) {
    const what = `WAIT flags=${name} timeout=0 (absolute, past)`;
    note(probe, `wait.empty.${name}.timeout0`, what, objects.wait([empty], PAST, flags), firstOf);
  }
  for (const [name, flags] of WAIT_FLAGS.slice(0, 6)) {
    const what = `WAIT flags=${name} timeout=now+50ms`;
    note(probe, `wait.empty.${name}.timeout50`, what, objects.wait([empty], 50, flags), waitedAndFirst);
  }
  probe.setup = 'binary syncobj created SIGNALED';
  for (const [name, flags] of WAIT_FLAGS) {
    const what = `WAIT flags=${name} timeout=0`;
    note(probe, `wait.signaled.${name}`, what, objects.wait([signalled], PAST, flags), firstOf);
  }
}

/** Returns the sync file that it waits for. */
function pending(probe: Probe, objects: Syncobjs): number {
  const timeline = openTimeline(probe);
  const fence = timelineFence(probe, timeline, 1);
  probe.setup = 'binary syncobj holding an unsignalled sw_sync fence (imported sync_file)';
  const handle = objects.make();
  const imported = objects.put(handle, fence);
  probe.call(
    'import_sync_file.ok',
    'FD_TO_HANDLE flags=IMPORT_SYNC_FILE',
    () => imported,
    () => ({ handle_field: imported.handle }),
  );
  for (const [name, flags] of WAIT_FLAGS.slice(0, 8)) {
    const what = `WAIT flags=${name} timeout=now+50ms`;
    note(probe, `wait.pending.${name}.timeout50`, what, objects.wait([handle], 50, flags), waitedAndFirst);
  }
  note(probe, 'wait.pending.timeout0', 'WAIT flags=0 timeout=0', objects.wait([handle], PAST));
  probe.later(100, () => incrementTimeline(probe, timeline, 1));
  const what = 'WAIT flags=0 timeout 2s; sw_sync inc after 100 ms';
  note(probe, 'wait.pending.signal-100ms', what, objects.wait([handle], 2000), ({ took, first }) => ({
    blocked: took > 60,
    first_signaled: first,
  }));
  return fence;
}

function several(probe: Probe, objects: Syncobjs, empty: number, signalled: number): void {
  probe.setup = 'several handles: [empty, signaled]';
  const both = [empty, signalled];
  const cases: [name: string, what: string, handles: number[], flags: number][] = [
    ['any-empty', 'WAIT [empty, signaled] flags=0', both, 0],
    ['any-submit', 'WAIT [empty, signaled] flags=SUBMIT', both, WAIT_FOR_SUBMIT],
    ['all-submit', 'WAIT [empty, signaled] flags=ALL|SUBMIT 50ms', both, WAIT_ALL | WAIT_FOR_SUBMIT],
    ['same-twice', 'WAIT [signaled, signaled] ALL', [signalled, signalled], WAIT_ALL],
  ];
  for (const [name, what, handles, flags] of cases)
    note(probe, `wait.multi.${name}`, what, objects.wait(handles, 50, flags), firstOf);
}

function badArguments(probe: Probe, objects: Syncobjs, empty: number, signalled: number): void {
  note(probe, 'wait.multi.bad-second', 'WAIT [signaled, 999]', objects.wait([signalled, 999], 50));
  note(probe, 'wait.handle-0', 'WAIT [0]', objects.wait([0], 50));
  note(probe, 'wait.count-0', 'WAIT count=0', objects.wait([], 50));
  const { DRM_IOCTL_SYNCOBJ_WAIT: WAIT } = syncobjIoctls;
  probe.call('wait.null-handles', 'WAIT handles=NULL count=1', () =>
    objects.call(WAIT, { handles: 0n, count_handles: 1 }),
  );
  probe.call('wait.pad-1', 'WAIT pad=1', () => objects.call(WAIT, { handles: [signalled], pad: 1 }));
  probe.call('wait.timeout-negative-signaled', 'WAIT timeout_nsec=-1 on a signaled one', () =>
    objects.call(WAIT, { handles: [signalled], timeout_nsec: -1n }),
  );
  probe.call('wait.timeout-negative-empty', 'WAIT timeout_nsec=-1 SUBMIT on an empty one', () =>
    objects.call(WAIT, { handles: [empty], timeout_nsec: -1n, flags: WAIT_FOR_SUBMIT }),
  );
}

function resetAndSignal(probe: Probe, objects: Syncobjs, handle: number): void {
  probe.setup = 'reset / signal on binary';
  probe.call('reset', 'RESET', () => objects.reset([handle]));
  note(probe, 'reset.then-wait', 'WAIT flags=0 after RESET', objects.wait([handle], 0));
  probe.call('signal', 'SIGNAL', () => objects.signal([handle]));
  note(probe, 'signal.then-wait', 'WAIT flags=0 after SIGNAL', objects.wait([handle], 0));
  probe.call('signal.again', 'SIGNAL already signalled', () => objects.signal([handle]));
  probe.call('reset.count-0', 'RESET count=0', () => objects.reset([]));
  probe.call('reset.pad-1', 'RESET pad=1', () => objects.reset([handle], 1));
  probe.call('reset.bad', 'RESET [999]', () => objects.reset([999]));
  probe.call('signal.count-0', 'SIGNAL count=0', () => objects.signal([]));
  probe.call('signal.pad-1', 'SIGNAL pad=1', () => objects.signal([handle], 1));
  probe.call('signal.bad', 'SIGNAL [999]', () => objects.signal([999]));
  objects.reset([handle]);
  probe.call(
    'signal.good-and-bad',
    'SIGNAL [good, 999]',
    () => objects.signal([handle, 999]),
    () => ({ good_now_signalled: objects.wait([handle], 0).ret === 0 }),
  );
}
