import { EFD_CLOEXEC, EFD_NONBLOCK, POLLIN } from '../../../protocol/uapi/fcntl.ts';
import { eventNames } from '../calls.ts';
import { incrementTimeline, openTimeline, timelineFence } from '../fences.ts';
import type { Json } from '../line.ts';
import { integer, outcomeOf, type Probe } from '../probe.ts';
import { type Syncobjs, WAIT_ALL, WAIT_AVAILABLE, WAIT_FOR_SUBMIT } from './syncobj-calls.ts';

/** Eventfds that points signal. */
export function eventfds(probe: Probe, objects: Syncobjs, hasTimelines: boolean): void {
  const { task } = probe;
  const event = task.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  const handle = objects.make();
  probe.setup = 'SYNCOBJ_EVENTFD';
  const first = probe.call(
    'eventfd.binary-empty',
    'EVENTFD on an empty binary syncobj, flags=0',
    () => objects.notify(handle, 0n, event),
    () => ({ pollin: readable(probe, event) }),
  );
  if (first.errno) return;
  counts(probe, objects, handle, event);
  badArguments(probe, objects, handle, event);
  if (!hasTimelines) return;
  pendingPoint(probe, objects);
  laterPoints(probe, objects);
}

const readable = (probe: Probe, fd: number, milliseconds = 0): Json =>
  eventNames(probe.poll(fd, POLLIN, milliseconds).revents);

/** What an eventfd has counted, 0 when it cannot be read. */
function take(probe: Probe, event: number): bigint {
  let count = 0n;
  outcomeOf(() => {
    const bytes = probe.task.read(event, 8);
    count = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  });
  return count;
}

function counts(probe: Probe, objects: Syncobjs, handle: number, event: number): void {
  const notify = () => objects.notify(handle, 0n, event);
  objects.signal([handle]);
  let count = 0n;
  probe.call(
    'eventfd.binary-then-signal',
    'read(eventfd) after SIGNAL',
    () => {
      const bytes = probe.task.read(event, 8);
      count = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
      return bytes.length;
    },
    () => ({ count: integer(count) }),
  );
  probe.call('eventfd.already-signalled', 'EVENTFD on a signalled one', notify, () => ({
    count: integer(take(probe, event)),
  }));
  notify();
  notify();
  const twice = integer(take(probe, event));
  probe.observe('eventfd.twice-count', 'EVENTFD registered twice, both fire', { count: twice });
}

function badArguments(probe: Probe, objects: Syncobjs, handle: number, event: number): void {
  const call = (name: string, what: string, flags: number, pad = 0): void => {
    probe.call(`eventfd.${name}`, `EVENTFD ${what}`, () => objects.notify(handle, 0n, event, flags, pad));
  };
  call('flags-AVAILABLE', 'flags=AVAILABLE', WAIT_AVAILABLE);
  take(probe, event);
  call('flags-ALL', 'flags=WAIT_ALL(1)', WAIT_ALL);
  call('flags-SUBMIT', 'flags=WAIT_FOR_SUBMIT(2)', WAIT_FOR_SUBMIT);
  call('pad-1', 'pad=1', 0, 1);
  probe.call('eventfd.bad-handle', 'EVENTFD handle=999', () => objects.notify(999, 0n, event));
  probe.call('eventfd.bad-fd', 'EVENTFD fd=-1', () => objects.notify(handle, 0n, -1));
  probe.call('eventfd.not-eventfd', 'EVENTFD fd=<drm fd>', () => objects.notify(handle, 0n, objects.fd));
}

function pendingPoint(probe: Probe, objects: Syncobjs): void {
  const timeline = objects.make();
  const [signal, available] = [probe.task.eventfd(0, EFD_NONBLOCK), probe.task.eventfd(0, EFD_NONBLOCK)];
  objects.notify(timeline, 5n, signal);
  objects.notify(timeline, 5n, available, WAIT_AVAILABLE);
  const software = openTimeline(probe);
  const binary = objects.make();
  objects.put(binary, timelineFence(probe, software, 1));
  const look = (name: string, what: string, milliseconds = 0): void =>
    probe.observe(`eventfd.tl.${name}`, what, {
      signal_ev: readable(probe, signal, milliseconds),
      available_ev: readable(probe, available),
    });
  look('before', 'point 5 not submitted');
  objects.transfer({ handle: timeline, point: 5n }, { handle: binary });
  look('submitted', 'point 5 = pending fence');
  incrementTimeline(probe, software, 1);
  look('signalled', 'fence signalled', 100);
}

function laterPoints(probe: Probe, objects: Syncobjs): void {
  const registered = () => {
    const timeline = objects.make();
    const event = probe.task.eventfd(0, EFD_NONBLOCK);
    objects.notify(timeline, 5n, event);
    return { timeline, event };
  };
  const { timeline, event } = registered();
  objects.signalPoint(timeline, 3n);
  probe.observe('eventfd.tl.pt3', 'registered for 5; TIMELINE_SIGNAL 3', { ev: readable(probe, event) });
  objects.signalPoint(timeline, 8n);
  probe.observe('eventfd.tl.pt8', 'TIMELINE_SIGNAL 8', { ev: readable(probe, event) });
  const gone = registered();
  objects.destroy(gone.timeline);
  probe.observe('eventfd.destroyed', 'syncobj destroyed with eventfd registered', {
    ev: readable(probe, gone.event),
  });
}
