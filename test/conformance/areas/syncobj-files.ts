import { F_GETFD, POLLIN } from '../../../protocol/uapi/fcntl.ts';
import { SYNC_IOC_FILE_INFO } from '../../../protocol/uapi/sync-file.ts';
import { ioctl, openDriver } from '../calls.ts';
import { incrementTimeline, openTimeline, syncFile, timelineFence } from '../fences.ts';
import type { Probe } from '../probe.ts';
import { IMPORT_OR_EXPORT_SYNC_FILE, Syncobjs, TIMELINE, WAIT_FOR_SUBMIT } from './syncobj-calls.ts';
import type { Binaries } from './syncobj-waits.ts';

/** Sync objects as files, and sync files put into and taken out of them. */
export function files(probe: Probe, objects: Syncobjs, driver: string, binaries: Binaries): void {
  probe.setup = 'syncobj fds and sync files';
  const handle = objects.make();
  const fd = asFile(probe, objects, handle);
  refusedToFd(probe, objects, handle);
  refusedFromFd(probe, objects, { handle, fd, syncFile: binaries.syncFile });
  const holder = snapshots(probe, objects, binaries.signalled);
  errors(probe, objects, holder);
  otherOpen(probe, objects, driver, handle, fd);
  disturbed(probe, objects);
}

/** Returns the descriptor. */
function asFile(probe: Probe, objects: Syncobjs, handle: number): number {
  const { task } = probe;
  const made = objects.toFd(handle);
  const { fd } = made;
  probe.call(
    'h2fd.0',
    'HANDLE_TO_FD flags=0',
    () => made,
    () => ({ F_GETFD: task.fcntl(fd, F_GETFD), readlink: task.readlink(`/proc/self/fd/${fd}`) }),
  );
  const alias = objects.fromFd(fd);
  probe.call(
    'fd2h.same-file',
    'FD_TO_HANDLE on the same DRM file',
    () => alias,
    () => ({ new_handle: alias.handle !== handle }),
  );
  objects.signal([alias.handle]);
  probe.call('fd2h.alias-shares-fence', 'alias signalled; WAIT original', () => objects.wait([handle], 0));
  probe.call('poll.syncobj-fd', 'poll(syncobj fd, POLLIN)', () => probe.poll(fd, POLLIN, 0).revents);
  probe.call('read.syncobj-fd', 'read(syncobj fd)', () => task.read(fd, 4).length);
  probe.call('FILE_INFO.syncobj-fd', 'SYNC_IOC_FILE_INFO on a syncobj fd', () =>
    ioctl(probe, fd, SYNC_IOC_FILE_INFO, {}),
  );
  return fd;
}

function refusedToFd(probe: Probe, objects: Syncobjs, handle: number): void {
  probe.call('h2fd.bad-flags', 'HANDLE_TO_FD flags=8', () => objects.toFd(handle, 8));
  probe.call('h2fd.point-without-timeline-flag', 'HANDLE_TO_FD flags=0 point=5', () =>
    objects.toFd(handle, 0, 5n),
  );
  probe.call('h2fd.bad-handle', 'HANDLE_TO_FD 999', () => objects.toFd(999));
  probe.call('h2fd.bad-handle-syncfile', 'HANDLE_TO_FD 999 EXPORT_SYNC_FILE', () =>
    objects.toFd(999, IMPORT_OR_EXPORT_SYNC_FILE),
  );
  probe.call('h2fd.pad-1', 'HANDLE_TO_FD pad=1', () => objects.toFd(handle, 0, 0n, 1));
}

interface Descriptors {
  readonly handle: number;
  /** Of the sync object. */
  readonly fd: number;
  readonly syncFile: number;
}

function refusedFromFd(probe: Probe, objects: Syncobjs, { handle, fd, syncFile: fence }: Descriptors): void {
  const IMPORT = IMPORT_OR_EXPORT_SYNC_FILE;
  const cases: [name: string, what: string, arguments_: [fd: number, flags?: number, handle?: number]][] = [
    ['bad-fd', 'fd=-1', [-1]],
    ['not-syncobj', 'fd=<drm fd>', [objects.fd]],
    ['syncfile-as-syncobj', 'fd=<sync_file> flags=0', [fence]],
    ['syncobj-as-syncfile', 'fd=<syncobj fd> IMPORT_SYNC_FILE', [fd, IMPORT, handle]],
    ['syncfile-bad-handle', 'sync_file IMPORT handle=999', [fence, IMPORT, 999]],
    ['syncfile-handle-0', 'sync_file IMPORT handle=0', [fence, IMPORT, 0]],
    ['bad-flags', 'flags=8', [fd, 8]],
  ];
  for (const [name, what, arguments_] of cases)
    probe.call(`fd2h.${name}`, `FD_TO_HANDLE ${what}`, () => objects.fromFd(...arguments_));
  probe.call('fd2h.timeline-flag-binary', 'FD_TO_HANDLE syncobj fd, flags=TIMELINE point=3', () =>
    objects.fromFd(fd, TIMELINE, 0, 3n),
  );
}

/** What is taken out does not change with the sync object. Returns the one it was taken out of. */
function snapshots(probe: Probe, objects: Syncobjs, signalled: number): number {
  const exported = (name: string, what: string, handle: number): number => {
    const made = objects.toFd(handle, IMPORT_OR_EXPORT_SYNC_FILE);
    probe.call(
      `export_sync_file.${name}`,
      `HANDLE_TO_FD EXPORT_SYNC_FILE of ${what}`,
      () => made,
      () => ({ sync_file: syncFile(probe, made.fd) }),
    );
    return made.fd;
  };
  exported('signaled', 'a signalled syncobj', signalled);
  const handle = objects.make();
  probe.call('export_sync_file.empty', 'HANDLE_TO_FD EXPORT_SYNC_FILE of an empty syncobj', () =>
    objects.toFd(handle, IMPORT_OR_EXPORT_SYNC_FILE),
  );
  const timeline = openTimeline(probe);
  objects.put(handle, timelineFence(probe, timeline, 1));
  const snapshot = exported('pending', 'one holding a pending fence', handle);
  const look = (name: string, what: string): void =>
    probe.observe(`export_sync_file.${name}`, what, { sync_file: syncFile(probe, snapshot) });
  objects.reset([handle]);
  look('snapshot-after-reset', 'syncobj RESET; exported file unaffected');
  objects.signal([handle]);
  look('snapshot-after-signal', 'syncobj SIGNAL ioctl; exported file');
  incrementTimeline(probe, timeline, 1);
  look('fence-signalled', 'underlying fence signalled');
  probe.task.close(snapshot);
  return handle;
}

function errors(probe: Probe, objects: Syncobjs, handle: number): void {
  const timeline = openTimeline(probe);
  objects.put(handle, timelineFence(probe, timeline, 1));
  probe.task.close(timeline);
  const what = 'WAIT on a syncobj whose fence ended with an error (timeline closed)';
  probe.call('error-fence.wait', what, () => objects.wait([handle], 50));
  probe.observe('error-fence.export', 'EXPORT_SYNC_FILE of it', {
    sync_file: syncFile(probe, objects.syncFile(handle)),
  });
}

function otherOpen(probe: Probe, objects: Syncobjs, driver: string, handle: number, fd: number): void {
  const others = new Syncobjs(probe, openDriver(probe, driver));
  const same = others.fromFd(fd);
  probe.call(
    'cross-file',
    'FD_TO_HANDLE into another open',
    () => same,
    () => ({ handle: same.handle }),
  );
  objects.reset([handle]);
  others.signal([same.handle]);
  const wait = () => objects.wait([handle], 0);
  probe.call('cross-file.signal-seen', 'signalled from the other open; WAIT here', wait);
  probe.task.close(others.fd);
  probe.call('cross-file.after-close', 'other open closed; WAIT here', wait);
}

/** Waits during which the sync object is destroyed, or the process signalled. */
function disturbed(probe: Probe, objects: Syncobjs): void {
  const destroyed = objects.make();
  probe.setup = 'empty syncobj destroyed by another thread during WAIT SUBMIT';
  probe.later(80, () => objects.destroy(destroyed));
  const whole = objects.wait([destroyed], 300, WAIT_FOR_SUBMIT);
  probe.call(
    'wait.destroyed-meanwhile',
    'WAIT SUBMIT 300ms',
    () => whole,
    () => ({ full_timeout: whole.took > 250 }),
  );
  const empty = objects.make();
  probe.setup = 'SIGALRM without SA_RESTART 80 ms into the wait';
  probe.alarm(80);
  const interrupted = objects.wait([empty], 400, WAIT_FOR_SUBMIT);
  probe.call(
    'wait.interrupted',
    'WAIT SUBMIT 400ms',
    () => interrupted,
    () => ({ early: interrupted.took < 300 }),
  );
}
