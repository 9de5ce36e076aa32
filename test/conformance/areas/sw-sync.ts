import { MILLISECOND } from '../../../compositor/machine/machine.ts';
import { POLLIN, POLLOUT } from '../../../protocol/uapi/fcntl.ts';
import { encode } from '../../../protocol/uapi/ioctl.ts';
import { SW_SYNC_IOC_CREATE_FENCE, SW_SYNC_IOC_INC } from '../../../protocol/uapi/sw-sync.ts';
import { SYNC_IOC_FILE_INFO } from '../../../protocol/uapi/sync-file.ts';
import { eventNames, ioctl, pollRow, rawIoctl, readAll } from '../calls.ts';
import {
  incrementTimeline,
  merge,
  openTimeline,
  syncFile,
  syncFileStatus,
  timelineFence,
} from '../fences.ts';
import type { Probe } from '../probe.ts';

const WRITE = 1;
const ALL_ONES = 0xffff_ffff;

/** Software timelines: values in and out of order, wrapping, closing, waiting. */
export function swSync(probe: Probe): void {
  probe.prefix = 'swsync.';
  probe.setup = 'fresh sw_sync timelines (counter starts at 0)';
  counting(probe);
  closing(probe);
  const { done, timeline } = waiting(probe);
  times(probe, timeline, done);
  probe.observe('debugfs', '/sys/kernel/debug/sync/info head', {
    text: readAll(probe, '/sys/kernel/debug/sync/info').slice(0, 600),
  });
}

function counting(probe: Probe): void {
  const { task } = probe;
  const timeline = openTimeline(probe);
  const create = (name: string, what: string, value: number, label = ''): number => {
    const made = ioctl(probe, timeline, SW_SYNC_IOC_CREATE_FENCE, { value, name: label });
    probe.call(
      `create.${name}`,
      what,
      () => made,
      () => ({ fence: syncFile(probe, made.out.fence) }),
    );
    return made.out.fence;
  };
  const increment = (name: string, what: string, by: number, fences: { readonly [name: string]: number }) =>
    probe.call(
      `inc.${name}`,
      what,
      () => incrementTimeline(probe, timeline, by),
      () => Object.fromEntries(Object.entries(fences).map(([at, fd]) => [at, syncFileStatus(probe, fd)])),
    );

  task.close(create('value-0', 'CREATE_FENCE value=0 at counter 0', 0, 'zero'));
  const f5 = create('value-5', 'CREATE_FENCE value=5 name=five', 5, 'five');
  const f3 = create('value-3-after-5', 'CREATE_FENCE value=3 (out of order)', 3);
  const f5b = create('value-5-dup', 'CREATE_FENCE value=5 again', 5);
  const same = merge(probe, f5, f5b, 'dup');
  probe.observe('merge.dup-point', 'MERGE two fences of the same point', { m: syncFile(probe, same) });
  task.close(same);
  increment('0', 'INC 0', 0, { f3, f5 });
  increment('3', 'INC 3', 3, { f3, f5 });
  task.close(create('value-2-past', 'CREATE_FENCE value=2 at counter 3 (already past)', 2));
  task.close(create('value-3-equal', 'CREATE_FENCE value=3 at counter 3 (equal)', 3));
  increment('1', 'INC 1 (counter 4)', 1, { f5 });
  increment('big', 'INC 0xffffffff', ALL_ONES, { f5, f5b });
  create('value-4-after-wrap', 'CREATE_FENCE value=4 after INC 0xffffffff', 4);
  probe.call('efault.create', 'CREATE NULL', () =>
    rawIoctl(probe, timeline, SW_SYNC_IOC_CREATE_FENCE.number),
  );
  probe.call('efault.inc', 'INC NULL', () => rawIoctl(probe, timeline, SW_SYNC_IOC_INC.number));
  probe.call('unknown', "_IOW('W', 9, u32)", () => rawIoctl(probe, timeline, encode(WRITE, 'W', 9, 4), 1n));
}

function closing(probe: Probe): void {
  const { task } = probe;
  const timeline = openTimeline(probe);
  const p1 = timelineFence(probe, timeline, 1);
  const p2 = timelineFence(probe, timeline, 2);
  incrementTimeline(probe, timeline, 1);
  const both = merge(probe, p1, p2, 'x');
  task.close(timeline);
  probe.observe('close-timeline', 'timeline closed with seq1 signalled, seq2 pending', {
    f1: syncFile(probe, p1),
    f2: syncFile(probe, p2),
    merge: syncFile(probe, both),
    poll_f2: { poll: pollRow(probe, p2) },
  });

  const first = openTimeline(probe);
  const fence = timelineFence(probe, first, 1);
  const second = task.dup(first);
  task.close(first);
  probe.observe('close-dup', 'one of two dups of the timeline fd closed', {
    f1: syncFileStatus(probe, fence),
  });
  task.close(second);
  probe.observe('close-last', 'last dup closed', { f1: syncFileStatus(probe, fence) });
}

function waiting(probe: Probe): { done: number; timeline: number } {
  const timeline = openTimeline(probe);
  const done = timelineFence(probe, timeline, 1);
  probe.later(150, () => incrementTimeline(probe, timeline, 1));
  const before = probe.machine.now();
  let revents = 0;
  probe.call(
    'poll.block',
    'poll(sync_file, POLLIN, 1000); INC after 150 ms',
    () => {
      const polled = probe.poll(done, POLLIN, 1000);
      revents = polled.revents;
      return polled.ret;
    },
    () => ({
      revents: eventNames(revents),
      blocked: probe.machine.now() - before > 100n * MILLISECOND,
    }),
  );
  probe.observe('poll.events', 'poll on a signalled sync_file', { poll: pollRow(probe, done) });
  return { done, timeline };
}

function times(probe: Probe, timeline: number, done: number): void {
  const { task, machine } = probe;
  const pending = timelineFence(probe, timeline, 9);
  probe.observe('poll.events-pending', 'poll on a pending sync_file', { poll: pollRow(probe, pending) });
  let revents = 0;
  probe.call(
    'poll.pollout-pending-timeout',
    'poll(POLLOUT, 50)',
    () => {
      const polled = probe.poll(pending, POLLOUT, 50);
      revents = polled.revents;
      return polled.ret;
    },
    () => ({ revents: eventNames(revents) }),
  );
  const late = merge(probe, done, pending, 'late');
  task.close(done);
  task.close(pending);
  incrementTimeline(probe, timeline, 9);
  const now = machine.now();
  const { out } = ioctl(probe, late, SYNC_IOC_FILE_INFO, { sync_fence_info: [{}] });
  const fences = out.sync_fence_info;
  const at = Array.isArray(fences) ? fences[0]!.timestamp_ns : 0n;
  probe.observe('timestamp-clock', 'timestamp_ns against CLOCK_MONOTONIC', {
    num_fences: out.num_fences,
    within_100ms_before_now: now - at < 100n * MILLISECOND && now >= at,
  });
}
