import { F_GETFD, F_GETFL, MAP_SHARED, O_RDWR, PROT_READ, SEEK_END } from '../../../protocol/uapi/fcntl.ts';
import { encode } from '../../../protocol/uapi/ioctl.ts';
import { SW_SYNC_GET_DEADLINE } from '../../../protocol/uapi/sw-sync.ts';
import {
  SYNC_IOC_FILE_INFO,
  SYNC_IOC_MERGE,
  SYNC_IOC_SET_DEADLINE,
} from '../../../protocol/uapi/sync-file.ts';
import { ioctl, pollRow, rawIoctl } from '../calls.ts';
import { incrementTimeline, merge, openTimeline, syncFile, syncFiles, timelineFence } from '../fences.ts';
import type { State } from '../line.ts';
import { octal, type Probe } from '../probe.ts';
import { swSync } from './sw-sync.ts';

const READ_WRITE = 3;
const WRITE = 1;

/** The calls on sync files, the rules of merging, and software timelines. */
export const syncfile = {
  name: 'syncfile',
  run(probe: Probe): void {
    probe.prefix = 'syncfile.';
    const a = openTimeline(probe);
    const b = openTimeline(probe);
    const a1 = timelineFence(probe, a, 1);
    const b1 = timelineFence(probe, b, 1);
    asFile(probe, a1);
    information(probe, a1);
    calls(probe, a, a1, b1);
    merging(probe, { a, b, a1, b1 });
    order(probe);
    swSync(probe);
  },
};

function asFile(probe: Probe, fd: number): void {
  const { task } = probe;
  probe.setup = 'one unsignalled sw_sync fence (timeline A, seq 1)';
  const { mode, size } = task.status(fd);
  probe.observe('fstat', 'fstat(sync_file)', {
    st_mode: octal(mode),
    st_size: Number(size),
    F_GETFD: task.fcntl(fd, F_GETFD),
    F_GETFL: octal(task.fcntl(fd, F_GETFL)),
  });
  probe.observe('readlink', 'readlink(/proc/self/fd/N)', { readlink: task.readlink(`/proc/self/fd/${fd}`) });
  probe.call('read', 'read(sync_file)', () => task.read(fd, 8).length);
  probe.call('write', 'write(sync_file)', () => task.write(fd, new Uint8Array(8)));
  probe.call('mmap', 'mmap(sync_file)', () => {
    task.mmap(fd, 4096, { protection: PROT_READ, flags: MAP_SHARED });
  });
  probe.call('lseek', 'lseek(sync_file, 0, SEEK_END)', () => task.seek(fd, 0n, SEEK_END));
  probe.call('ftruncate', 'ftruncate(sync_file,0)', () => task.truncate(fd, 0n));
  probe.call('reopen', 'open(/proc/self/fd/N)', () => task.open(`/proc/self/fd/${fd}`, O_RDWR));
}

function information(probe: Probe, fd: number): void {
  probe.observe('info.unsignalled', 'FILE_INFO', { info: syncFile(probe, fd), poll: pollRow(probe, fd) });
  for (const room of [0, 1, 2, 3]) {
    const asked = ioctl(probe, fd, SYNC_IOC_FILE_INFO, { sync_fence_info: Array(room).fill({}) });
    const fences = asked.out.sync_fence_info;
    probe.call(
      `info.room-for-${room}`,
      `FILE_INFO num_fences=${room} on a 1-fence file`,
      () => asked,
      () => ({
        num_fences_out: asked.out.num_fences,
        status: asked.out.status,
        name: asked.out.name,
        fence0_driver: (Array.isArray(fences) ? fences[0]?.driver_name : undefined) ?? '',
      }),
    );
  }
  probe.call('info.null-array', 'FILE_INFO num_fences=1 sync_fence_info=NULL', () =>
    ioctl(probe, fd, SYNC_IOC_FILE_INFO, { num_fences: 1, sync_fence_info: 0n }),
  );
  probe.call('info.flags-1', 'FILE_INFO flags=1', () => ioctl(probe, fd, SYNC_IOC_FILE_INFO, { flags: 1 }));
  probe.call('info.pad-1', 'FILE_INFO pad=1', () => ioctl(probe, fd, SYNC_IOC_FILE_INFO, { pad: 1 }));
  probe.call('info.efault', 'FILE_INFO NULL', () => rawIoctl(probe, fd, SYNC_IOC_FILE_INFO.number));
}

function calls(probe: Probe, timeline: number, fd: number, other: number): void {
  const raw = (direction: number, nr: number) => () => rawIoctl(probe, fd, encode(direction, '>', nr, 4), 1n);
  probe.call('ioctl.unknown', "_IOWR('>', 9, u32)", raw(READ_WRITE, 9));
  probe.call('ioctl.old-wait-nr0', "_IOW('>', 0, s32) (old SYNC_IOC_WAIT)", raw(WRITE, 0));
  probe.call('ioctl.wrong-size-merge', "_IOWR('>', 3, u32)", raw(READ_WRITE, 3));

  const deadline_ns = probe.machine.now() + 1_000_000n;
  const setDeadline = (value: { deadline_ns: bigint; pad?: bigint }) => () =>
    ioctl(probe, fd, SYNC_IOC_SET_DEADLINE, value);
  probe.call('deadline.ok', 'SET_DEADLINE now+1ms', setDeadline({ deadline_ns }));
  probe.call('deadline.pad-1', 'SET_DEADLINE pad=1', setDeadline({ deadline_ns, pad: 1n }));
  probe.call('deadline.zero', 'SET_DEADLINE 0', setDeadline({ deadline_ns: 0n }));
  probe.call('deadline.efault', 'SET_DEADLINE NULL', () => rawIoctl(probe, fd, SYNC_IOC_SET_DEADLINE.number));

  const got = ioctl(probe, timeline, SW_SYNC_GET_DEADLINE, { fence_fd: fd });
  probe.call(
    'deadline.sw-get',
    'SW_SYNC_GET_DEADLINE',
    () => got,
    () => ({ deadline_nonzero: got.out.deadline_ns !== 0n }),
  );
  // The struct of the call before, whose deadline is still in it.
  probe.call('deadline.sw-get-other-timeline', 'GET_DEADLINE of a fence never given one (timeline B)', () =>
    ioctl(probe, timeline, SW_SYNC_GET_DEADLINE, { ...got.out, fence_fd: other }),
  );
}

interface Fences {
  readonly a: number;
  readonly b: number;
  readonly a1: number;
  readonly b1: number;
}

/** MERGE as a case; the merged descriptor. */
function merged(
  probe: Probe,
  name: string,
  what: string,
  one: number,
  other: number,
  options: { label?: string; state?: (fd: number) => State } = {},
): number {
  const asked = ioctl(probe, one, SYNC_IOC_MERGE, { name: options.label ?? '', fd2: other });
  const { fence } = asked.out;
  probe.call(
    name,
    what,
    () => asked,
    () => ({ fence: syncFile(probe, fence), ...options.state?.(fence) }),
  );
  return fence;
}

function merging(probe: Probe, { a, b, a1, b1 }: Fences): void {
  const { task } = probe;
  const passing = (...args: Parameters<typeof merged>) => task.close(merged(...args));
  probe.setup = 'A1,A2 on timeline A; B1 on timeline B; all unsignalled unless said';
  const a2 = timelineFence(probe, a, 2);
  const both = merged(probe, 'merge.two-contexts', 'MERGE A1+B1 name=""', a1, b1, {
    state: fd => ({ F_GETFD: task.fcntl(fd, F_GETFD) }),
  });
  const same = merged(probe, 'merge.same-context', 'MERGE A1+A2 name=mymerge', a1, a2, { label: 'mymerge' });
  passing(probe, 'merge.same-context-reversed', 'MERGE A2+A1', a2, a1);
  passing(probe, 'merge.with-itself', 'MERGE A1+A1', a1, a1);
  passing(probe, 'merge.name-32-unterminated', "MERGE name=32*'n' no NUL", a1, b1, { label: 'n'.repeat(32) });
  passing(probe, 'merge.merged-with-newer', 'MERGE (A1+B1)+A2', both, a2, { label: 'mm' });
  passing(probe, 'merge.merged-with-merged', 'MERGE (A1+B1)+(A1+A2)', both, same);
  refused(probe, a1, a, b1);

  probe.call(
    'merged.signal-A1',
    'inc A 1',
    () => incrementTimeline(probe, a, 1),
    () => syncFiles(probe, { A1: a1, A2: a2, 'A1+B1': both, 'A1+A2': same }),
  );
  passing(probe, 'merge.signalled-with-pending', 'MERGE A1(signalled)+B1(pending)', a1, b1);
  passing(probe, 'merge.pending-with-signalled', 'MERGE B1(pending)+A1(signalled)', b1, a1);
  probe.call(
    'merged.signal-B1',
    'inc B 1',
    () => incrementTimeline(probe, b, 1),
    () => syncFiles(probe, { 'A1+B1': both, 'A1+A2': same }),
  );
  passing(probe, 'merge.both-signalled', 'MERGE A1(signalled)+B1(signalled)', a1, b1, { label: 'done' });
  probe.call(
    'merged.signal-A2',
    'inc A 1',
    () => incrementTimeline(probe, a, 1),
    () => syncFiles(probe, { A2: a2, 'A1+A2': same }),
  );
  for (const fd of [a1, b1, a2, both, same]) task.close(fd);
}

function refused(probe: Probe, fd: number, timeline: number, other: number): void {
  const bad: [name: string, value: { fd2: number; flags?: number; pad?: number }][] = [
    ['fd2-neg1', { fd2: -1 }],
    ['fd2-9999', { fd2: 9999 }],
    ['fd2-timeline', { fd2: timeline }],
    ['flags-1', { fd2: other, flags: 1 }],
    ['pad-1', { fd2: other, pad: 1 }],
    ['flags-1-badfd', { fd2: -1, flags: 1 }],
  ];
  for (const [name, value] of bad) {
    const asked = ioctl(probe, fd, SYNC_IOC_MERGE, { ...value, fence: -55 });
    probe.call(
      `merge.bad.${name}`,
      `MERGE ${name}`,
      () => asked,
      () => ({ fence_field: asked.out.fence }),
    );
  }
  probe.call('merge.bad.efault', 'MERGE NULL', () => rawIoctl(probe, fd, SYNC_IOC_MERGE.number));
}

/** Three and more contexts: in which order an array holds them, and what errors do. */
function order(probe: Probe): void {
  probe.setup = 'four timelines T0..T3, one fence each';
  const pairs = [0, 1, 2, 3].map(at => {
    const timeline = openTimeline(probe);
    return { timeline, fence: timelineFence(probe, timeline, at + 1) };
  });
  const [t0, t1, t2, t3] = pairs as [Pair, Pair, Pair, Pair];
  const m31 = merge(probe, t3.fence, t1.fence, '31');
  const m20 = merge(probe, t2.fence, t0.fence, '20');
  const all = merge(probe, m31, m20, '3120');
  probe.observe('merge.order', 'merge(merge(T3,T1),merge(T2,T0))', syncFiles(probe, { m31, m20, all }));
  incrementTimeline(probe, t2.timeline, 9);
  probe.observe('merge.order.T2-done', 'T2 signalled', syncFiles(probe, { all }));
  probe.task.close(t1.timeline);
  const closed = syncFiles(probe, { q1: t1.fence, m31, all });
  probe.observe('merge.order.T1-closed', 'timeline T1 closed: its fence errors', closed);
  incrementTimeline(probe, t3.timeline, 9);
  probe.observe('merge.order.T3-done', 'T3 signalled', syncFiles(probe, { m31, all }));
  incrementTimeline(probe, t0.timeline, 9);
  probe.observe('merge.order.T0-done', 'T0 signalled: whole array done', syncFiles(probe, { m20, all }));
  const errorFirst = merge(probe, t1.fence, t0.fence, 'errsig');
  probe.observe(
    'merge.error-with-signalled',
    'MERGE(errored, signalled)',
    syncFiles(probe, { m: errorFirst }),
  );
  const errorLast = merge(probe, t0.fence, t1.fence, 'sigerr');
  probe.observe(
    'merge.signalled-with-error',
    'MERGE(signalled, errored)',
    syncFiles(probe, { m: errorLast }),
  );
}

interface Pair {
  readonly timeline: number;
  readonly fence: number;
}
