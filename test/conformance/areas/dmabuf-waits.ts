import {
  epollControl,
  epollCreate,
  epollWait,
  startEpollWait,
} from '../../../compositor/kernel/task/epoll.ts';
import { EPOLL_CTL_ADD, EPOLLET, POLLIN, POLLOUT } from '../../../protocol/uapi/fcntl.ts';
import { eventNames } from '../calls.ts';
import { cpuAccess, importSyncFile, incrementTimeline, openTimeline, timelineFence } from '../fences.ts';
import type { Probe } from '../probe.ts';
import { createDmaBuf, meanwhile, READ, timed, WRITE } from './dmabuf-exporters.ts';

/** Calls that sleep until the fences of a dma-buf have signalled. */
export function waits(probe: Probe, exporter: string): void {
  cpuAccesses(probe, exporter);
  interrupted(probe, exporter);
  polls(probe, exporter);
  edges(probe, exporter);
}

interface Pending {
  readonly buffer: number;
  readonly timeline: number;
  readonly fence: number;
}

/** A new dma-buf with a fence of a timeline of its own. */
function pending(probe: Probe, exporter: string, access: number): Pending {
  const buffer = createDmaBuf(probe, exporter);
  const timeline = openTimeline(probe);
  const fence = timelineFence(probe, timeline, 1);
  importSyncFile(probe, buffer, access, fence);
  return { buffer, timeline, fence };
}

function close(probe: Probe, { fence, timeline, buffer }: Pending): void {
  for (const fd of [fence, timeline, buffer]) probe.task.close(fd);
}

const kind = (access: number): string => (access === WRITE ? 'WRITE' : 'READ');

function cpuAccesses(probe: Probe, exporter: string): void {
  const cases: [name: string, access: number, flags: bigint][] = [
    ['w-fence.start-read', WRITE, 1n],
    ['w-fence.start-write', WRITE, 2n],
    ['w-fence.start-rw', WRITE, 3n],
    ['r-fence.start-read', READ, 1n],
    ['r-fence.start-write', READ, 2n],
    ['r-fence.start-rw', READ, 3n],
    ['w-fence.end-read', WRITE, 5n],
    ['w-fence.end-rw', WRITE, 7n],
  ];
  for (const [name, access, flags] of cases) {
    const made = pending(probe, exporter, access);
    probe.setup = `${exporter} dma-buf with one unsignalled ${kind(access)} fence, signalled 150 ms later from another thread`;
    const signal = () => incrementTimeline(probe, made.timeline, 1);
    const { answer, took } = meanwhile(probe, 150, signal, () =>
      timed(probe, () => cpuAccess(probe, made.buffer, flags)),
    );
    probe.call(
      `sync-wait.${name}`,
      `DMA_BUF_IOCTL_SYNC flags=0x${flags.toString(16)}`,
      () => answer,
      () => ({ blocked: took > 100 }),
    );
    close(probe, made);
  }
}

function interrupted(probe: Probe, exporter: string): void {
  const made = pending(probe, exporter, WRITE);
  probe.setup = `${exporter} dma-buf with unsignalled WRITE fence; SIGALRM (no SA_RESTART) after 100 ms`;
  probe.alarm(100);
  const signal = () => incrementTimeline(probe, made.timeline, 1);
  const { answer, took } = meanwhile(probe, 600, signal, () =>
    timed(probe, () => cpuAccess(probe, made.buffer, 1n)),
  );
  probe.call(
    'sync-wait.interrupted',
    'DMA_BUF_IOCTL_SYNC START|READ',
    () => answer,
    () => ({ returned_before_signal: took < 500 }),
  );
  close(probe, made);
}

function polls(probe: Probe, exporter: string): void {
  const cases: [name: string, access: number, events: number][] = [
    ['w-fence.pollin', WRITE, POLLIN],
    ['w-fence.pollout', WRITE, POLLOUT],
    ['w-fence.both', WRITE, POLLIN | POLLOUT],
    ['r-fence.pollin', READ, POLLIN],
    ['r-fence.pollout', READ, POLLOUT],
    ['r-fence.both', READ, POLLIN | POLLOUT],
  ];
  for (const [name, access, events] of cases) {
    const made = pending(probe, exporter, access);
    probe.setup = `${exporter} dma-buf, one unsignalled ${kind(access)} fence signalled 150 ms later`;
    const signal = () => incrementTimeline(probe, made.timeline, 1);
    const { answer, took } = meanwhile(probe, 150, signal, () =>
      timed(probe, () => probe.poll(made.buffer, events, 1000)),
    );
    probe.call(
      `poll-wait.${name}`,
      `poll(events=${JSON.stringify(eventNames(events))}, timeout=1000)`,
      () => answer.ret,
      () => ({ revents: eventNames(answer.revents), woke: wokenAt(took) }),
    );
    close(probe, made);
  }
}

const wokenAt = (took: number): string => {
  if (took < 100) return 'at once';
  return took < 600 ? 'at signal' : 'timeout';
};

/** An edge-triggered epoll, and a dma-buf whose fence signals, then another. */
function edges(probe: Probe, exporter: string): void {
  const { task } = probe;
  const made = pending(probe, exporter, WRITE);
  const epoll = epollCreate(task, 0);
  epollControl(task, epoll, EPOLL_CTL_ADD, made.buffer, { events: POLLIN | EPOLLET, data: 0n });
  probe.setup = `${exporter} dma-buf with an unsignalled WRITE fence in an epoll set EPOLLIN|EPOLLET`;
  const look = (name: string, what: string): void => {
    probe.call(`epoll.et.${name}`, `epoll_wait(0)${what}`, () => epollWait(task, epoll, 1).length);
  };
  const wait = () => {
    const until = probe.machine.now() + 200_000_000n;
    return probe.finish(startEpollWait(task, epoll, { maximum: 1, until }));
  };
  look('before', '');
  incrementTimeline(probe, made.timeline, 1);
  const signalled = wait();
  probe.call(
    'epoll.et.after-signal',
    'epoll_wait(200)',
    () => signalled.length,
    () => ({ events: eventNames(signalled[0]?.events ?? 0) }),
  );
  look('again', '');
  const second = timelineFence(probe, made.timeline, 2);
  importSyncFile(probe, made.buffer, WRITE, second);
  look('new-fence', ' after importing another WRITE fence');
  incrementTimeline(probe, made.timeline, 1);
  probe.call('epoll.et.new-fence-signalled', 'epoll_wait(200)', () => wait().length);
  task.close(epoll);
  task.close(second);
  close(probe, made);
}
