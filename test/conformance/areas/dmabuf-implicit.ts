import {
  exportSyncFile,
  importSyncFile,
  incrementTimeline,
  merge,
  openTimeline,
  syncFile,
  timelineFence,
} from '../fences.ts';
import type { Probe } from '../probe.ts';
import { createDmaBuf, READ, reservation, WRITE } from './dmabuf-exporters.ts';

const RW = 3;
const ACCESS_NAMES = { [READ]: 'READ', [WRITE]: 'WRITE', [RW]: 'RW' };

/** Fences put in one after the other, and signalled in the same order. */
const SEQUENCES: readonly [name: string, accesses: readonly (1 | 2 | 3)[]][] = [
  ['R', [READ]],
  ['W', [WRITE]],
  ['RW', [RW]],
  ['R-R', [READ, READ]],
  ['W-W', [WRITE, WRITE]],
  ['R-W', [READ, WRITE]],
  ['W-R', [WRITE, READ]],
  ['R-W-R', [READ, WRITE, READ]],
  ['W-R-W', [WRITE, READ, WRITE]],
  ['W-W-W', [WRITE, WRITE, WRITE]],
  ['R-R-R', [READ, READ, READ]],
];

/** What readers and writers put into a reservation, of one context or of many. */
export function implicitFences(probe: Probe, exporter: string): void {
  for (const same of [false, true])
    for (const [name, accesses] of SEQUENCES) sequence(probe, exporter, same, name, accesses);
}

function sequence(
  probe: Probe,
  exporter: string,
  same: boolean,
  name: string,
  accesses: readonly (1 | 2 | 3)[],
): void {
  const { task } = probe;
  const buffer = createDmaBuf(probe, exporter);
  const shared = openTimeline(probe);
  const timelines = same
    ? 'all fences on ONE timeline (same context, rising seqno)'
    : 'each fence on its OWN timeline (own context)';
  probe.setup = `fresh ${exporter} dma-buf; ${timelines}`;
  const prefix = `implicit.${same ? 'samectx' : 'ownctx'}.${name}`;
  const fences = accesses.map((access, at) => {
    const timeline = same ? shared : openTimeline(probe);
    const fd = timelineFence(probe, timeline, same ? at + 1 : 1);
    const kind = ACCESS_NAMES[access];
    probe.call(
      `${prefix}.${at + 1}-import-${kind}`,
      `IMPORT_SYNC_FILE ${kind} fence#${at + 1} (unsignalled)`,
      () => importSyncFile(probe, buffer, access, fd),
      () => reservation(probe, buffer),
    );
    return { timeline, fd };
  });
  for (const [at, { timeline }] of fences.entries())
    probe.call(
      `${prefix}.signal-${at + 1}`,
      `signal fence#${at + 1}`,
      () => incrementTimeline(probe, timeline, 1),
      () => reservation(probe, buffer),
    );
  for (const { timeline, fd } of fences) {
    task.close(fd);
    if (!same) task.close(timeline);
  }
  task.close(shared);
  task.close(buffer);
}

/** Containers, fences out of order, and fences that end with an error. */
export function importedFences(probe: Probe, exporter: string): void {
  merged(probe, exporter);
  outOfOrder(probe, exporter);
  inError(probe, exporter);
}

function merged(probe: Probe, exporter: string): void {
  const { task } = probe;
  const buffer = createDmaBuf(probe, exporter);
  const [a, b] = [openTimeline(probe), openTimeline(probe)];
  const [fenceA, fenceB] = [timelineFence(probe, a, 1), timelineFence(probe, b, 1)];
  const both = merge(probe, fenceA, fenceB, 'm');
  probe.setup = `fresh ${exporter} dma-buf; sync file merged of two unsignalled fences A,B on two timelines`;
  const look = () => reservation(probe, buffer);
  probe.call(
    'import.merged.write',
    'IMPORT_SYNC_FILE WRITE merged',
    () => importSyncFile(probe, buffer, WRITE, both),
    look,
  );
  probe.call('import.merged.signal-A', 'signal A', () => incrementTimeline(probe, a, 1), look);
  probe.call('import.merged.signal-B', 'signal B', () => incrementTimeline(probe, b, 1), look);
  for (const fd of [fenceA, fenceB, both, buffer, a, b]) task.close(fd);
}

function outOfOrder(probe: Probe, exporter: string): void {
  const { task } = probe;
  const buffer = createDmaBuf(probe, exporter);
  const timeline = openTimeline(probe);
  const [older, newer] = [timelineFence(probe, timeline, 1), timelineFence(probe, timeline, 2)];
  probe.setup = `fresh ${exporter} dma-buf; fences seq 1 and seq 2 on one timeline`;
  const look = () => reservation(probe, buffer);
  const put = (name: string, what: string, access: number, fd: number): void => {
    probe.call(`import.order.${name}`, what, () => importSyncFile(probe, buffer, access, fd), look);
  };
  put('newer-first', 'IMPORT WRITE seq2', WRITE, newer);
  put('older-second', 'IMPORT WRITE seq1', WRITE, older);
  put('newer-again-as-read', 'IMPORT READ seq2', READ, newer);
  probe.call('import.order.signal-1', 'inc 1', () => incrementTimeline(probe, timeline, 1), look);
  probe.call('import.order.signal-2', 'inc 1', () => incrementTimeline(probe, timeline, 1), look);
  for (const fd of [older, newer, timeline, buffer]) task.close(fd);
}

function inError(probe: Probe, exporter: string): void {
  const { task } = probe;
  const buffer = createDmaBuf(probe, exporter);
  const timeline = openTimeline(probe);
  const fence = timelineFence(probe, timeline, 1);
  probe.setup = `fresh ${exporter} dma-buf; WRITE fence whose sw_sync timeline is then closed`;
  probe.call('import.error.attach', 'IMPORT WRITE', () => importSyncFile(probe, buffer, WRITE, fence));
  const snapshot = exportSyncFile(probe, buffer, READ).fd;
  task.close(timeline);
  probe.observe('import.error.after-close', 'timeline closed unsignalled', {
    snapshot: syncFile(probe, snapshot),
    ...reservation(probe, buffer),
  });
  probe.call(
    'import.error.reimport',
    'IMPORT WRITE of the errored (already signalled) fence',
    () => importSyncFile(probe, buffer, WRITE, fence),
    () => reservation(probe, buffer),
  );
  for (const fd of [snapshot, fence, buffer]) task.close(fd);
}
