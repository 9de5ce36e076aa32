import { deepEqual, equal } from 'node:assert/strict';
import { DRM_SYNCOBJ_CREATE_SIGNALED } from '../../protocol/uapi/syncobj.ts';
import type { Binary } from './binary.ts';
import { type Kind, lifecycles } from './syncobj-lifecycles.ts';
import { waitMatrix } from './syncobj-matrix.ts';
import { timelineOrder } from './syncobj-timeline-order.ts';
import { ALL, FOR_SUBMIT, type Syncobjs, withSyncobjs } from './syncobjs.ts';

/** Every object at its first point. */
const timeline: Kind = {
  start: (syncobjs, handles, flags, until) =>
    syncobjs.startWait({ handles, points: handles.map(() => 1n), flags, until }),
  submit: (syncobjs, handle, fence) => syncobjs.attachAt(handle, 1n, fence),
  signal: (syncobjs, handles) =>
    void syncobjs.signalPoints(
      handles,
      handles.map(() => 1n),
    ),
};

/** What a look at point 1 of each says. */
const firstPointOf = (syncobjs: Syncobjs, handles: readonly number[]) =>
  handles.map(handle => syncobjs.wait({ handles: [handle], points: [1n] }));

const family = { timeline: true, prefixes: { EINVAL: 'invalid-', ETIME: 'etime-' } };

const mistakes = withSyncobjs({
  'invalid-wait-bad-flags': syncobjs => {
    const handles = [syncobjs.create(DRM_SYNCOBJ_CREATE_SIGNALED)];
    equal(syncobjs.wait({ handles, points: [0n], flags: 0xdead_beef }), 'EINVAL');
  },
  'wait-zero-handles': syncobjs => {
    equal(typeof syncobjs.wait({ handles: [], points: [] }), 'number');
  },
  'invalid-wait-illegal-handle': syncobjs => {
    equal(syncobjs.wait({ handles: [0], points: [1n] }), 'ENOENT');
  },
  'invalid-query-zero-handles': syncobjs => {
    equal(syncobjs.query([]), 'EINVAL');
  },
  'invalid-query-illegal-handle': syncobjs => {
    equal(syncobjs.query([0]), 'ENOENT');
  },
  'invalid-query-one-illegal-handle': syncobjs => {
    const [one, other] = syncobjs.createMany(2) as [number, number];
    equal(syncobjs.query([one, 0, other]), 'ENOENT');
  },
  'invalid-query-bad-pad': syncobjs => {
    equal(syncobjs.query([syncobjs.create()], 0xdead_beef), 'EINVAL');
  },
  'invalid-signal-zero-handles': syncobjs => {
    equal(syncobjs.signalPoints([], []), 'EINVAL');
  },
  'invalid-signal-illegal-handle': syncobjs => {
    equal(syncobjs.signalPoints([0], [1n]), 'ENOENT');
  },
  'invalid-signal-illegal-point': syncobjs => {
    equal(syncobjs.signalPoints([1], [0n]), 'ENOENT');
  },
  'invalid-signal-one-illegal-handle': syncobjs => {
    const [one, other] = syncobjs.createMany(2) as [number, number];
    equal(syncobjs.signalPoints([one, 0, other], [1n, 1n, 1n]), 'ENOENT');
    deepEqual(syncobjs.query([one, other]), [0n, 0n]);
    deepEqual(firstPointOf(syncobjs, [one, other]), ['EINVAL', 'EINVAL']);
  },
  'invalid-signal-bad-pad': syncobjs => {
    equal(syncobjs.signalPoints([syncobjs.create()], [1n], 1), 'EINVAL');
  },
  'invalid-transfer-illegal-handle': syncobjs => {
    const handle = syncobjs.create();
    const [there, nowhere] = [
      { handle, point: 1n },
      { handle: 0, point: 1n },
    ];
    equal(syncobjs.transfer(nowhere, there).errno, 'ENOENT');
    equal(syncobjs.transfer(there, nowhere).errno, 'ENOENT');
  },
  'invalid-transfer-bad-pad': syncobjs => {
    const end = { handle: syncobjs.create(), point: 0n };
    equal(syncobjs.transfer(end, end, { pad: 1 }).errno, 'EINVAL');
  },
});

const points = withSyncobjs({
  'invalid-transfer-non-existent-point': syncobjs => {
    const handle = syncobjs.create();
    syncobjs.signalPoints([handle], [63n]);
    equal(syncobjs.transfer({ handle, point: 63n }, { handle, point: 74n }).errno, null);
    deepEqual(syncobjs.query([handle]), [74n]);
  },
  'transfer-timeline-point': syncobjs => {
    const [binary, handle] = syncobjs.createMany(2) as [number, number];
    const fence = syncobjs.pending();
    syncobjs.attach(binary, fence);
    equal(syncobjs.transfer({ handle: binary, point: 0n }, { handle, point: 1n }).errno, null);
    deepEqual(syncobjs.query([handle]), [0n]);
    equal(syncobjs.wait({ handles: [handle], points: [1n], until: syncobjs.after(1) }), 'ETIME');
    fence.signal();
    deepEqual(syncobjs.query([handle]), [1n]);
    equal(syncobjs.wait({ handles: [handle], points: [1n] }), 0);
    equal(syncobjs.signalPoints([handle], [2n]), null);
    equal(syncobjs.transfer({ handle, point: 2n }, { handle, point: 3n }).errno, null);
    deepEqual(syncobjs.query([handle]), [3n]);
  },
  'signal-array': syncobjs => {
    const handles = syncobjs.createMany(4);
    const wanted = [1n, 1n, 1n, 0n];
    equal(syncobjs.signalPoints(handles, wanted), null);
    equal(syncobjs.wait({ handles, points: wanted, flags: ALL }), 0);
    deepEqual(syncobjs.query(handles), wanted);
    // The last one is binary to those who ask without points.
    const binary = { handles: [handles[3]!] };
    equal(syncobjs.wait(binary), 0);
    equal(syncobjs.reset(binary.handles), null);
    equal(syncobjs.wait(binary), 'EINVAL');
    equal(
      syncobjs.wait({ handles, points: wanted, flags: ALL | FOR_SUBMIT, until: syncobjs.after(1) }),
      'ETIME',
    );
  },
  'signal-point-0': syncobjs => {
    const handle = syncobjs.create();
    equal(syncobjs.signalPoints([handle], [0n]), null);
    equal(syncobjs.wait({ handles: [handle], points: [0n] }), 0);
    equal(syncobjs.wait({ handles: [handle] }), 0);
  },
});

/** `drm_syncobj_timeline_wait` and the calls on points. */
export const syncobjTimeline: Binary = {
  name: 'syncobj_timeline',
  subtests: {
    ...waitMatrix({ ...family, objects: 5 }),
    ...lifecycles(timeline),
    ...mistakes,
    ...points,
    ...timelineOrder,
  },
};
